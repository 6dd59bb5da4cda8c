// The composer: how much fits, counted as the platform counts, how long it may wait, and sending by Ctrl+Enter.
import { $, bar, say, words } from "./page.js";
import { length } from "./measure.js";

const active = () => ($("#mode-note")?.checked ? $("#note-text") : $("#reply-text"));

function count() {
  const place = $("#limit"), field = active();
  if (!place || !field) return;
  const limit = Number(field.dataset.limit), used = length(field.value.trim(), field.dataset.unit);
  const shown = limit && (used > limit * 0.6 || limit <= 1000) && used;
  place.textContent = shown ? `${used.toLocaleString()} / ${limit.toLocaleString()}` : "";
  place.classList.toggle("over", Boolean(limit) && used > limit);
}

// how long the platform still takes a reply, counted down
function remaining() {
  const place = $("#window");
  if (!place) return;
  const left = Math.floor((Date.parse(place.dataset.ends) - Date.now()) / 60000);
  place.classList.toggle("soon", left >= 0 && left < 60);
  place.classList.toggle("late", left < 0);
  const text = left < 60 ? words("minutes", left) : left < 2880 ? `${words("hours", Math.floor(left / 60))} ${words("minutes", left % 60)}` : words("days", Math.floor(left / 1440));
  $(".left", place).textContent = left < 0 ? words("windowOver") : words("left", text);
  $(".by", place).hidden = left < 0;
}
setInterval(remaining, 15000);
document.addEventListener("relaybox:opened", remaining);

document.addEventListener("input", (event) => { if (event.target.closest("#composer")) count(); });
document.addEventListener("change", (event) => { if (event.target.closest("#composer")) count(); });
document.addEventListener("relaybox:restored", count);
document.addEventListener("relaybox:opened", count);
document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("#composer");
  if (!form || event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  event.preventDefault();
  const send = event.altKey ? "#send-next" : event.shiftKey ? "#send-done" : "#send";
  $($("#mode-note").checked ? "#keep-note" : send).click(); // pressed, so that htmx sends which one it was
});

// The item changed while somebody was writing: an empty composer follows, a full one is stopped once and told.
document.addEventListener("relaybox:changed", () => {
  const form = $("#composer");
  if (!form || !bar()) return;
  if (!$("#reply-text").value.trim()) {
    form.elements.seen.value = bar().dataset.version;
    form.elements.since.value = bar().dataset.since;
  }
  say(words("itemChanged"));
});
// told once, the same text may go
document.addEventListener("htmx:afterSettle", () => {
  const form = $("#composer");
  if (form && bar() && $("#answer-notice .strip")) {
    form.elements.seen.value = bar().dataset.version;
    form.elements.since.value = bar().dataset.since;
  }
});
count();
remaining();

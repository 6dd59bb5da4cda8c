// The composer: how much fits, counted as the platform counts, and sending by Ctrl+Enter.
import { $, bar, say, words } from "./page.js";

const segmenter = "Segmenter" in Intl ? new Intl.Segmenter() : null;
const clusters = (text) => (segmenter ? [...segmenter.segment(text)].map((part) => part.segment) : [...text]);
const LIGHT = [[0, 4351], [8192, 8205], [8208, 8223], [8242, 8247]];
const URL_WEIGHT = 23;

function weightOfCluster(cluster) {
  if (/\p{Extended_Pictographic}|\u20e3|\p{Regional_Indicator}/u.test(cluster)) return 2;
  return [...cluster].reduce((sum, char) => sum + (LIGHT.some(([a, z]) => char.codePointAt(0) >= a && char.codePointAt(0) <= z) ? 1 : 2), 0);
}
function weight(text) {
  const links = text.match(/\bhttps?:\/\/[^\s<>"']+/gi) ?? [];
  const rest = text.normalize("NFC").replace(/\bhttps?:\/\/[^\s<>"']+/gi, "");
  return clusters(rest).reduce((sum, each) => sum + weightOfCluster(each), 0) + URL_WEIGHT * links.length;
}
const measures = {
  characters: (text) => [...text].length,
  bytes: (text) => new TextEncoder().encode(text).length,
  utf16: (text) => text.length,
  graphemes: (text) => clusters(text).length,
  x_weight: weight,
};

const active = () => ($("#mode-note")?.checked ? $("#note-text") : $("#reply-text"));

function count() {
  const place = $("#limit"), field = active();
  if (!place || !field) return;
  const limit = Number(field.dataset.limit), used = (measures[field.dataset.unit] ?? measures.characters)(field.value);
  const shown = limit && (used > limit * 0.6 || limit <= 1000) && used;
  place.textContent = shown ? `${used.toLocaleString()} / ${limit.toLocaleString()}` : "";
  place.classList.toggle("over", Boolean(limit) && used > limit);
}

document.addEventListener("input", (event) => { if (event.target.closest("#composer")) count(); });
document.addEventListener("change", (event) => { if (event.target.closest("#composer")) count(); });
document.addEventListener("relaybox:restored", count);
document.addEventListener("relaybox:opened", count);
document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("#composer");
  if (!form || event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit($("#mode-note").checked ? $("#keep-note") : $("#send"));
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

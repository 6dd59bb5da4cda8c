// What colleagues are writing in the open item. The server says that somebody begins or ends; while somebody writes, this reads on.
import { $, $$, fragment } from "./page.js";
import { follow } from "./drafts.js";

const SOON = 2500, LATER = 15_000, LIVELY = 60_000; // ms
let timer = 0, moved = 0;

async function read() {
  clearTimeout(timer);
  const place = $("#drafts");
  if (!place || document.visibilityState === "hidden") return;
  let html = null;
  try { html = await fragment(place.dataset.url, "drafts", { fresh: !place.dataset.read }); } catch { return; }
  if (place !== $("#drafts")) return;
  place.dataset.read = "yes";
  if (html !== null) draw(place, html);
  if (html !== null) moved = Date.now();
  if ($(".other-draft, [data-mine]", place)) timer = setTimeout(read, Date.now() - moved < LIVELY ? SOON : LATER);
}

function draw(place, html) {
  const open = $$("details[open]", place).map((each) => each.id), focused = place.contains(document.activeElement) && document.activeElement.closest("details")?.id;
  place.innerHTML = html;
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (focused) document.querySelector(`#${focused} summary`)?.focus();
  document.dispatchEvent(new CustomEvent("relaybox:files", { detail: $("[data-my-files]", place)?.dataset.myFiles ?? "" }));
  follow($$("template[data-mine]", place).map(({ dataset }) => ({ mode: dataset.mine, version: dataset.version, text: dataset.text })));
}

document.addEventListener("relaybox:nudge", ({ detail }) => {
  const item = $("#live")?.dataset.item;
  if (item && (detail.item === null || String(detail.item) === item)) read();
});
document.addEventListener("relaybox:opened", () => read());
document.addEventListener("visibilitychange", () => read());
read();

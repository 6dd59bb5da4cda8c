// What somebody types is kept on this device until the server has it: through reloads, swaps and failures.
import { $$ } from "./page.js";

const OLDEST = 30 * 24 * 3600 * 1000;
const me = document.documentElement.dataset.me ?? "";
const place = (key) => `draft:${me}:${key}`;

export function keep(field) {
  const key = place(field.dataset.draft);
  try {
    if (field.value) localStorage.setItem(key, JSON.stringify({ text: field.value, at: Date.now() }));
    else localStorage.removeItem(key);
  } catch { /* no room or no storage: the field itself still has the text */ }
}

export function forget(key) {
  try { localStorage.removeItem(place(key)); } catch { /* nothing to forget */ }
}

export function read(key) {
  try { return JSON.parse(localStorage.getItem(place(key)) ?? "null")?.text ?? ""; } catch { return ""; }
}

export function restore(root = document) {
  for (const field of $$("[data-draft]", root)) {
    if (!field.value) field.value = read(field.dataset.draft);
    field.dispatchEvent(new Event("relaybox:restored", { bubbles: true }));
  }
}

function tidy() {
  try {
    for (const key of Object.keys(localStorage).filter((name) => name.startsWith("draft:")))
      if (Date.now() - (JSON.parse(localStorage.getItem(key))?.at ?? 0) > OLDEST) localStorage.removeItem(key);
  } catch { /* a broken entry is left alone */ }
}

document.addEventListener("input", (event) => { if (event.target.dataset?.draft) keep(event.target); });
document.addEventListener("htmx:afterSettle", (event) => restore(event.detail.elt ?? document));
restore();
tidy();

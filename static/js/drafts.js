// What somebody types is kept: on this device at once, on the server as soon as it can be. Until the server has it this
// device does not forget it. Every save names the state it is based on; who is refused sees both texts and loses none.
import { $, $$, on, say, words } from "./page.js";

const OLDEST = 30 * 24 * 3600 * 1000;
const PAUSE = 700, AGAIN = 8000; // ms after the last letter; after a save that did not arrive
const me = document.documentElement.dataset.me ?? "";
const place = (key) => `draft:${me}:${key}`;
const fields = () => $$("#composer [data-mode]");
let sending = false; // a save that overtakes the send of its text would make a draft of what has left
const states = new WeakMap(); // field → { known: text the server has, past: its versions that are over, timer, busy }

function state(field) {
  if (!states.has(field)) states.set(field, { known: field.defaultValue, timer: 0, busy: null, past: new Set() });
  return states.get(field);
}

function keep(field) {
  const record = { text: field.value, at: Date.now(), base: field.dataset.version ?? "", going: states.get(field)?.going };
  try {
    if (field.value || field.dataset.mode) localStorage.setItem(place(field.dataset.draft), JSON.stringify(record));
    else localStorage.removeItem(place(field.dataset.draft));
  } catch { /* no room or no storage: the field itself still has the text */ }
}

export function forget(key) {
  try { localStorage.removeItem(place(key)); } catch { /* nothing to forget */ }
}

function read(key) {
  try { return JSON.parse(localStorage.getItem(place(key)) ?? "null"); } catch { return null; }
}

function restore(root = document) {
  for (const field of $$("[data-draft]", root)) {
    if (field.dataset.restored) continue;
    field.dataset.restored = "yes";
    const local = read(field.dataset.draft);
    if (field.dataset.mode) meet(field, local);
    else if (!field.value) field.value = local?.text ?? "";
    field.dispatchEvent(new Event("relaybox:restored", { bubbles: true }));
  }
}

// This device has something that the server may not have: it goes there, unless another device wrote meanwhile.
function meet(field, local) {
  if (!local || local.text === field.value) return forget(field.dataset.draft);
  const other = { version: field.dataset.version, text: field.value };
  field.value = local.text;
  if (local.base === field.dataset.version || !other.text || local.going === other.text) schedule(field, 0);
  else if (local.text) conflict(field, other);
  else take(field, other);
}

function schedule(field, pause = PAUSE) {
  const mine = state(field);
  clearTimeout(mine.timer);
  mine.timer = setTimeout(() => save(field), pause);
}

export async function save(field, { leaving = false } = {}) {
  const mine = state(field);
  clearTimeout(mine.timer);
  if (mine.busy) return mine.busy.then(() => field.value !== mine.known && save(field));
  if (field.value === mine.known || !field.form || field.dataset.conflict || (sending && !leaving)) return;
  const text = mine.going = field.value;
  keep(field); // also what is on its way: this page may be gone before the answer
  mine.busy = post(field, text, leaving).then((answer) => heard(field, text, answer), () => lost(field)).finally(() => (mine.busy = null));
  return mine.busy;
}

function post(field, text, keepalive) {
  const body = new URLSearchParams({ mode: field.dataset.mode, text, version: field.dataset.version, csrfmiddlewaretoken: $("meta[name=csrf]").content });
  return fetch(field.form.dataset.keep, { method: "POST", body, keepalive, credentials: "same-origin", signal: AbortSignal.timeout(15000) });
}

async function heard(field, text, answer) {
  if (answer.status !== 200 && answer.status !== 409) return answer.status >= 500 ? lost(field) : show("device");
  const told = await answer.json();
  if (answer.status === 409 && told.version) return conflict(field, told);
  based(field, told.version);
  state(field).known = told.text;
  if (field.value === told.text) { forget(field.dataset.draft); show(told.text ? "kept" : ""); }
  else { keep(field); schedule(field, 0); }
}

// A version never comes again: an answer that was written before it ended tells nothing new.
function based(field, version) {
  if (field.dataset.version && field.dataset.version !== version) state(field).past.add(field.dataset.version);
  field.dataset.version = version;
}

function lost(field) {
  show("device");
  clearTimeout(state(field).timer);
  state(field).timer = setTimeout(() => save(field), AGAIN);
}

function show(what) {
  const place = $("#draft-state");
  if (place) place.textContent = what ? words(what === "kept" ? "draftKept" : "draftHere") : "";
}

// The server's text is taken over: what this device showed was the same before, or its owner said so.
function take(field, { version, text }) {
  field.value = text;
  based(field, version);
  delete field.dataset.conflict;
  state(field).known = text;
  forget(field.dataset.draft);
  field.dispatchEvent(new Event("relaybox:restored", { bubbles: true }));
}

function conflict(field, other) {
  keep(field);
  field.dataset.conflict = "yes";
  const strip = $("#other-text")?.content.firstElementChild.cloneNode(true);
  if (!strip) return;
  $("q", strip).textContent = other.text;
  const ends = {
    theirs: () => take(field, other),
    mine: () => settle(field, other, field.value),
    both: () => settle(field, other, `${field.value}\n\n${other.text}`),
  };
  for (const button of $$("[data-choose]", strip)) {
    button.addEventListener("click", () => { strip.remove(); ends[button.dataset.choose](); field.focus(); });
  }
  $("#draft-conflict").replaceChildren(strip);
  say($("p", strip).textContent, true);
}

function settle(field, other, text) {
  delete field.dataset.conflict;
  based(field, other.version);
  state(field).known = other.text;
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  save(field);
}

// A text has been sent: nothing of it may come back, not by a save that was still on its way either.
export function arrived(key) {
  forget(key);
  const field = $(`[data-draft="${CSS.escape(key)}"]`);
  if (!field) return null;
  field.value = "";
  if (field.dataset.mode) ended(field);
  field.dispatchEvent(new Event("relaybox:restored", { bubbles: true }));
  return field;
}

function ended(field) {
  const mine = state(field);
  clearTimeout(mine.timer);
  const clear = () => { based(field, ""); mine.known = ""; forget(field.dataset.draft); };
  if (mine.busy) mine.busy.then(() => (field.dataset.version && !field.value ? save(field) : clear()));
  else clear();
  delete field.dataset.conflict;
  $("#draft-conflict")?.replaceChildren();
  show("");
}

// One's own drafts as the server has them now: a field that holds nothing newer follows.
export function follow(drafts) {
  for (const field of fields()) {
    const mine = state(field), now = drafts.find((each) => each.mode === field.dataset.mode) ?? { version: "", text: "" };
    if (mine.busy || field.dataset.conflict || field.value !== mine.known || now.version === field.dataset.version || mine.past.has(now.version)) continue;
    take(field, now);
  }
}

function tidy() {
  try {
    for (const key of Object.keys(localStorage).filter((name) => name.startsWith("draft:")))
      if (Date.now() - (JSON.parse(localStorage.getItem(key))?.at ?? 0) > OLDEST) localStorage.removeItem(key);
  } catch { /* a broken entry is left alone */ }
}

document.addEventListener("input", ({ target }) => {
  if (!target.dataset?.draft) return;
  keep(target);
  if (target.dataset.mode) schedule(target);
});
const all = (options) => fields().forEach((field) => save(field, options));
addEventListener("pagehide", () => all({ leaving: true }));
document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && all({ leaving: true }));
document.addEventListener("relaybox:live", ({ detail }) => { if (detail.state === "live") all(); });
document.addEventListener("htmx:afterSettle", (event) => restore(event.detail.elt ?? document));
on("click", "[data-take]", (_event, button) => {
  const field = $(`#composer [data-mode="${button.dataset.take}"]`), text = $(".words", button.parentElement).textContent;
  $(`#mode-${button.dataset.take}`).click();
  field.value = field.value.trim() ? `${field.value}\n\n${text}` : text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});
document.addEventListener("htmx:configRequest", ({ detail }) => {
  const field = detail.elt.id === "composer" && fields().find((each) => each.checkVisibility());
  if (field) detail.parameters.draft = field.dataset.version;
});
document.addEventListener("htmx:beforeRequest", ({ detail }) => { if (detail.elt.id === "composer") sending = true; });
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.elt.id !== "composer") return;
  sending = false;
  if (!detail.successful) fields().forEach((field) => schedule(field));
});
restore();
tidy();

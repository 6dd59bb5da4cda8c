// Offers while somebody types in the composer: "/" finds saved replies, "@" colleagues (in a note), ":" emoji.
// The text field keeps the focus; arrows choose, Enter or Tab takes, Escape leaves the text as it is.
import { $, $$, on, say, words } from "./page.js";

const KINDS = [
  { name: "replies", before: /(?:^|\s)\/(\S{0,40})$/u },
  { name: "names", before: /(?:^|[^\p{L}\p{N}_@.])@([\p{L}\p{N}_.+-]{0,40})$/u, only: "note" },
  { name: "emoji", before: /(?:^|\s)[:：]([a-z]{2,20}|\p{Script=Han}{1,10})$/u },
];
let found = [], at = 0, turn = 0, timer = 0, token = null;

const box = () => $("#offers");
const active = () => $$("#composer [data-mode]").find((field) => field.checkVisibility());
const shown = () => box() && !box().hidden;

function asked(field) {
  if (!field.dataset.mode || field.selectionStart !== field.selectionEnd) return null;
  const text = field.value.slice(0, field.selectionStart);
  for (const kind of KINDS) {
    const match = (!kind.only || kind.only === field.dataset.mode) && kind.before.exec(text);
    if (match) return { kind: kind.name, words: match[1], from: text.length - match[1].length - 1, field };
  }
  return null;
}

async function look(field) {
  const mine = ++turn;
  token = asked(field);
  clearTimeout(timer);
  if (!token) return hide();
  const wanted = token;
  timer = setTimeout(async () => {
    const results = await ask(wanted).catch(() => []);
    if (mine === turn && wanted === token) draw(results);
  }, 120);
}

async function ask({ kind, words: text, field }) {
  if (kind === "emoji") return (await import("./emoji.js")).named(text);
  const answer = await fetch(`${field.form.dataset[kind]}?q=${encodeURIComponent(text)}`, { credentials: "same-origin", signal: AbortSignal.timeout(8000) });
  return answer.ok ? (await answer.json()).results : [];
}

function draw(results) {
  found = results;
  if (!results.length) return hide();
  box().replaceChildren(...results.map(option));
  box().hidden = false;
  token.field.setAttribute("aria-controls", "offers");
  mark(0);
  say(words("offered", results.length));
}

function option(each, index) {
  const row = Object.assign(document.createElement("div"), { id: `offer-${index}`, className: each.over ? "offer over" : "offer" });
  row.setAttribute("role", "option");
  const add = (tag, textContent, className = "") => row.append(Object.assign(document.createElement(tag), { textContent, className, dir: "auto" }));
  add("b", each.name);
  add("small", each.hint);
  if (each.insert.length > each.name.length + 4) add("span", each.insert, "cut");
  if (each.length !== undefined) add("small", each.length.toLocaleString(), each.over ? "over" : "");
  row.addEventListener("pointerdown", (event) => { event.preventDefault(); take(index); });
  return row;
}

function mark(index) {
  at = (index + found.length) % found.length;
  $$("[role=option]", box()).forEach((row, number) => row.setAttribute("aria-selected", String(number === at)));
  token.field.setAttribute("aria-activedescendant", `offer-${at}`);
  document.getElementById(`offer-${at}`)?.scrollIntoView({ block: "nearest" });
}

function hide() {
  if (!shown()) return false;
  box().hidden = true;
  found = [];
  active()?.removeAttribute("aria-activedescendant");
  return true;
}

function take(index) {
  const each = found[index], { field, from } = token;
  hide();
  put(field, each.insert, from, field.selectionStart);
  if (each.warning) { say(each.warning, true); hint(each.warning); gap(field, from); }
}

/** Put words where the cursor is, or over a stretch; what is undone by Ctrl+Z stays undoable. */
export function put(field, text, from = field.selectionStart, to = field.selectionEnd) {
  field.focus();
  field.setSelectionRange(from, to);
  if (!document.execCommand("insertText", false, text)) {
    field.setRangeText(text, from, to, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

// the first variable that is not known here is chosen, so that typing replaces it
function gap(field, from) {
  const match = /\{\{[^{}]*\}\}/.exec(field.value.slice(from));
  if (match) field.setSelectionRange(from + match.index, from + match.index + match[0].length);
}

export function hint(text) {
  const place = $("#composer-hint");
  if (place) place.textContent = text;
}

document.addEventListener("input", ({ target }) => { if (target.closest?.("#composer") && target.dataset.mode) { hint(""); look(target); } });
document.addEventListener("focusout", ({ target }) => { if (target.dataset?.mode) { turn++; hide(); } });
document.addEventListener("keydown", (event) => {
  if (!shown() || !event.target.dataset?.mode || event.isComposing) return;
  const acts = { ArrowDown: () => mark(at + 1), ArrowUp: () => mark(at - 1), Enter: () => take(at), Tab: () => take(at), Escape: () => { turn++; hide(); } };
  if (!acts[event.key] || event.ctrlKey || event.metaKey || event.altKey || (event.key === "Tab" && event.shiftKey)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  acts[event.key]();
}, { capture: true });

// the buttons under the text do what the signs do
on("click", "[data-offer]", (_event, button) => {
  const field = active(), before = field.value.slice(0, field.selectionStart);
  put(field, (before && !/\s$/.test(before) ? " " : "") + button.dataset.offer);
});
on("click", "[data-emoji]", async (_event, button) => {
  const field = active();
  (await import("./emoji.js")).pick(button, (sign) => put(field, sign));
});

// What every module needs of the page: its words, who speaks to screen readers, requests.
import { keyOf } from "./keymap.js";

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

export const app = () => $("#app");
export const live = () => $("#live");
export const bar = () => $("#live .talk-bar");

export function words(name, ...values) {
  const text = $("#words")?.dataset[name] ?? "";
  return values.reduce((found, value) => found.replace("{}", value), text);
}

export function say(text, urgent = false) {
  const place = $(urgent ? "#alert" : "#say");
  if (!place) return;
  place.textContent = "";
  setTimeout(() => (place.textContent = text), 30);
}

export function on(name, selector, handler) {
  document.addEventListener(name, (event) => {
    const target = event.target instanceof Element ? event.target.closest(selector) : null;
    if (target) handler(event, target);
  });
}

// Whether somebody sits before this tab: it is seen, and a hand was on it a moment ago.
const ACTIVE_FOR = 120_000; // ms
let touched = Date.now();
for (const sign of ["keydown", "pointerdown", "pointermove", "wheel", "touchmove"])
  addEventListener(sign, () => (touched = Date.now()), { capture: true, passive: true });
export const active = () => document.visibilityState === "visible" && Date.now() - touched < ACTIVE_FOR;

// A fragment of a page. null when it has not changed; throws when it did not come.
const tags = new Map();
export async function fragment(url, part, { fresh = false } = {}) {
  const key = `${part}:${url}`;
  const headers = { "X-Part": part, "X-Requested-With": "fetch", "X-Active": active() ? "yes" : "no" };
  if (!fresh && tags.has(key)) headers["If-None-Match"] = tags.get(key);
  const answer = await fetch(url, { headers, credentials: "same-origin", signal: AbortSignal.timeout(15000) });
  if (answer.redirected && new URL(answer.url).pathname.startsWith("/sign-in/")) location.reload();
  if (answer.status === 304 || answer.status === 204) return null;
  if (!answer.ok) throw new Error(`${answer.status}`);
  const tag = answer.headers.get("ETag");
  if (tag) tags.set(key, tag);
  return answer.text();
}

export function parse(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content;
}

// One line above the composer: what was done, and for some seconds the way back.
let line = null;
export function toast(text, { action, label, error = false } = {}) {
  line?.remove();
  const mine = line = document.createElement("div");
  mine.className = error ? "undo wrong" : "undo";
  if (action) {
    const left = document.createElement("span");
    left.className = "left";
    left.setAttribute("aria-hidden", "true");
    mine.append(left);
  }
  mine.append(Object.assign(document.createElement("span"), { textContent: text }));
  if (action) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "btn" });
    button.append(label);
    if (keyOf("undo")) button.append(Object.assign(document.createElement("kbd"), { textContent: keyOf("undo") }));
    button.addEventListener("click", () => { mine.remove(); action(); });
    mine.append(button);
  }
  putLine();
  setTimeout(() => mine.remove(), error ? 12000 : action ? 10000 : 4000);
}
function putLine() {
  if (line) ($("#undo-place") ?? $("#toasts")).replaceChildren(line);
}

export const typing = (target) =>
  target instanceof Element && target.closest("textarea, select, [contenteditable=true], input:not([type=radio], [type=checkbox], [type=submit], [type=button])") !== null;

export function post(url, values = {}) {
  const csrf = $("meta[name=csrf]").content;
  return htmx.ajax("POST", url, { target: "#live", swap: "innerHTML", source: live() ?? document.body, values: { ...values, inside: $("#composer [name=inside]")?.value ?? "" }, headers: { "X-CSRFToken": csrf } });
}

// The list: one tab stop, a cursor that moves by keys, rows that open beside it.
import { $, $$, app, live, on } from "./page.js";
import { stands, taken } from "./ahead.js";

export const rows = () => $$("#rows .row");
export const cursor = () => $("#rows .row[data-cursor]");
export const opened = () => live()?.dataset.item ?? null;

export function place(row, { focus = true } = {}) {
  for (const other of rows()) {
    other.toggleAttribute("data-cursor", other === row);
    other.tabIndex = other === row ? 0 : -1;
  }
  if (!row) return;
  row.scrollIntoView({ block: "nearest" });
  if (focus) row.focus({ preventScroll: true });
}

export function mark() {
  const now = opened();
  for (const row of rows()) {
    if (row.dataset.item === now) { row.setAttribute("aria-current", "true"); read(row); }
    else row.removeAttribute("aria-current");
  }
  if (!cursor()) place($("#rows .row[aria-current]") ?? rows()[0], { focus: false });
}

// What is open is read, also where the list was read before that.
function read(row) {
  row.removeAttribute("data-unread");
  $(".unread", row)?.nextElementSibling?.remove();
  $(".unread", row)?.remove();
}

export function step(by) {
  const all = rows();
  const from = all.indexOf(cursor() ?? $("#rows .row[aria-current]"));
  const to = all[Math.min(Math.max(from + by, 0), all.length - 1)];
  if (to) place(to);
  return to;
}

const PAUSE = 60; // ms: a key that is held passes rows by, a press alone opens soon, or at once what is here
let waiting;
export function move(by) {
  const row = step(by);
  if (!row || !opened() || app().dataset.pane === "list" && innerWidth < 640) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => open(row, { focus: false }), stands(row) ? 0 : PAUSE);
}

// An item on its way: a key pressed meanwhile waits for it instead of hitting the one before.
let latest = 0, coming = null;
export const arriving = () => coming;
export function open(row, options) {
  const mine = coming = fetchItem(row, options).finally(() => { if (coming === mine) coming = null; });
  return mine;
}

async function fetchItem(row, { focus = true, push = true } = {}) {
  const url = row.getAttribute("href");
  const turn = ++latest;
  place(row, { focus: false });
  for (const other of rows()) other.toggleAttribute("data-opening", other === row);
  const before = await taken(row);
  let html = before;
  if (!html) try {
    const answer = await fetch(url, { headers: { "X-Part": "talk", "HX-Request": "true" }, credentials: "same-origin" });
    if (!answer.ok) throw new Error(answer.status);
    html = await answer.text();
  } catch { location.href = url; return; }
  if (turn !== latest) return;
  show(html);
  delete row.dataset.opening;
  if (push) history.pushState({ item: row.dataset.item }, "", url);
  app().dataset.pane = "thread";
  mark();
  if (before) document.dispatchEvent(new Event("relaybox:shown"));
  if (focus) $("#main").focus({ preventScroll: true });
}

export function show(html) {
  const main = $("#main");
  const line = $("#undo-place .undo");
  htmx.swap(main, html, { swapStyle: "innerHTML" });
  if (line) $("#undo-place")?.append(line);
  speakFor("#main");
  document.title = $("#live h1")?.textContent ? `${$("#live h1").textContent} · Relaybox` : document.title;
  document.dispatchEvent(new CustomEvent("relaybox:opened"));
}

// One pane is the main one for screen readers: the open thread, or else the list.
function speakFor(pane) {
  for (const each of ["#main", "#list"]) {
    if (each === pane) $(each)?.setAttribute("role", "main");
    else $(each)?.removeAttribute("role");
  }
}

export function back() {
  speakFor("#list");
  app().dataset.pane = "list";
  const url = $("#list")?.dataset.url ?? "/";
  history.pushState({}, "", url);
  (cursor() ?? $("#list"))?.focus({ preventScroll: true });
}

on("click", "#rows .row", (event, row) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  open(row);
});
on("click", "[data-back]", (event) => {
  if (!app()?.dataset.pane) return;
  event.preventDefault();
  back();
});
on("focusin", "#rows .row", (_event, row) => { if (!row.hasAttribute("data-cursor")) place(row, { focus: false }); });
on("keydown", "#rows .row", (event, row) => {
  const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -1e6, End: 1e6 };
  if (event.key in moves) { event.preventDefault(); step(moves[event.key]); }
  if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) { event.preventDefault(); open(row); }
});
addEventListener("popstate", () => location.reload());
mark();

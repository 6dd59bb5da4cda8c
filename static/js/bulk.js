// Several items at once: X selects, Shift with a click selects a stretch, a bar over the list acts on all.
import { $, fragment, on, say, toast, words } from "./page.js";
import { setUndo } from "./acted.js";
import { expected } from "./expected.js";
import { cursor, opened, rows, step } from "./list.js";
import { refresh } from "./refresh.js";

const selected = () => rows().filter((row) => row.getAttribute("aria-selected") === "true");
const MOST = 200; // at once
let last = null;
let beyond = []; // selected with "select all", on other pages of this list
const shown = (item, version) => `${item}:${version}`; // what a colleague has changed since is left as it is
const chosen = () => [...selected().map((row) => shown(row.dataset.item, row.dataset.version)), ...beyond];

function show() {
  const count = selected().length + beyond.length, bar = $("#bulk");
  if (!bar) return;
  bar.hidden = count === 0;
  $("b", bar).textContent = words("selected", count);
  $("[data-bulk-all]", bar).hidden = beyond.length > 0;
  if (count) say(words("selected", count));
}

export function choose(row, on = row.getAttribute("aria-selected") !== "true") {
  row.setAttribute("aria-selected", String(on));
  last = row;
  show();
}

export function toggle() {
  const row = cursor();
  if (!row) return false;
  choose(row);
  step(1);
  return true;
}

export function none() {
  const some = selected();
  beyond = [];
  some.forEach((row) => row.setAttribute("aria-selected", "false"));
  show();
  return some.length > 0;
}

// A key acts on all that is selected; where nothing is, on the open item's row, or without one on the row of the cursor.
export const some = () => chosen().length > 0;
export function press(action) {
  const button = $(`#bulk [data-key="${action}"]`);
  const row = some() ? null : opened() ? $("#rows .row[aria-current]") : cursor();
  if (!button || !(some() || row)) return false;
  if (row) choose(row, true);
  button.click();
  $("details[open] :is(input:not([type=hidden]), .drop > button)", $("#bulk"))?.focus();
  return true;
}

// Shift and the key for the next row: what the cursor passes is selected, and on the way back no more.
export function stretch(by) {
  const from = cursor(), to = from && step(by);
  if (!from) return;
  const back = to !== from && to.getAttribute("aria-selected") === "true";
  choose(from, !back);
  choose(to, true);
}

// What is selected shows at once what it will be; what was not done is as it was.
async function send(url, values, name) {
  const bar = $("#bulk");
  if ("busy" in bar.dataset) return null;
  bar.dataset.busy = "";
  const ends = selected().map((row) => [Number(row.dataset.item), expected(name, [row])]);
  const told = await ask(url, values);
  for (const [item, end] of ends) end(told?.done?.includes(item));
  delete bar.dataset.busy;
  return told;
}

async function ask(url, values) {
  const body = new URLSearchParams({ ...values, csrfmiddlewaretoken: $("meta[name=csrf]").content });
  try {
    const answer = await fetch(url, { method: "POST", body, headers: { "HX-Request": "true" }, credentials: "same-origin", signal: AbortSignal.timeout(60_000) });
    if (!answer.headers.get("Content-Type")?.startsWith("application/json")) return { html: await answer.text() };
    return await answer.json();
  } catch {
    toast(words("failed"), { error: true });
    say(words("failed"), true);
    return null;
  }
}

// Everything in this list, as far as one act goes: 200 items, also those on other pages.
export async function all() {
  if (!rows().length) return false;
  for (const row of rows()) row.setAttribute("aria-selected", "true");
  try {
    const { items, versions, more } = JSON.parse(await fragment($("#list").dataset.url, "numbers", { fresh: true }));
    const here = new Set(rows().map((row) => row.dataset.item));
    const others = items.map((item, index) => [String(item), versions[index]]).filter(([item]) => !here.has(item));
    beyond = others.slice(0, MOST - here.size).map(([item, version]) => shown(item, version));
    if (more) toast(words("most", MOST));
  } catch { beyond = []; }
  show();
  return true;
}

async function act(url, values = {}, name = "") {
  const told = await send(url, { items: chosen().join(","), ...values }, name);
  if (!told || told.html !== undefined) return;
  done(told);
}

function done(told) {
  none();
  const back = told.undo ? () => act(told.undo) : null;
  setUndo(back);
  toast(told.say, back ? { action: back, label: words("undo") } : {});
  say(told.say);
  refresh({ mine: true });
}

on("click", "[data-bulk]", (_event, button) => act(button.dataset.bulk, button.dataset.preset ? { preset: button.dataset.preset } : {}, button.dataset.expect));
on("click", "[data-bulk-none]", () => none());
on("click", "[data-bulk-all]", () => all());
on("click", "[data-bulk-dialog]", (_event, button) => {
  const items = chosen().join(",");
  htmx.ajax("GET", `${button.dataset.bulkDialog}?items=${items}`, { target: "#dialogs", swap: "innerHTML" });
});
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-bulk-form]");
  if (!form) return;
  event.preventDefault();
  const values = Object.fromEntries(new FormData(form, event.submitter));
  if ("bulkSelected" in form.dataset) values.items = chosen().join(",");
  const told = await send(form.action, values, form.dataset.expect);
  if (!told) return;
  if (told.html !== undefined) { htmx.swap($("#dialogs"), told.html, { swapStyle: "innerHTML" }); return; }
  form.closest("dialog")?.close();
  form.closest("details")?.removeAttribute("open");
  if (form.closest("details")) form.reset();
  done(told);
});

// before the list opens a row: a click with Shift, Ctrl or on the mark selects instead
document.addEventListener("click", (event) => {
  const row = event.target.closest?.("#rows .row");
  if (!row || event.button) return;
  const mark = event.target.closest(".pf") !== null;
  if (!(event.shiftKey || event.ctrlKey || event.metaKey || mark)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (event.shiftKey && last) {
    const all = rows(), [from, to] = [all.indexOf(last), all.indexOf(row)].sort((a, b) => a - b);
    all.slice(Math.max(from, 0), to + 1).forEach((each) => each.setAttribute("aria-selected", "true"));
    show();
  } else choose(row);
}, { capture: true });
document.addEventListener("relaybox:rows", show);
on("keydown", "#rows .row", (event) => {
  if (event.key.toLowerCase() !== "a" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  all();
});

// The emoji picker: a grid in a popover, searched by words, walked with arrows, the latest choices first.
import { $, $$ } from "./page.js";
import { groups } from "./emoji_data.js";

const KEPT = "emoji:recent", WIDE = 8;
const all = groups.flatMap(([, list]) => list);
let choose = null;

function recent() {
  try { return JSON.parse(localStorage.getItem(KEPT) ?? "[]"); } catch { return []; }
}

function remember(sign) {
  try { localStorage.setItem(KEPT, JSON.stringify([sign, ...recent().filter((each) => each !== sign)].slice(0, WIDE * 2))); } catch { /* no room */ }
}

// The words of the reader's language, beside the English ones; read once, when the picker is first asked for something.
let told = null;
const learn = () => (told ??= (async () => {
  const url = $("#emoji").dataset.words;
  const words = url ? await fetch(url).then((answer) => (answer.ok ? answer.json() : {})).catch(() => ({})) : {};
  for (const each of all) if (words[each.sign]) each.names = `${words[each.sign]} ${each.names}`;
})());

// A word is found by its beginning; in Chinese, which leaves no space between words, by any part of it.
const HAN = /\p{Script=Han}/u;
const fits = (each, text) => text.split(/\s+/).every((word) => (HAN.test(word) ? each.names.includes(word) : ` ${each.names}`.includes(` ${word}`)));

/** What `:thumb` offers. */
export async function named(text) {
  await learn();
  return all.filter((each) => fits(each, text)).slice(0, 8).map(({ sign, names }) => ({ insert: `${sign} `, name: sign, hint: names }));
}

export async function pick(button, then) {
  const panel = $("#emoji");
  await learn();
  choose = then;
  if (!panel.dataset.ready) prepare(panel);
  $("input", panel).value = "";
  draw("");
  panel.showPopover();
  const box = button.getBoundingClientRect();
  panel.style.insetInlineStart = `${Math.max(8, Math.min(box.left, innerWidth - panel.offsetWidth - 8))}px`;
  panel.style.insetBlockStart = `${Math.max(8, box.top - panel.offsetHeight - 8)}px`;
  $("input", panel).focus();
}

function prepare(panel) {
  panel.dataset.ready = "yes";
  $("input", panel).addEventListener("input", ({ target }) => draw(target.value.trim().toLowerCase()));
  panel.addEventListener("keydown", walk);
  panel.addEventListener("click", ({ target }) => target.matches("[data-sign]") && take(target.textContent));
}

function draw(text) {
  const list = $("#emoji .grid"), latest = recent();
  const sets = text ? [["found", all.filter((each) => fits(each, text))]] : [...(latest.length ? [["recent", latest.map((sign) => ({ sign }))]] : []), ...groups];
  list.replaceChildren(...sets.filter(([, signs]) => signs.length).map(([name, signs]) => group(name, signs)));
  $("#emoji .none").hidden = list.childElementCount > 0;
  const first = $("[data-sign]", list);
  if (first) first.tabIndex = 0;
}

function group(name, signs) {
  const title = Object.assign(document.createElement("h2"), { textContent: $("#emoji").dataset[name] ?? "", id: `emoji-${name}` });
  const grid = document.createElement("div");
  grid.setAttribute("role", "group");
  grid.setAttribute("aria-labelledby", title.id);
  grid.append(title, ...signs.map(({ sign }) => {
    const each = Object.assign(document.createElement("button"), { type: "button", textContent: sign, tabIndex: -1 });
    each.dataset.sign = "";
    return each;
  }));
  return grid;
}

function walk(event) {
  const cells = $$("#emoji [data-sign]"), now = cells.indexOf(document.activeElement);
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: WIDE, ArrowUp: -WIDE };
  if (event.key === "Enter" && now < 0) { event.preventDefault(); if (cells[0]) take(cells[0].textContent); return; }
  if (!(event.key in steps) || (now < 0 && event.key !== "ArrowDown")) return;
  event.preventDefault();
  const flip = document.dir === "rtl" && Math.abs(steps[event.key]) === 1 ? -1 : 1;
  const to = now < 0 ? 0 : now + flip * steps[event.key];
  if (to < 0) { $("#emoji input").focus(); return; }
  const next = cells[Math.min(to, cells.length - 1)];
  cells.forEach((cell) => (cell.tabIndex = cell === next ? 0 : -1));
  next?.focus();
}

function take(sign) {
  remember(sign);
  $("#emoji").hidePopover();
  choose?.(sign);
}

// Ctrl+K: queues, sections, what can be done now, and items by their words.
import { $, $$, fragment, parse } from "./page.js";

const dialog = $("#palette"), input = $("#palette-text"), list = $("#palette-list");
let found = [], at = 0, turn = 0, timer = 0;

export function palette() {
  if (!dialog) return false;
  if (!dialog.open) { dialog.showModal(); input.value = ""; look(); }
  return true;
}

const plain = (text) => text.normalize("NFKD").toLowerCase().replace(/\s+/g, " ").trim();
const link = (a) => ({ words: a.title || a.textContent.trim(), hint: $(".n", a)?.textContent ?? "", icon: $("svg use", a)?.getAttribute("href"), go: () => (location.href = a.href) });
const button = (b) => ({ words: b.title || [...b.childNodes].filter((part) => part.nodeName !== "KBD").map((part) => part.textContent).join("").trim(), hint: $("kbd", b)?.textContent ?? "", icon: $("svg use", b)?.getAttribute("href"), go: () => { b.closest("details")?.setAttribute("open", ""); b.click(); } });

function known() {
  return [...$$("#live [data-act], #live [data-contact], #live [data-copy], #next").map(button), ...$$("#nav li a, #nav .me").map(link), ...$$("a", $("#palette-pages").content).map(link)];
}

async function look() {
  const mine = ++turn, text = plain(input.value);
  const fits = known().filter((each) => text.split(" ").every((word) => plain(each.words).includes(word)));
  draw(fits.slice(0, 12));
  if (text.length < 2) return;
  clearTimeout(timer);
  timer = setTimeout(() => items(mine, fits), 180);
}

async function items(mine, fits) {
  const text = input.value.trim().slice(0, 200), url = address(text);
  let found, theirs;
  try { [found, theirs] = await Promise.all([read(url), read(from(text))]); } catch { return; }
  if (mine !== turn) return;
  const rows = found.slice(0, 8).map((row) => ({
    words: `${$("b", row).textContent} · ${$(".text", row).textContent.trim()}`, hint: $("em", row).textContent,
    icon: $("svg use", row)?.getAttribute("href"), go: () => (location.href = row.href) }));
  const all = rows.length ? [{ words: list.dataset.all.replace("{}", text), hint: "", icon: null, go: () => (location.href = url) }] : [];
  draw([...fits.slice(0, 6), ...contacts(theirs), ...rows, ...all]);
}

const address = (text) => `/queue/all/?q=${encodeURIComponent(text)}`;
const from = (name) => address(`from:"${name.replaceAll('"', "")}"`);
const read = async (url) => $$(".row", parse((await fragment(url, "rows", { fresh: true })) ?? ""));

// The people behind the items one may see: each opens all that came from them.
function contacts(rows) {
  const names = [...new Set(rows.map((row) => $("b", row).textContent))].slice(0, 4);
  return names.map((name) => ({ words: name, hint: list.dataset.contact, icon: $("use", $("[data-contact-icon]").content).getAttribute("href"), go: () => (location.href = from(name)) }));
}

function draw(choices) {
  found = choices;
  list.replaceChildren(...choices.map((choice, index) => {
    const row = document.createElement("div");
    row.id = `palette-${index}`;
    row.setAttribute("role", "option");
    if (choice.icon) {
      const svg = parse(`<svg class="i s" aria-hidden="true"><use/></svg>`);
      $("use", svg).setAttribute("href", choice.icon);
      row.append(svg);
    }
    row.append(Object.assign(document.createElement("span"), { className: "cut grow", textContent: choice.words, dir: "auto" }));
    if (choice.hint) row.append(Object.assign(document.createElement("small"), { textContent: choice.hint }));
    row.addEventListener("click", () => take(index));
    return row;
  }));
  if (!choices.length) list.append(Object.assign(document.createElement("p"), { className: "muted", textContent: list.dataset.none }));
  mark(0);
}

function mark(index) {
  at = Math.min(Math.max(index, 0), found.length - 1);
  $$("[role=option]", list).forEach((row, number) => row.setAttribute("aria-selected", String(number === at)));
  input.setAttribute("aria-activedescendant", found.length ? `palette-${at}` : "");
  document.getElementById(`palette-${at}`)?.scrollIntoView({ block: "nearest" });
}

function take(index) {
  const choice = found[index];
  if (!choice) return;
  dialog.close();
  choice.go();
}

input?.addEventListener("input", look);
dialog?.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown") mark(at + 1);
  else if (event.key === "ArrowUp") mark(at - 1);
  else if (event.key === "Enter" && !event.isComposing) take(at);
  else return;
  event.preventDefault();
});
dialog?.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && palette()) event.preventDefault();
});

// Single keys for the main job. Dead while typing, in dialogs, and when a person has turned them off.
import { $, app, on, toast, typing, words } from "./page.js";
import { takeBack } from "./acted.js";
import { none, toggle } from "./bulk.js";
import { palette } from "./palette.js";
import { arriving, back, cursor, move, open } from "./list.js";

const enabled = () => document.documentElement.dataset.keys === "on";

const press = (key) => {
  if (arriving()) { arriving().then(() => press(key)); return true; }
  const button = $(`#live [data-key="${key}"]`);
  if (!button) return false;
  button.closest("details:not([open])")?.setAttribute("open", "");
  button.click();
  button.closest("details[data-menu]")?.removeAttribute("open");
  return true;
};
const compose = (mode) => {
  if (arriving()) { arriving().then(() => compose(mode)); return true; }
  const choice = $(`#mode-${mode}`);
  if (!choice) return false;
  choice.checked = true;
  choice.dispatchEvent(new Event("change", { bubbles: true }));
  $(mode === "note" ? "#note-text" : "#reply-text").focus();
  return true;
};

const keys = {
  j: () => move(1), k: () => move(-1),
  Enter: () => cursor() && open(cursor()),
  c: () => press("C"), h: () => press("H"), b: () => press("B"), e: () => press("E"),
  o: () => press("O"), u: () => press("U"), s: () => press("S"),
  r: () => compose("reply"), n: () => compose("note"),
  g: () => next(), z: () => takeBack(), i: () => contact(),
  x: () => toggle(), "/": () => palette(), "?": () => sheet(),
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape") return escape(event);
  if (!enabled() || typing(event.target) || $("dialog[open]")) return;
  if (event.key === "Enter" && event.target.closest("a, button, summary, input")) return;
  const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (act && act() !== false) event.preventDefault();
});

function escape(event) {
  if ($("dialog[open]")) return;
  if (app()?.dataset.contact === "open") { contact(); return; }
  if (typing(event.target)) { event.target.blur(); $("#main")?.focus({ preventScroll: true }); }
  else if (none()) return;
  else if (app()?.dataset.pane === "thread") (innerWidth < 640 ? back : () => cursor()?.focus())();
}

function next() {
  const button = $("[data-next]");
  button?.form.requestSubmit(button);
  return button !== null;
}

function contact() {
  const root = app();
  if (!root) return false;
  const openNow = root.dataset.contact === "open";
  root.dataset.contact = openNow ? "" : "open";
  if (innerWidth < 640) root.dataset.pane = openNow ? "thread" : "contact";
  (openNow ? $("#main") : $("#ctx button, #ctx .scroll"))?.focus({ preventScroll: true });
  return true;
}
on("click", "[data-contact]", () => contact());

on("click", "[data-palette]", () => palette());

function sheet() {
  const dialog = $("#keys-sheet");
  if (!dialog) return false;
  dialog.showModal();
  return true;
}
on("click", "#keys-sheet [data-close]", () => $("#keys-sheet").close());
on("click", "[data-copy]", async (_event, button) => {
  await navigator.clipboard.writeText(button.dataset.copy || location.href);
  toast(words("copied"));
});

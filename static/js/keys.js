// Single keys for the main job. Dead while typing, in dialogs, and when a person has turned them off.
import { $, $$, app, on, toast, typing, words } from "./page.js";
import { actionOf, enabled } from "./keymap.js";
import { takeBack } from "./acted.js";
import * as bulk from "./bulk.js";
import { palette } from "./palette.js";
import { arriving, back, cursor, move, open, opened } from "./list.js";

const press = (action) => {
  if (bulk.some() && bulk.press(action)) return true;
  if (arriving()) { arriving().then(() => press(action)); return true; }
  const button = $(`#live #act-${action}`);
  if (!button) return !opened() && bulk.press(action);
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

// What has no entry here is a button of the thread and is pressed.
const acts = {
  next: () => move(1), last: () => move(-1),
  reply: () => compose("reply"), note: () => compose("note"),
  "next-up": () => next(), undo: () => takeBack(), contact: () => contact(),
  select: () => bulk.toggle(), label: () => bulk.press("label"), find: () => palette(), sheet: () => sheet(),
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape") return escape(event);
  if (!enabled() || typing(event.target) || $("dialog[open], :popover-open")) return;
  if (event.key === "Enter") { if (!event.target.closest("a, button, summary, input") && cursor()) { event.preventDefault(); open(cursor()); } return; }
  if (/^[1-9]$/.test(event.key)) { $$("#queues li a")[event.key - 1]?.click(); return; }
  const action = actionOf(event), by = { next: 1, last: -1 }[action];
  if (by && event.shiftKey && event.key !== event.key.toLowerCase()) { bulk.stretch(by); event.preventDefault(); return; }
  if (action && (acts[action] ?? (() => press(action)))() !== false) event.preventDefault();
});

function escape(event) {
  if ($("dialog[open]")) return;
  if (app()?.dataset.contact === "open") { contact(); return; }
  if (typing(event.target)) { event.target.blur(); $("#main")?.focus({ preventScroll: true }); }
  else if (bulk.none()) return;
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
on("click", "button[data-contact]", () => contact());

on("click", "[data-palette]", () => palette());

function sheet() {
  const dialog = $("#keys-sheet");
  if (!dialog) return false;
  dialog.showModal();
  return true;
}
on("click", "[data-copy]", async (_event, button) => {
  await navigator.clipboard.writeText(button.dataset.copy || location.href);
  toast(words("copied"));
});

// Forms that ask something first open as dialogs; menus close by themselves.
import { $, $$, on } from "./page.js";

const root = $("#dialogs");
let opener = null;

function show() {
  const dialog = $("dialog", root);
  if (!dialog || dialog.open) return;
  dialog.addEventListener("close", () => {
    root.replaceChildren();
    const back = opener?.id ? document.getElementById(opener.id) : null;
    (back ?? $("#row-current") ?? $("#main"))?.focus({ preventScroll: true });
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.showModal();
  ($("[role=alert]", dialog) ? $("button.main", dialog) : $("input:checked, [autofocus], input:not([type=hidden]), textarea", dialog))?.focus();
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target === root && !$("dialog", root)) opener = event.detail.elt;
});
document.addEventListener("htmx:afterSettle", () => show());
on("click", "dialog [data-close]", (event, button) => { event.preventDefault(); button.closest("dialog").close(); });

// a digit chooses a reason, unless words are being typed
document.addEventListener("keydown", (event) => {
  const dialog = $("dialog[open]", root);
  if (!dialog) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    $("form", dialog)?.requestSubmit($("button.main", dialog));
  }
  if (/^[1-9]$/.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey && !event.target.matches("textarea, input:not([type=radio])")) {
    const choice = $(`[data-digit="${event.key}"]`, dialog);
    if (choice) { event.preventDefault(); choice.checked = true; choice.dispatchEvent(new Event("change", { bubbles: true })); }
  }
});

document.addEventListener("click", (event) => {
  for (const menu of $$("details[data-menu][open]")) {
    const inside = menu.contains(event.target);
    if (!inside || event.target.closest("a[hx-get], button:not([type=button]), button[data-contact], [data-copy]")) setTimeout(() => (menu.open = false));
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = $("details[data-menu][open]");
  if (menu) { menu.open = false; $("summary", menu).focus(); event.stopImmediatePropagation(); }
});

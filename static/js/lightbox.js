// Pictures of the thread, large: arrows go through them, Esc and a click beside close; the focus goes back by itself.
import { $, $$, on } from "./page.js";

const dialog = $("#lightbox");
let all = [], at = 0;

function show(index) {
  at = (index + all.length) % all.length;
  const small = $("img", all[at]), large = $("img", dialog);
  Object.assign(large, { src: all[at].href, alt: small.alt, hidden: false });
  $("[data-name]", dialog).textContent = small.alt;
  $("a", dialog).href = all[at].href;
  for (const button of $$("[data-go]", dialog)) button.hidden = all.length < 2;
}

on("click", "[data-lightbox]", (event, link) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || !dialog) return;
  event.preventDefault();
  all = $$("#story [data-lightbox]");
  show(all.indexOf(link));
  dialog.showModal();
});
dialog?.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (button?.dataset.go) show(at + Number(button.dataset.go));
  else if (button || target === dialog) dialog.close();
});
dialog?.addEventListener("keydown", (event) => {
  const steps = { ArrowLeft: -1, ArrowRight: 1 };
  if (!(event.key in steps)) return;
  event.preventDefault();
  show(at + steps[event.key] * (document.dir === "rtl" ? -1 : 1));
});
dialog?.addEventListener("close", () => { $("img", dialog).removeAttribute("src"); $("img", dialog).hidden = true; });

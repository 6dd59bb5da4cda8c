// Preferences take effect where one is: no page is loaded anew, nothing scrolls away.
import { $, on, say, toast } from "./page.js";

document.addEventListener("relaybox:preferences", (event) => {
  const { theme, density, keys, say: text } = event.detail;
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  Object.assign(root.dataset, { density, keys });
  toast(text);
  say(text);
});

// a theme is seen while it is chosen; leaving without saving leaves it as it was
on("change", "#preferences [name=theme]", (_event, choice) => {
  if (choice.value === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice.value;
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "preferences") return;
  const wrong = $("#preferences .wrong :is(input, select)");
  wrong?.focus();
  wrong?.scrollIntoView({ block: "center" });
});

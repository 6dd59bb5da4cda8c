// Ages in the list grow while the page is open.
import { $$, words } from "./page.js";

const DAY = 86400;

function tick() {
  for (const place of $$("time[data-ago]")) {
    const seconds = (Date.now() - Date.parse(place.dateTime)) / 1000;
    if (seconds >= 7 * DAY || Number.isNaN(seconds)) continue;
    const text = seconds < 60 ? words("now")
      : seconds < 3600 ? words("minutes", Math.floor(seconds / 60))
      : seconds < DAY ? words("hours", Math.floor(seconds / 3600))
      : words("days", Math.floor(seconds / DAY));
    if (place.textContent !== text) place.textContent = text;
  }
}
// Clocks in the list run on, and say so when they run out.
function run() {
  for (const place of $$("time[data-due]")) {
    const left = Math.floor((Date.parse(place.dateTime) - Date.now()) / 1000);
    if (Number.isNaN(left)) continue;
    const text = `${left <= 0 ? "−" : ""}${length(Math.abs(left))}`;
    if (place.textContent !== text) place.textContent = text;
    if (left <= 0) { place.parentElement.classList.remove("soon"); place.parentElement.classList.add("late"); }
  }
}
function length(seconds) {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return words("seconds", seconds);
  if (minutes < 60) return words("minutes", minutes);
  if (minutes >= 1440) return words("days", Math.floor(minutes / 1440));
  const rest = minutes % 60 && minutes < 600 ? ` ${words("minutes", minutes % 60)}` : "";
  return words("hours", Math.floor(minutes / 60)) + rest;
}
setInterval(run, 20000);
setInterval(tick, 20000);

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
setInterval(tick, 20000);

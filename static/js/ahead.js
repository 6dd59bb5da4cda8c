// The thread after the open one, read while that one is looked at: the next press shows it at once. It is used once, only
// while its row says that nothing has changed, and is not read before it is seen.
import { active, fragment, live } from "./page.js";

const QUIET = 200, FRESH = 60_000; // ms
let kept = null, waiting = 0;

export const stands = (row) => kept?.item === row.dataset.item && kept.version === row.dataset.version && Date.now() - kept.at < FRESH;

// A promise of the thread, which may be none after all; null where there is nothing to wait for.
export function taken(row) {
  const html = stands(row) ? kept.html : null;
  kept = null;
  return html;
}

function look() {
  const rows = [...document.querySelectorAll("#rows .row")];
  const index = rows.findIndex((row) => row.dataset.item === live()?.dataset.item);
  const row = index < 0 ? null : rows[index + 1] ?? rows[index - 1];
  if (!row || stands(row) || !active() || innerWidth < 640 || navigator.connection?.saveData) return;
  const html = fragment(row.getAttribute("href"), "ahead", { fresh: true }).catch(() => null);
  kept = { item: row.dataset.item, version: row.dataset.version, at: Date.now(), html };
}

for (const name of ["opened", "rows"])
  document.addEventListener(`relaybox:${name}`, () => { clearTimeout(waiting); waiting = setTimeout(look, QUIET); });

// What a press will bring is shown before the server has said so, and taken back to exactly what was there when it says no.
// The page declares it: data-expect names it on what is pressed, `template[data-brings]` holds what takes whose place
// (data-at). Screen readers hear the answer alone: nothing is said that may not come true.
import { $$, bar } from "./page.js";
import { opened, rows } from "./list.js";

// Draws it in these places. What this returns says how it ended: with `true` it stays until the server's own is read.
export function expected(name, places) {
  const parts = $$(`template[data-brings~="${name}"]`);
  const free = places.filter((place) => parts.length && place && !place.dataset.expected);
  const drawn = free.flatMap((place) => parts.flatMap(({ content, dataset }) => $$(dataset.at, place).map((was) => {
    const now = content.firstElementChild.cloneNode(true);
    was.replaceWith(now);
    return [was, now];
  })));
  for (const place of free) place.dataset.expected = name;
  return (came) => {
    for (const place of free) delete place.dataset.expected;
    if (!came) for (const [was, now] of drawn) now.replaceWith(was);
  };
}

let answer = null; // of the act that is on its way
document.addEventListener("htmx:beforeSend", ({ detail: { elt, xhr } }) => {
  const name = elt.dataset?.expect, item = opened();
  if (!name) return;
  const end = expected(name, [bar(), ...rows().filter((row) => row.dataset.item === item)]);
  const mine = answer = { id: `act-${name}`, item, came: new Promise((told) => xhr.addEventListener("loadend", () => {
    const came = xhr.status >= 200 && xhr.status < 300;
    end(came);
    if (answer === mine) answer = null;
    told(came);
  })) };
});

// What is pressed next was meant for what is shown: it waits until that is so, and is forgotten when it is not to be.
document.addEventListener("click", (event) => {
  const { id } = event.target.closest?.("#live [data-act]") ?? {};
  if (!id || answer?.item !== opened()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const { item } = answer;
  if (id !== answer.id) answer.came.then((came) => came && item === opened() && document.getElementById(id)?.click());
}, { capture: true });

// Who else is before an item, in its row and over the composer; and telling the others that I am.
import { $, $$, active, parse } from "./page.js";
import { opened } from "./list.js";

const SIGN_EVERY = 20_000, TYPE_EVERY = 4_000, TYPES_FOR = 6_000, READ_EVERY = 30_000, GATHER = 250; // ms
const csrf = () => $("meta[name=csrf]").content;
const address = (item) => `/items/${item}/there/`;

// — mine: a sign while somebody sits here, another at the first letter, and goodbye
let at = null, typed = 0, signed = 0, saidTyping = false;

function form(values) {
  const data = new FormData();
  for (const [name, value] of Object.entries({ ...values, csrfmiddlewaretoken: csrf() })) data.set(name, value);
  return data;
}

function sign() {
  const item = opened(), now = Date.now(), typing = now - typed < TYPES_FOR;
  if (at && at !== item) leave();
  if (!item || !active()) return;
  const due = item !== at || typing !== saidTyping || now - signed > (typing ? TYPE_EVERY : SIGN_EVERY);
  if (!due) return;
  [at, signed, saidTyping] = [item, now, typing];
  fetch(address(item), { method: "POST", body: form({ typing: typing ? "1" : "0" }), keepalive: true }).catch(() => { signed = 0; });
}

function leave() {
  if (at) navigator.sendBeacon(address(at), form({ gone: "1" }));
  [at, typed, saidTyping] = [null, 0, false];
}

document.addEventListener("input", (event) => {
  if (!event.target.closest?.("#composer textarea")) return;
  typed = event.target.value ? Date.now() : 0;
  sign();
});
document.addEventListener("relaybox:opened", () => { typed = 0; sign(); read(); });
document.addEventListener("relaybox:acted", () => { typed = 0; sign(); });
document.addEventListener("visibilitychange", () => (document.visibilityState === "hidden" ? leave() : sign()));
addEventListener("pagehide", leave);
setInterval(sign, 2000);

// — theirs: read again when somebody came, went or types; nothing in the page moves by it
let waiting = 0;
const shown = () => [...new Set([opened(), ...$$("#rows .row").map((row) => row.dataset.item)])].filter(Boolean).slice(0, 200);

function soon(items = null) {
  if (items && !items.some((item) => shown().includes(String(item)))) return;
  waiting ||= setTimeout(() => { waiting = 0; read(); }, GATHER);
}

async function read() {
  const items = shown();
  if (!items.length || document.visibilityState === "hidden") return;
  let there;
  try {
    const answer = await fetch(`/looking/?items=${items.join()}`, { headers: { "X-Active": active() ? "yes" : "no" } });
    if (!answer.ok || answer.redirected) return;
    there = parse(await answer.text());
  } catch { return; }
  const inside = new Map($$("[data-item]", there).map((each) => [each.dataset.item, each]));
  for (const row of $$("#rows .row")) mark(row, inside.get(row.dataset.item));
  const place = $("#there"), now = inside.get(opened())?.innerHTML ?? "";
  if (place && place.innerHTML !== now) place.innerHTML = now;
}

// A row is drawn by others; its faces are attributes of it, so that neither draws over the other.
function mark(row, found) {
  if (!found) {
    for (const name of ["data-there", "data-typing", "aria-description"]) row.removeAttribute(name);
    return;
  }
  row.dataset.there = found.dataset.initials;
  row.toggleAttribute("data-typing", "typing" in found.dataset);
  row.setAttribute("aria-description", found.dataset.say);
}

document.addEventListener("relaybox:look", ({ detail }) => soon(detail.items));
document.addEventListener("relaybox:rows", () => soon());
setInterval(() => soon(), READ_EVERY);
sign();
read();

// After a nudge the tab reads again what it shows: counts, rows, the open thread. Nothing moves under a hand.
import { $, $$, bar, fragment, live, parse, say, words } from "./page.js";
import { arriving, mark, opened, place, rows } from "./list.js";

let hovered = false;

const list = $("#rows");
list?.addEventListener("pointerenter", () => (hovered = true));
list?.addEventListener("pointerleave", () => { hovered = false; if (pending && !still()) replace(pending); });

const still = () => hovered || list.contains(document.activeElement) || list.scrollTop > 40 || $$(".row[aria-selected=true]", list).length > 0;

// One reading at a time; what is asked for meanwhile is one more, which everybody waits for.
let running = null, queued = null;
export function refresh(wanted = {}) {
  if (!running) return (running = read(wanted).finally(() => (running = null)));
  if (queued) {
    queued.item = queued.item === wanted.item ? wanted.item : null;
    queued.mine ||= wanted.mine;
  } else {
    const next = queued = { item: wanted.item ?? null, mine: wanted.mine };
    next.done = running.then(() => { queued = null; return refresh({ item: next.item, mine: next.mine }); });
  }
  return queued.done;
}

async function read({ item = null, mine = false }) {
  owed = null;
  // A thread that somebody waits for comes first; one that does not come holds up nothing.
  if (arriving()) await Promise.race([arriving(), new Promise((done) => setTimeout(done, 1000))]);
  try {
    await Promise.all([readCounts(), readRows(mine), readThread(item)]);
    offline(false);
  } catch (error) {
    if (!navigator.onLine || error instanceof TypeError || error.name === "TimeoutError") offline(true);
  }
}

async function readCounts() {
  const place = $("#queues");
  const html = place && await fragment(place.dataset.url, "counts");
  if (!html) return;
  const focused = place.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  place.innerHTML = html;
  if (focused) $(`a[href="${CSS.escape(focused)}"]`, place)?.focus();
  badge(place);
}

// The tab bar of a phone says the same number.
function badge(place) {
  const told = $("[data-told]", place), tab = $("#told-tab");
  if (!tab) return;
  tab.hidden = !told;
  if (told) tab.innerHTML = told.innerHTML;
}

async function readRows(mine) {
  if (!list) return;
  const url = location.pathname.startsWith("/items/") ? $("#list").dataset.url : location.href;
  let html = await fragment(url, "rows");
  if (expecting()) { // what was read is older than what is shown: it is read again when that is answered
    while (expecting()) await new Promise((done) => setTimeout(done, 50));
    html = await fragment(url, "rows", { fresh: true });
  }
  if (html) settle(parse(html), mine);
  else if (mine && pending) replace(pending);
}

const expecting = () => $(".row[data-expected]", list) !== null;

// New rows wait behind a bar while somebody is at the list; rows that left or changed are shown at once, in place.
let pending = null;
function settle(fresh, mine) {
  const coming = new Map($$(".row", fresh).map((row) => [row.id, row]));
  const present = new Set(rows().map((row) => row.id));
  const added = [...coming.keys()].filter((id) => !present.has(id));
  if (mine || !still() || present.size === 0) { replace(fresh); tell(added.length); return; }
  for (const row of rows()) {
    const now = coming.get(row.id);
    if (!now) row.dataset.left = "";
    else if (now.innerHTML !== row.innerHTML) update(row, now);
  }
  mark();
  pending = fresh;
  offer(added.length, rows().some((row) => "left" in row.dataset));
}

function update(row, now) {
  row.innerHTML = now.innerHTML;
  for (const name of ["data-version", "data-hue", "href"]) row.setAttribute(name, now.getAttribute(name));
  row.toggleAttribute("data-unread", "unread" in now.dataset);
  delete row.dataset.left;
}

function replace(fresh) {
  const focused = list.contains(document.activeElement) ? document.activeElement.id : null;
  const cursor = $(".row[data-cursor]", list)?.id;
  const index = rows().findIndex((row) => row.id === cursor);
  const top = list.scrollTop;
  list.replaceChildren(fresh);
  list.scrollTop = top;
  place(document.getElementById(cursor ?? "") ?? rows()[Math.min(Math.max(index, 0), rows().length - 1)], { focus: false });
  mark();
  if (focused) (document.getElementById(focused) ?? $(".row[data-cursor]", list) ?? $("#list"))?.focus({ preventScroll: true });
  offer(0, false);
  pending = null;
  document.dispatchEvent(new CustomEvent("relaybox:rows"));
}

function offer(count, left) {
  const strip = $("#fresh");
  strip.hidden = !count && !left;
  const text = count ? words("fresh", count) : words("changed");
  if (!strip.hidden) $("span", strip).textContent = text;
  if (count && strip.dataset.told !== String(count)) say(text);
  strip.dataset.told = String(count);
}
function tell(count) { if (count) say(words("fresh", count)); }

$("#fresh")?.addEventListener("click", () => { if (pending) { replace(pending); list.scrollTop = 0; (rows()[0] ?? $("#list")).focus({ preventScroll: true }); } });

// What was fetched ahead may be old, and has not been read: that is made good once it is shown.
let unread = null;
document.addEventListener("relaybox:shown", () => { unread = opened(); readThread(null).catch(() => {}); });

async function readThread(item) {
  const root = live();
  if (!root || (item !== null && String(item) !== opened())) return;
  if (inUse(root)) return later(item);
  const shown = bar();
  const url = new URL(root.dataset.url, location.href);
  url.searchParams.set("stamp", bar()?.dataset.stamp ?? "");
  if (unread === opened()) url.searchParams.set("opened", "");
  let html;
  try { html = await fragment(url.href, "live", { fresh: true }); }
  catch (error) { if (error.message === "404") gone(); else if (error instanceof TypeError) throw error; return; }
  if (live() !== root) return;
  unread = null;
  if (bar() !== shown) return readThread(item); // an answer came first, and what was read may be older than it
  if (html === null) return;
  if (inUse(root)) return later(item);
  const version = bar()?.dataset.version;
  htmx.swap(root, html, { swapStyle: "innerHTML" });
  if (bar()?.dataset.version !== version) document.dispatchEvent(new CustomEvent("relaybox:changed"));
}

// An open menu, or a write whose answer is on its way and brings the same: leave the thread alone.
const inUse = (root) => $("details[open]", root) !== null || $(".htmx-request") !== null;
function later(item) { setTimeout(() => readThread(item).catch(() => {}), 1000); }

function gone() {
  const composer = $("#composer");
  if (composer) composer.inert = true;
  say(words("gone"), true);
}

export function offline(now) {
  const strip = $("#offline");
  if (!strip || strip.hidden === !now) return;
  strip.hidden = !now;
  say(words(now ? "offline" : "online"));
}

// A nudge names what changed when it knows; the open thread is read again only when it may be that.
// Where many tabs listen, each has a moment of its own, but whoever looks at that very item reads at once.
// The nudge of a write of one's own comes before its answer, which has everything read again: it waits for that.
let due = 0, owed = null;
document.addEventListener("relaybox:nudge", ({ detail }) => {
  if ($(".htmx-request") && detail.item !== null && String(detail.item) === opened()) { owed = detail.item; return; }
  if (!detail.within || (detail.item !== null && String(detail.item) === opened())) return refresh({ item: detail.item });
  due ||= setTimeout(() => { due = 0; refresh(); }, Math.random() * detail.within);
});
document.addEventListener("htmx:afterRequest", () => setTimeout(() => owed !== null && refresh({ item: owed }), 100));
document.addEventListener("relaybox:live", ({ detail }) => offline(detail.state === "offline"));

// after every swap the eye and the hand stay where they were
let before = null;
document.addEventListener("htmx:beforeSwap", () => remember());
document.addEventListener("htmx:oobBeforeSwap", () => remember());
function remember() { before ??= { id: document.activeElement?.id, top: $("#story")?.scrollTop ?? 0, item: opened() }; }
document.addEventListener("htmx:afterSettle", () => {
  if (!before) return;
  const { id, top, item } = before;
  before = null;
  if ($("#story") && item === opened()) $("#story").scrollTop = top;
  if (document.activeElement !== document.body && document.activeElement) return;
  const same = id ? document.getElementById(id) : null;
  (same ?? $("#notice") ?? $("#live .talk-bar .btn.main") ?? $("#live .talk-bar .btn.line") ?? $("#main"))?.focus({ preventScroll: true });
});

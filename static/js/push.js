// Push messages: this browser's own yes or no, and the list of the person's browsers.
import { $, $$, on } from "./page.js";

const place = $("#browsers[data-push]");
const able = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window && isSecureContext;
const TOLD = "relaybox:push";

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const same = (one, other) => one && text(one) === text(other);

async function current() {
  const worker = await navigator.serviceWorker.getRegistration("/");
  return (await worker?.pushManager.getSubscription()) ?? null;
}

function show(state) {
  for (const part of $$("[data-push-state]", place)) part.hidden = part.dataset.pushState !== state;
}

async function post(url, values) {
  const body = new URLSearchParams({ ...values, csrfmiddlewaretoken: $("meta[name=csrf]").content });
  const answer = await fetch(url, { method: "POST", body, headers: { "X-Part": "browsers" }, credentials: "same-origin" });
  if (!answer.ok) throw new Error(`${answer.status}`);
  $("#browser-list").innerHTML = await answer.text();
}

async function announce(subscription) {
  const { endpoint } = subscription;
  const key = (name) => text(subscription.getKey(name));
  await post(place.dataset.subscribe, { endpoint, p256dh: key("p256dh"), auth: key("auth"), name: name() });
  sessionStorage.setItem(TOLD, endpoint);
}

function name() {
  const brand = navigator.userAgentData?.brands.find((each) => !/not.?a.?brand|chromium/i.test(each.brand))?.brand;
  const known = brand ?? /Firefox|Edg|OPR|Chrome|Safari/.exec(navigator.userAgent)?.[0] ?? "";
  const system = navigator.userAgentData?.platform ?? /Windows|Android|iPhone|iPad|Mac|Linux/.exec(navigator.userAgent)?.[0] ?? "";
  return [known, system].filter(Boolean).join(" · ");
}

async function subscribe() {
  if ((await Notification.requestPermission()) !== "granted") return show(Notification.permission === "denied" ? "denied" : "off");
  const worker = await navigator.serviceWorker.register(place.dataset.worker, { scope: "/", updateViaCache: "none" });
  await navigator.serviceWorker.ready;
  const key = bytes(place.dataset.push);
  let subscription = await worker.pushManager.getSubscription();
  if (subscription && !same(subscription.options.applicationServerKey, key)) {
    await subscription.unsubscribe(); // it was made for another key of ours
    subscription = null;
  }
  subscription ??= await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  await announce(subscription);
  show("on");
}

async function unsubscribe() {
  const subscription = await current();
  if (subscription) {
    await post(place.dataset.end, { endpoint: subscription.endpoint });
    await subscription.unsubscribe();
  }
  sessionStorage.removeItem(TOLD);
  show("off");
}

async function look() {
  if (!able) return;
  if (Notification.permission === "denied") return show("denied");
  const found = await current();
  const fits = found && same(found.options.applicationServerKey, bytes(place.dataset.push)); // else it is for a key that is gone
  const subscription = fits ? found : null;
  if (subscription && sessionStorage.getItem(TOLD) !== subscription.endpoint) await announce(subscription);
  show(subscription ? "on" : "off");
}

const attempt = (act) => act().catch(() => show("failed"));
if (place) {
  attempt(look);
  on("click", "[data-push-on]", () => attempt(subscribe));
  on("click", "[data-push-off]", () => attempt(unsubscribe));
}

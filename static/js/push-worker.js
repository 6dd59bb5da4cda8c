// What Relaybox does in a browser while none of its pages is open: it shows a notification, and opens its page.
// A message says only what kind of thing happened; what it is about is read from the server, by who may see it.
addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("push", (event) => {
  const { title, body, tag, url, lang } = read(event.data);
  event.waitUntil(registration.showNotification(title, { body, tag, lang, icon: "/static/favicon.svg", data: { url } }));
});

function read(data) {
  const empty = { title: "Relaybox", body: "", tag: "relaybox", url: "/notifications/", lang: "" };
  try {
    return { ...empty, ...data?.json() };
  } catch {
    return empty;
  }
}

addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.url ?? "/notifications/"));
});

async function open(path) {
  const url = new URL(path, location.origin);
  if (url.origin !== location.origin) return;
  const [page] = await clients.matchAll({ type: "window" });
  if (!page) return clients.openWindow(url.href);
  await page.focus();
  return page.navigate(url.href);
}

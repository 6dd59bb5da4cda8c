// After a write: say it, offer to undo it, forget the draft that has arrived, move on when the item left the list.
import { $, live, parse, post, say, toast, words } from "./page.js";
import { arrived, forget } from "./drafts.js";
import { cursor, open, opened, rows } from "./list.js";
import { refresh } from "./refresh.js";

let undo = null;

document.addEventListener("relaybox:acted", (event) => {
  const { item, say: text, undo: url, draft, version, since, state, finished, onward, whole } = event.detail;
  event.target.closest?.("dialog")?.close(); // the one that asked; another may have been opened meanwhile
  if (draft) delivered(draft);
  const composer = $("#composer");
  if (composer && version) {
    composer.elements.seen.value = version;
    composer.elements.since.value = since;
  }
  $("#answer-notice")?.replaceChildren();
  const back = $("#live [data-text-back]");
  back?.remove(); // once: the next answer finds the fragment that is still here
  if (back) {
    putBack(back.dataset.textBack);
    document.dispatchEvent(new Event("relaybox:back"));
  }
  setUndo(url ? () => post(url) : null);
  toast(text, url ? { action: takeBack, label: words("undo") } : {});
  say(text);
  if (finished || onward) advance(item, onward, state);
  else refresh({ item: whole ? -1 : item, mine: true }); // where only the bar came, the rest is read now
});

export function takeBack() {
  if (!undo || Date.now() > undo.until) return false;
  const { act } = undo;
  undo = null;
  $(".undo")?.remove();
  act();
  return true;
}

export function setUndo(act) {
  undo = act ? { act, until: Date.now() + 10000 } : null;
}

function delivered(draft) {
  const [kind, item] = draft.split(":");
  if (kind === "handoff" || kind === "return") forget(`reason:${item}`);
  const composer = arrived(draft)?.closest("#composer");
  if (composer && kind === "reply") composer.elements.key.value = crypto.randomUUID?.() ?? `${Date.now()}${Math.random()}`.replace(".", "");
}

function putBack(text) {
  const field = $("#reply-text");
  if (!field || field.value.trim()) return;
  $("#mode-reply").checked = true;
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

// Where the item is no longer in the list, the next one opens: 200 items are cleared without a hand on the mouse.
// A nudge may have taken its row away before our own answer came; then the cursor stands on the one after it.
let listed = null;
const remember = () => { if (rows().some((row) => row.dataset.item === opened())) listed = opened(); };
document.addEventListener("click", remember, { capture: true });
document.addEventListener("keydown", remember, { capture: true });

async function advance(item, onward, state) {
  const all = rows();
  const index = all.findIndex((row) => row.dataset.item === String(item));
  if (index < 0 && listed !== String(item)) return;
  const next = index < 0 ? cursor() : all[index + 1] ?? all[index - 1];
  const read = () => refresh({ item: -1, mine: true });
  const go = () => {
    const row = next && document.getElementById(next.id);
    if ((onward || innerWidth >= 640) && row && opened() === String(item) && !$("#reply-text")?.value.trim()) open(row, { focus: false });
  };
  if (onward || !$("#list").dataset.states.split(" ").includes(state)) { go(); read(); return; }
  await read(); // it may have left for another reason
  if (!rows().some((row) => row.dataset.item === String(item) && !("left" in row.dataset))) go();
}

// what did not reach the server is said aloud; what was typed is still in its field
function failed(text) { toast(text, { error: true }); say(text, true); }
document.addEventListener("htmx:sendError", () => failed(words("failed")));
document.addEventListener("htmx:timeout", () => failed(words("slow")));
document.addEventListener("htmx:responseError", ({ detail: { target, xhr: { status } } }) => {
  if (status >= 500 || status === 429) failed(words("failed"));
  if (status === 403 && target !== live()) location.reload();
});

// a refusal that does not draw the thread anew is said, and leaves the thread as it is
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { target, xhr: { status, response } } = detail;
  if (!detail.shouldSwap || target !== live() || status < 400 || status === 404) return;
  const part = parse(response);
  if ($(".talk-bar", part)) { refresh({ item: -1 }); return; } // the list is as old as what was refused
  detail.shouldSwap = false;
  failed($("[role=alert]", part)?.textContent.trim() || words("refused"));
});

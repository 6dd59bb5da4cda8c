/* Live updates.
 *
 *   <relaybox-live src="/live/"></relaybox-live>      once per page, in the base template
 *
 * The element keeps one stream of server-sent events open and speaks to the page by events on `document`:
 *
 *   relaybox:nudge   detail {teams: [ids] | null, item: id | null, within: ms, reason}
 *                    Something changed in these teams' queues: re-read the fragments that show them.
 *                    teams null: anything may have changed.   teams []: something for this person alone.
 *                    item: the one item that changed; null when there are several, or it is not for us to know.
 *                    within: over how long the many tabs spread what they re-read; 0 when there are few.
 *                    reason: "nudge" | "opened" | "reopened" | "poll". "opened" comes once after the page has
 *                    loaded, for what happened between rendering and listening.
 *   relaybox:look    detail {items: [ids]}
 *                    Somebody came to these items, left them or types in them; the items are as they were.
 *   relaybox:live    detail {state: "connecting" | "live" | "polling" | "paused" | "offline" | "signed-out"}
 *                    For the connection strip; also the element's `state` attribute.
 *
 * Events carry no content: what a person may see is decided when the fragment is read. A burst becomes at most two
 * nudges a second. Without a stream the page polls; hidden for a while or offline it rests, and re-reads afterwards.
 */

const GATHER = 500; // ms between two nudges to the page
const POLL = 15_000;
const SAFETY = 120_000; // a nudge that got lost between commit and Redis is made good by then
const HIDDEN_FOR = 30_000;
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;
const POLL_AFTER = 2; // failures in a row

const jitter = (ms) => ms * (0.5 + Math.random());

/** Several nudges as one. */
export function merge(one, other) {
  if (!one) return other;
  const teams = one.teams === null || other.teams === null ? null : [...new Set([...one.teams, ...other.teams])];
  return { teams, item: one.item === other.item ? one.item : null, within: Math.max(one.within, other.within), reason: other.reason };
}

export class RelayboxLive extends HTMLElement {
  #source = null;
  #waiting = null; // the nudge that the page has not heard yet
  #gathering = 0;
  #retry = 0;
  #poll = 0;
  #hiding = 0;
  #failures = 0;
  #opened = false;
  #listeners = null;

  connectedCallback() {
    this.#listeners = new AbortController();
    const { signal } = this.#listeners;
    document.addEventListener("visibilitychange", () => this.#visibility(), { signal });
    addEventListener("online", () => this.#wake(), { signal });
    addEventListener("offline", () => this.#rest("offline"), { signal });
    addEventListener("pagehide", () => this.#rest("paused"), { signal });
    addEventListener("pageshow", (event) => event.persisted && this.#wake(), { signal });
    this.#wake();
  }

  disconnectedCallback() {
    this.#listeners?.abort();
    clearTimeout(this.#gathering);
    clearTimeout(this.#hiding);
    this.#gathering = this.#hiding = 0;
    this.#close();
  }

  get state() {
    return this.getAttribute("state") ?? "connecting";
  }

  #say(state) {
    if (this.getAttribute("state") === state) return;
    this.setAttribute("state", state);
    document.dispatchEvent(new CustomEvent("relaybox:live", { detail: { state } }));
  }

  #visibility() {
    clearTimeout(this.#hiding);
    this.#hiding = 0;
    if (document.visibilityState === "hidden") this.#hiding = setTimeout(() => this.#rest("paused"), HIDDEN_FOR);
    else if (!this.#source) this.#wake();
  }

  #wake() {
    if (this.state === "signed-out") return;
    if (!navigator.onLine) return this.#rest("offline");
    this.#failures = 0;
    this.#open();
  }

  #rest(state) {
    this.#close();
    this.#say(state);
  }

  #close() {
    this.#source?.close();
    this.#source = null;
    clearTimeout(this.#retry);
    clearTimeout(this.#poll);
  }

  #open() {
    this.#source?.close();
    clearTimeout(this.#retry);
    if (this.state !== "polling") this.#say("connecting");
    const source = new EventSource(this.getAttribute("src") ?? "/live/");
    this.#source = source;
    source.addEventListener("live", () => this.#live());
    source.addEventListener("poll", () => this.#startPolling());
    source.addEventListener("nudge", (event) => this.#nudge({ ...JSON.parse(event.data), reason: "nudge" }));
    source.addEventListener("look", (event) => document.dispatchEvent(new CustomEvent("relaybox:look", { detail: JSON.parse(event.data) })));
    source.addEventListener("error", () => source === this.#source && this.#failed(source));
  }

  #live() {
    this.#failures = 0;
    this.#say("live");
    this.#keepReading(SAFETY);
    this.#nudge({ teams: null, item: null, within: 0, reason: this.#opened ? "reopened" : "opened" });
    this.#opened = true;
  }

  /** The browser would retry by itself in step with all other tabs; we do it with a growing, spread pause. */
  async #failed(source) {
    const refused = source.readyState === EventSource.CLOSED;
    source.close();
    this.#source = null;
    this.#failures += 1;
    if (refused && (await this.#signedOut())) return this.#rest("signed-out");
    if (this.#source || !this.isConnected || this.state === "offline" || this.state === "paused") return;
    if (this.#failures >= POLL_AFTER) this.#startPolling();
    const pause = Math.min(FIRST_PAUSE * 2 ** (this.#failures - 1), LONGEST_PAUSE);
    this.#retry = setTimeout(() => this.#open(), jitter(pause));
  }

  async #signedOut() {
    try {
      const answer = await fetch(this.getAttribute("src") ?? "/live/", { method: "HEAD", cache: "no-store" });
      return answer.status === 401;
    } catch {
      return false;
    }
  }

  #startPolling() {
    if (this.state === "polling") return;
    this.#say("polling");
    this.#keepReading(POLL);
  }

  #keepReading(every) {
    clearTimeout(this.#poll);
    this.#poll = setTimeout(() => {
      this.#nudge({ teams: null, item: null, within: 0, reason: "poll" });
      this.#keepReading(every);
    }, jitter(every));
  }

  /** The first of a burst goes out at once, what follows within half a second goes out together. */
  #nudge(detail) {
    this.#waiting = merge(this.#waiting, detail);
    if (this.#gathering) return;
    this.#tell();
    this.#gathering = setTimeout(() => this.#gathered(), GATHER);
  }

  #gathered() {
    this.#gathering = 0;
    if (this.#waiting) this.#nudge(this.#waiting);
  }

  #tell() {
    const detail = this.#waiting;
    this.#waiting = null;
    document.dispatchEvent(new CustomEvent("relaybox:nudge", { detail }));
  }
}

customElements.define("relaybox-live", RelayboxLive);

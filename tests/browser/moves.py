"""What the main moves cost: presses, requests, bytes, and the time from the last press to the painted answer.

    .venv/bin/python -m tests.browser.moves http://127.0.0.1:8000 --password sam=…

It works in a Relaybox that runs with its demo (bin/run) and **changes it**: it answers, hands over, puts off. A chord
is one press; words that somebody would have to write anyway are none. Time is the page's own: from the timestamp of the
last keydown to the first frame in which the answer is drawn, or to the first paint of the page that it opened.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from statistics import median, quantiles

from playwright.sync_api import Page, Request, sync_playwright

from config.services import chromium

QUIET = 700  # ms without anything on its way before the next move begins
ARM = """(before) => {
  const $ = (selector) => document.querySelector(selector), $$ = (selector) => document.querySelectorAll(selector);
  const met = () => %s;
  let key = 0;
  const note = (event) => {
    key = event.timeStamp;
    sessionStorage.setItem("pressed", performance.timeOrigin + key);
    look();
  };
  const look = () => {
    if (!key || !met()) return;
    observer.disconnect();
    removeEventListener("keydown", note, { capture: true });
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => answered(performance.now() - key);
      channel.port2.postMessage(0);
    });
  };
  let answered;
  window.answer = new Promise((resolve) => (answered = resolve));
  const observer = new MutationObserver(look);
  observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  addEventListener("keydown", note, { capture: true });
}"""
PAINTED = """() => new Promise((resolve) => {
  const told = () => {
    const [paint] = performance.getEntriesByName("first-contentful-paint");
    if (!paint) return setTimeout(told, 20);
    resolve(performance.timeOrigin + paint.startTime - Number(sessionStorage.getItem("pressed")));
  };
  told();
})"""
OTHER_ITEM = '($("#live")?.dataset.item ?? "") !== before.item'
SHOWN = '$("#live .holder") && $("#live .holder").innerHTML !== before.holder'
ASKED = '$("dialog[open] #dialog-go")'
TOLD = '$(".undo") && !$("dialog[open]")'


@dataclass
class Cost:
    """One move, made several times."""

    presses: int = 0
    times: list[float] = field(default_factory=list)
    requests: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    def row(self, name: str) -> str:
        late = quantiles(self.times, n=20, method="inclusive")[-1] if len(self.times) > 1 else self.times[0]
        cells = [
            f"{median(self.times):.0f}",
            f"{late:.0f}",
            f"{median(self.requests):.0f}",
            f"{median(self.sizes):,.0f}",
        ]
        return f"{name:44} {self.presses:7} " + " ".join(f"{cell:>9}" for cell in cells)


class Hand:
    """A person at the keyboard of one page, whose presses and traffic are counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.presses = 0
        self.sent: list[Request] = []
        page.on("requestfinished", lambda request: self.sent.append(request))

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
        self.presses += len(keys)

    def write(self, words: str) -> None:
        """What has to be written whatever the program; it counts as no press."""
        self.page.keyboard.type(words)

    def quiet(self) -> None:
        self.page.wait_for_timeout(QUIET)

    @contextmanager
    def move(self, cost: Cost, until: str) -> Iterator[None]:
        """Make a move within; `until` says in the page when it is answered, "" that it opens another page."""
        self.quiet()
        before = {"item": self.opened(), "rows": self.page.locator("#rows .row").count(), "holder": self.holder()}
        self.page.evaluate(ARM % (until or "false"), before)
        self.sent.clear()
        self.presses, old = 0, self.page.url
        yield
        if until:
            cost.times.append(self.page.evaluate("() => window.answer"))
        else:
            self.page.wait_for_url(lambda url: url != old)
            cost.times.append(self.page.evaluate(PAINTED))
        self.quiet()
        cost.presses = self.presses
        came = [size for request in self.sent if (size := over_the_wire(request))]
        cost.requests.append(len(came))
        cost.sizes.append(sum(came))

    def opened(self) -> str:
        """The open item's number; "" for none."""
        place = self.page.locator("#live")
        return place.get_attribute("data-item") or "" if place.count() else ""

    def holder(self) -> str:
        place = self.page.locator("#live .holder")
        return place.inner_html() if place.count() else ""

    def go(self, path: str, *, into: bool = True) -> None:
        """To a list, with its first item open or none."""
        self.page.goto(path)
        self.page.locator("#rows .row").first.wait_for()
        self.quiet()
        if into:
            self.page.keyboard.press("Enter")
            self.page.locator("#live").wait_for()


def over_the_wire(request: Request) -> int:
    """Bytes of the answer with its headers; 0 for what the browser had kept."""
    sizes = request.sizes()
    return sizes["responseBodySize"] + sizes["responseHeadersSize"]


Move = Callable[[Hand, Cost], None]


def next_item(hand: Hand, cost: Cost) -> None:
    hand.go("/team/support/")
    with hand.move(cost, OTHER_ITEM):
        hand.press("j")


def claim(hand: Hand, cost: Cost, until: str = '!$("#act-claim")') -> None:
    hand.go("/queue/unclaimed/?team=support")
    with hand.move(cost, until):
        hand.press("c")
    hand.press("u")


def done(hand: Hand, cost: Cost, until: str = OTHER_ITEM) -> None:
    hand.go("/team/support/")
    with hand.move(cost, until):
        hand.press("e")
    hand.page.keyboard.press("z")


def answer_and_done(hand: Hand, cost: Cost) -> None:
    hand.go("/queue/unclaimed/?team=support")
    with hand.move(cost, OTHER_ITEM):
        hand.press("r")
        hand.write("Thanks, that is put right now.")
        hand.press("Control+Shift+Enter")


def hand_over(hand: Hand, cost: Cost) -> None:
    hand.go("/queue/unclaimed/?team=support")
    with hand.move(cost, TOLD):
        hand.press("h")
        hand.page.locator("dialog[open] #dialog-go").wait_for()
        hand.press("Space", "1", "Control+Enter")
    hand.page.keyboard.press("z")


def ask_where_to(hand: Hand, cost: Cost) -> None:
    hand.go("/queue/unclaimed/?team=support")
    with hand.move(cost, ASKED):
        hand.press("h")
    hand.page.keyboard.press("Escape")


def snooze(hand: Hand, cost: Cost) -> None:
    hand.go("/team/support/")
    with hand.move(cost, TOLD):
        hand.press("s")
        hand.page.locator("dialog[open] #dialog-go").wait_for()
        hand.press("3", "Control+Enter")
    hand.page.keyboard.press("z")


def label(hand: Hand, cost: Cost) -> None:
    hand.go("/team/support/")
    with hand.move(cost, TOLD):
        hand.press("l")
        hand.write("vip")
        hand.press("Enter")
    hand.page.keyboard.press("z")


def twenty_done(hand: Hand, cost: Cost) -> None:
    hand.go("/team/support/", into=False)
    with hand.move(cost, '$("#rows").querySelectorAll(".row").length < before.rows || $(".undo")'):
        hand.press(*["Shift+J"] * 19, "e")
    with hand.move(Cost(), '$$("#rows .row").length > before.rows || !$(".undo")'):
        hand.press("z")


def search(hand: Hand, cost: Cost) -> None:
    hand.go("/")
    with hand.move(cost, '$("#palette-list").textContent.includes("“refund”")'):
        hand.press("/")
        hand.write("refund")
    hand.page.keyboard.press("Escape")


def jump_by_digit(hand: Hand, cost: Cost) -> None:
    hand.go("/")
    with hand.move(cost, ""):
        hand.press("1")


def jump_by_name(hand: Hand, cost: Cost) -> None:
    hand.go("/")
    with hand.move(cost, ""):
        hand.press("Control+k", *"held", "Enter")


MOVES: dict[str, Move] = {
    "open the next item": next_item,
    "claim: it shows": partial(claim, until=SHOWN),
    "claim: the server has said so": claim,
    "done: it shows": partial(done, until=SHOWN),
    "done: the next is open": done,
    "answer (claims), done, next opens": answer_and_done,
    "ask where to hand over": ask_where_to,
    "hand over with a reason": hand_over,
    "snooze till tomorrow": snooze,
    "put on a label": label,
    "twenty done": twenty_done,
    "search by a word": search,
    "jump to Held by you, by digit": jump_by_digit,
    "jump to Held by you, by name": jump_by_name,
}


def sign_in(page: Page, username: str, password: str) -> None:
    page.goto("/sign-in/")
    page.fill("#id_username", username)
    page.fill("#id_password", password)
    page.click("form.sheet button")
    page.wait_for_url(lambda url: "/sign-in/" not in url)


def several(move: Move, hand: Hand, times: int) -> Cost:
    cost = Cost()
    for _time in range(times):
        move(hand, cost)
    return cost


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--password", required=True, help="NAME=PASSWORD")
    parser.add_argument("--times", type=int, default=7)
    parser.add_argument("--only", default="", help="a regular expression for the names of moves")
    options = parser.parse_args()
    username, _, password = options.password.partition("=")
    print(f"{'move':44} presses    median       p95  requests     bytes")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.present() or None, args=["--no-sandbox"])
        page = browser.new_context(base_url=options.url, viewport={"width": 1440, "height": 900}).new_page()
        sign_in(page, username, password)
        hand = Hand(page)
        for name, move in MOVES.items():
            if re.search(options.only, name):
                print(several(move, hand, options.times).row(name), flush=True)
        browser.close()


if __name__ == "__main__":
    main()

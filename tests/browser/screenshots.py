"""Pictures of the running product for the README and the docs.

    .venv/bin/python -m tests.browser.screenshots http://127.0.0.1:8000 --password sam=… --password ada=…

It visits a Relaybox that is running with its demo (bin/run), and changes nothing in it. Beside the pictures of the
main job it takes one of every page, as an admin sees it, into the folder `pages`.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from config.services import chromium
from tests.browser.pages import AT_THE_DOOR, PAGES

WIDE, NARROW, PHONE = (1440, 900), (1024, 768), (390, 844)


@dataclass(frozen=True)
class Shot:
    name: str
    path: str
    person: str = "sam"
    size: tuple[int, int] = WIDE
    theme: str = "light"
    opened: bool = False  # open the list's first item
    key: str = ""  # press this afterwards


SHOTS = (
    Shot("inbox-light", "/", opened=True),
    Shot("inbox-dark", "/", opened=True, theme="dark"),
    Shot("inbox-1024", "/", opened=True, size=NARROW),
    Shot("hand-over", "/queue/unclaimed/", opened=True, key="h"),
    Shot("phone-list", "/", size=PHONE),
    Shot("phone-thread", "/", size=PHONE, opened=True),
    Shot("connections", "/connections/", person="ada"),
    Shot("rules", "/rules/", person="ada", theme="dark"),
    Shot("people", "/people/", person="ada"),
    Shot("keys", "/", key="?"),
)

# Where the id of each kind of thing is found: on a page, in a link.
IDS = {
    "item": ("/queue/returned/", r"/items/(\d+)/"),
    "view": ("/", r"/views/(\d+)/"),
    "rule": ("/rules/", r"/rules/(\d+)/"),
    "saved": ("/saved-replies/", r"/saved-replies/(\d+)/"),
    "connection": ("/connections/", r"/connections/(\d+)/"),
    "event": ("/connections/{connection}/events/", r"/connections/events/(\d+)/"),
    "person": ("/people/", r"/people/(\d+)/"),
    "team": ("/people/", r"/people/teams/(\d+)/"),
}
COLOURS = 256  # of a picture of every page: the pages have few


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument(
        "--password", action="append", required=True, metavar="PERSON=PASSWORD", help="as bin/run prints"
    )
    parser.add_argument("--out", type=Path, default=Path("docs/img"))
    given = parser.parse_args()
    passwords = dict(each.split("=", 1) for each in given.password)
    given.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.present() or None, args=["--no-sandbox"])
        for shot in SHOTS:
            take(browser, shot, given.url, passwords[shot.person], given.out / f"{shot.name}.png")
        take_every_page(browser, given.url, passwords["ada"], given.out / "pages")
        browser.close()


def take(browser: Browser, shot: Shot, url: str, password: str, out: Path) -> None:
    width, height = shot.size
    context = browser.new_context(
        base_url=url,
        viewport={"width": width, "height": height},
        color_scheme="dark" if shot.theme == "dark" else "light",
    )
    page = context.new_page()
    sign_in(page, shot.person, password)
    answer = page.goto(shot.path)
    if answer is None or not answer.ok:
        print(f"{shot.name}: {shot.path} is not there")
        context.close()
        return
    if shot.opened:
        page.locator("#rows .row").first.click()
        page.locator("#live").wait_for()
    page.mouse.move(0, 0)
    if shot.key:
        page.keyboard.press(shot.key)
        page.locator("dialog[open]").wait_for()
    keep(page, out)
    context.close()


def take_every_page(browser: Browser, url: str, password: str, out: Path) -> None:
    out.mkdir(exist_ok=True)
    page = browser.new_context(base_url=url, viewport={"width": WIDE[0], "height": WIDE[1]}).new_page()
    page.goto(AT_THE_DOOR)
    keep(page, out / "sign-in.png")
    sign_in(page, "ada", password)
    ids = {name: found for name in IDS if (found := find_id(page, name))}
    for address in PAGES:
        if not set(re.findall(r"{(\w+)}", address)) <= set(ids):
            print(f"{address}: nothing of it is there")
            continue
        page.goto(address.format_map(ids))
        keep(page, out / f"{file_name(address)}.png")


def find_id(page: Page, name: str) -> str:
    address, link = IDS[name]
    while missing := re.search(r"{(\w+)}", address):
        address = address.replace(missing[0], find_id(page, missing[1]))
    page.goto(address)
    links = page.locator("a[href]").evaluate_all("links => links.map(each => each.getAttribute('href'))")
    return next((found[1] for each in links if (found := re.match(link, each))), "")


def file_name(address: str) -> str:
    """`/people/{person}/` is kept as people-person, the list itself as home."""
    return "-".join(re.findall(r"\w+", address)) or "home"


def keep(page: Page, out: Path) -> None:
    page.wait_for_timeout(400)
    Image.open(BytesIO(page.screenshot())).quantize(COLOURS).save(out, optimize=True)
    print(out)


def sign_in(page: Page, person: str, password: str) -> None:
    page.goto("/sign-in/")
    page.fill("#id_username", person)
    page.fill("#id_password", password)
    page.click("form.sheet button")
    page.wait_for_url(lambda address: "/sign-in/" not in address)


if __name__ == "__main__":
    main()

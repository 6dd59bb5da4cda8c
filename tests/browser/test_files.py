"""Files of a reply in a real browser: dropped, pasted, chosen, by mouse and by keyboard, refused in words."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator

import httpx
import pytest
from PIL import Image
from playwright.sync_api import FileChooser, Page, expect

from inbox.models import Connection, DraftFile, Item, Message
from tests import world as small
from tests.browser.conftest import SignIn
from tests.browser.site import Site
from tests.browser.test_story import live
from tests.fault.machinery import wait

pytestmark = [pytest.mark.browser]
PDF = b"%PDF-1.7 a bill"
# What the browser does when somebody lets files go over it, or presses paste.
HAND_OVER = """([name, kind, files]) => {
  const data = new DataTransfer();
  for (const [name, type, bytes, more] of files)
    data.items.add(new File([new Uint8Array(bytes), new Uint8Array(more)], name, { type }));
  const how = { bubbles: true, cancelable: true };
  const event = name === "paste"
    ? new ClipboardEvent(name, { clipboardData: data, ...how })
    : new DragEvent(name, { dataTransfer: data, ...how });
  return !document.querySelector(kind).dispatchEvent(event);
}"""


@pytest.fixture
def item(site: Site) -> Item:
    return site.arrive("Please help me")


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (80, 60), "teal").save(out, "PNG")
    return out.getvalue()


def hand_over(page: Page, how: str, where: str, *files: tuple[str, str, bytes], padding: int = 0) -> bool:
    given = [[name, kind, list(body), padding] for name, kind, body in files]
    return bool(page.evaluate(HAND_OVER, [how, where, given]))


def test_a_dropped_and_a_pasted_file_go_out_with_the_reply(item: Item, site: Site, sign_in: SignIn) -> None:
    sam = sign_in("sam", f"/items/{item.pk}/")
    assert hand_over(sam, "dragover", "#story", ("bill.pdf", "application/pdf", PDF))
    expect(sam.locator("#composer")).to_have_attribute("data-drop", "")
    assert hand_over(sam, "drop", "#story", ("bill.pdf", "application/pdf", PDF))
    expect(sam.locator("#composer")).not_to_have_attribute("data-drop", "")
    assert hand_over(sam, "paste", "#reply-text", ("image.png", "image/png", picture()))
    files = sam.locator("#files li")
    expect(files).to_have_count(2)
    expect(sam.locator("#files img")).to_have_js_property("naturalWidth", 80)
    sam.locator("#files textarea").fill("A teal lamp")
    sam.locator("#reply-text").fill("Here it is")
    wait(lambda: DraftFile.objects.filter(alt="A teal lamp").exists(), "the words")
    sam.reload()
    expect(files).to_have_count(2)
    expect(sam.locator("#files textarea")).to_have_value("A teal lamp")
    sam.locator("#reply-text").focus()
    sam.keyboard.press("Control+Enter")
    expect(sam.locator(".msg.ours img[alt='A teal lamp']")).to_have_js_property("naturalWidth", 80)
    expect(sam.locator(".msg.ours .att", has_text="bill.pdf")).to_be_visible()
    expect(files).to_have_count(0)
    wait(lambda: site.platform.accepted, "the reply to arrive")
    media = site.platform.accepted[0]["media"]
    assert {each["name"]: each["alt"] for each in media} == {"bill.pdf": "", "image.png": "A teal lamp"}


def test_undo_gives_text_and_files_back(item: Item, sign_in: SignIn) -> None:
    sam = sign_in("sam", f"/items/{item.pk}/")
    sam.locator("#file-choice").set_input_files({"name": "bill.pdf", "mimeType": "application/pdf", "buffer": PDF})
    expect(sam.locator("#files li a")).to_have_text("bill.pdf")
    sam.locator("#send").click()  # a file needs no words
    expect(sam.locator("#files li")).to_have_count(0)
    sam.get_by_role("button", name="Undo").click()
    expect(sam.locator("#files li a")).to_have_text("bill.pdf")
    assert DraftFile.objects.get().path.read_bytes() == PDF


def test_a_refused_file_names_the_reason_and_the_text_stays(item: Item, sign_in: SignIn) -> None:
    sam = sign_in("sam", f"/items/{item.pk}/")
    sam.locator("#reply-text").fill("See the picture")
    hand_over(sam, "drop", "#composer", ("evil.png", "image/png", b"<svg onload=alert(1)>"))
    refused = sam.locator("#files .refused")
    expect(refused).to_contain_text("“evil.png” is of a kind that cannot be sent there.")
    expect(sam.locator("#alert")).to_contain_text("evil.png")
    hand_over(sam, "drop", "#composer", ("large.pdf", "application/pdf", PDF), padding=10_000_000)
    expect(refused.last).to_contain_text("“large.pdf” is larger than 9.5")
    sam.locator("#mode-note").check(force=True)
    hand_over(sam, "drop", "#composer", ("bill.pdf", "application/pdf", PDF))
    expect(refused.last).to_contain_text("A note holds words alone")
    expect(sam.locator("#reply-text")).to_have_value("See the picture")
    assert not DraftFile.objects.exists()


def test_files_are_chosen_described_and_removed_by_keyboard(item: Item, sign_in: SignIn) -> None:
    sam = sign_in("sam", f"/items/{item.pk}/")
    two = [{"name": name, "mimeType": "image/png", "buffer": picture()} for name in ("a.png", "b.png")]

    def choose(asked: FileChooser) -> None:
        asked.set_files(two)  # type: ignore[arg-type]

    sam.on("filechooser", choose)  # before the key is pressed: Chromium takes a moment to hand its dialog over
    expect(sam.locator("#composer")).to_be_visible()
    sam.locator("#file-choice").focus()
    sam.wait_for_timeout(200)
    sam.keyboard.press("Enter")
    expect(sam.locator("#files img")).to_have_count(2)
    sam.locator("#files textarea").first.focus()
    sam.keyboard.type("First")
    sam.keyboard.press("Tab")
    sam.keyboard.press("Enter")  # on its "Remove"
    expect(sam.locator("#files li")).to_have_count(1)
    expect(sam.locator("#files [data-away]")).to_be_focused()
    sam.keyboard.press("Enter")
    expect(sam.locator("#files li")).to_have_count(0)
    expect(sam.locator("#reply-text")).to_be_focused()
    wait(lambda: not DraftFile.objects.exists(), "the files to be gone")


def test_a_send_waits_for_the_file_that_still_goes_up(item: Item, sign_in: SignIn) -> None:
    sam = sign_in("sam", f"/items/{item.pk}/")
    held = []
    sam.route("**/files/", lambda route: held.append(route))
    sam.locator("#reply-text").fill("With a bill")
    hand_over(sam, "drop", "#composer", ("bill.pdf", "application/pdf", PDF))
    expect(sam.locator("#files progress")).to_be_visible()
    sam.locator("#reply-text").focus()
    sam.keyboard.press("Control+Enter")
    sam.wait_for_timeout(500)
    assert not Message.objects.filter(direction="out").exists()
    held[0].continue_()
    expect(sam.locator(".msg.ours .att", has_text="bill.pdf")).to_be_visible()
    assert Message.objects.get(direction="out").text == "With a bill"


def test_where_the_platform_takes_none_a_drop_says_so(site: Site, sign_in: SignIn) -> None:
    shop = Connection.objects.create(kind="google_play", name="Shop")
    item = small.make_item(shop, small.Team.objects.get(slug="support"), text="It crashes")
    sam = sign_in("sam", f"/items/{item.pk}/")
    expect(sam.locator("#file-choice")).to_have_count(0)
    hand_over(sam, "drop", "#composer", ("bill.pdf", "application/pdf", PDF))
    expect(sam.locator("#files .refused")).to_contain_text("Google Play takes no files with a reply.")
    sam.locator("[data-no-files]").click(force=True)  # aria-disabled: it says why instead
    expect(sam.locator("#alert")).to_contain_text("Google Play takes no files with a reply.")
    assert not DraftFile.objects.exists()


def test_a_file_added_in_one_tab_is_there_in_the_other_and_in_view_of_colleagues(item: Item, sign_in: SignIn) -> None:
    address = f"/items/{item.pk}/"
    desk, phone, sue = sign_in("sam", address), sign_in("sam", address), sign_in("sue", address)
    for page in (desk, phone, sue):
        live(page)
    bill = {"name": "bill.pdf", "mimeType": "application/pdf", "buffer": PDF}
    desk.locator("#file-choice").set_input_files(bill)  # type: ignore[arg-type]
    expect(phone.locator("#files li a")).to_have_text("bill.pdf")
    expect(sue.locator("#drafts")).to_contain_text("Sam adds to a reply:")
    expect(sue.locator("#drafts .other-draft a")).to_have_text("bill.pdf")
    expect(sue.locator("#files li")).to_have_count(0)
    expect(desk.locator("#files li")).to_have_count(1)
    phone.locator("#files [data-away]").click()
    expect(desk.locator("#files li")).to_have_count(0)
    expect(sue.locator("#drafts .other-draft")).to_have_count(0)
    assert not DraftFile.objects.exists()


def test_a_body_that_is_too_large_is_refused_with_its_limit(item: Item, site: Site, sign_in: SignIn) -> None:
    sam = sign_in("sam", f"/items/{item.pk}/")
    known = {each["name"]: each["value"] for each in sam.context.cookies()}
    token = sam.locator("meta[name=csrf]").get_attribute("content") or ""
    piece = b"x" * 1024 * 1024
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="bill.pdf"\r\n\r\n%PDF-'

    def body(size: int) -> Iterator[bytes]:
        yield head
        yield from itertools.repeat(piece, size)
        yield b"\r\n--b--\r\n"

    def sent(content: bytes | Iterator[bytes]) -> httpx.Response:
        headers = {"Content-Type": "multipart/form-data; boundary=b", "X-CSRFToken": token, "HX-Request": "true"}
        url = f"{site.url}/items/{item.pk}/files/"
        return httpx.post(url, content=content, headers=headers, cookies=known, timeout=60)

    refused = sent(body(22))  # in chunks, which announce nothing
    assert refused.status_code == 413
    assert "What was sent is larger than 21.0" in refused.text
    assert sent(b"".join(body(22))).status_code == 413
    assert not DraftFile.objects.exists()
    assert sent(b"".join(body(1))).status_code == 201
    assert DraftFile.objects.get().size == 1024 * 1024 + 5

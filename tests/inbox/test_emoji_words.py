"""The words that find an emoji in Traditional Chinese: for each of the picker, light, and only for who needs them."""

from __future__ import annotations

import gzip
import json

from django.urls import reverse

from config import emoji_words
from tests.inbox.test_desk import browser
from tests.world import World


def words() -> dict[str, str]:
    known: dict[str, str] = json.loads(emoji_words.WORDS.read_text())
    return known


def test_each_sign_of_the_picker_has_chinese_words_and_no_other_has() -> None:
    offered = emoji_words.signs()
    assert len(offered) > 500
    assert set(words()) == set(offered) - {"❖"}  # which CLDR does not name
    assert "火箭" in words()["🚀"].split()
    assert "愛心" in words()["❤️"]


def test_they_are_light_and_come_with_their_licence() -> None:
    assert len(gzip.compress(emoji_words.WORDS.read_bytes())) < 15_000
    licence = (emoji_words.WORDS.parent / "LICENSE-unicode.txt").read_text()
    assert licence.startswith("UNICODE LICENSE V3")


def test_only_who_reads_chinese_is_told_where_they_are(world: World) -> None:
    page = browser(world.alice).get(reverse("inbox:home"), follow=True).content.decode()
    assert 'id="emoji"' in page
    assert "emoji_zh_hant.json" not in page
    world.alice.language = "zh-hant"
    world.alice.save()
    page = browser(world.alice).get(reverse("inbox:home"), follow=True).content.decode()
    assert 'data-words="/static/data/emoji_zh_hant.json"' in page

"""Every text of the interface is in every catalogue: whole, today's, and with the placeholders of the original."""

from __future__ import annotations

import gettext
import re
from collections import Counter
from html import unescape
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from django.conf import settings
from django.utils.translation import gettext as translated
from django.utils.translation import ngettext, override, to_locale

from config import words

CATALOGUES = sorted(words.LOCALES.glob("*/LC_MESSAGES/django.po"))
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}|<[^>]*>")
HAN = "\u2e80-\u9fff\uff00-\uffef"
BETWEEN_HAN = re.compile(rf"[{HAN}][,;:!?.]|[,;:!?](?=[{HAN}])|[{HAN}]\(|\([{HAN}]|\)[{HAN}]|[{HAN}]\)|\.\.\.|[“”‘’]")
TYPED = re.compile(rf"「[^」{HAN}]*」")  # an operator, a key: what has to be typed keeps its own signs


def name(path: Path) -> str:
    return path.parents[1].name


def key(message: Message) -> tuple[str, str, str]:
    single, plural = [message.id, ""] if isinstance(message.id, str) else message.id
    return message.context or "", single, plural


def messages(path: Path) -> list[Message]:
    return [message for message in words.load(path) if message.id]


def test_each_language_that_can_be_chosen_has_a_catalogue() -> None:
    chosen = {to_locale(code) for code, _name in settings.LANGUAGES} - {"en"}
    assert chosen == {name(path) for path in CATALOGUES} == {"zh_Hant"}


@pytest.mark.parametrize("path", CATALOGUES, ids=name)
def test_the_catalogue_holds_the_texts_of_the_source_and_no_others(path: Path) -> None:
    source = {(text.context, text.single, text.plural) for text in words.texts()}
    assert len(source) > 850  # the source was really read
    here = {key(message) for message in messages(path)}
    assert (source - here, here - source) == (set(), set()), "run bin/words"


@pytest.mark.parametrize("path", CATALOGUES, ids=name)
def test_nothing_is_untranslated_or_fuzzy(path: Path) -> None:
    assert [message.id for message in messages(path) if not words.words(message)] == []
    assert [message.id for message in messages(path) if message.fuzzy] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=name)
def test_every_plural_form_is_there_and_no_more(path: Path) -> None:
    forms = words.load(path).num_plurals
    assert [m.id for m in messages(path) if m.pluralizable and len(words.words(m)) != forms] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=name)
def test_a_translation_keeps_the_placeholders_and_the_tags(path: Path) -> None:
    assert [(m.id, text) for m in messages(path) for text in words.words(m) if placeholders(text) != original(m)] == []


def placeholders(text: str) -> Counter[str]:
    return Counter(PLACEHOLDER.findall(text))


def original(message: Message) -> Counter[str]:
    return placeholders(message.id if isinstance(message.id, str) else message.id[-1])


@pytest.mark.parametrize("path", CATALOGUES, ids=name)
def test_a_translation_begins_and_ends_with_the_same_space(path: Path) -> None:
    pairs = [(key(m)[1], text) for m in messages(path) for text in words.words(m)]
    assert [(one, other) for one, other in pairs if space(one) != space(other)] == []


def space(text: str) -> tuple[str, str]:
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


@pytest.mark.parametrize("path", CATALOGUES, ids=name)
def test_what_the_program_reads_is_what_the_translators_wrote(path: Path) -> None:
    with path.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for message in messages(path):
        context, single, plural = key(message)
        told = compiled.npgettext(context, single, plural, 2) if context else compiled.ngettext(single, plural, 2)
        alone = compiled.pgettext(context, single) if context else compiled.gettext(single)
        assert (told if plural else alone) == words.words(message)[0], "run bin/words"


def test_chinese_has_chinese_punctuation() -> None:
    path = words.LOCALES / "zh_Hant" / "LC_MESSAGES" / "django.po"
    assert [
        text for m in messages(path) for text in words.words(m) if BETWEEN_HAN.search(TYPED.sub("「」", unescape(text)))
    ] == []


def test_the_interface_speaks_it() -> None:
    with override("zh-hant"):
        assert translated("Claim") == "認領"
        assert ngettext("%(n)s item done.", "%(n)s items done.", 1) == "%(n)s 個項目已完成。"

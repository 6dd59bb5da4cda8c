"""bin/words finds what is marked in Python and in templates, and keeps what is translated."""

from __future__ import annotations

from babel.messages.catalog import Catalog

from config import words
from config.words import Text

PYTHON = """
title = _("Plain")
def said(n):
    return ngettext("%(n)s thing", "%(n)s things", n), pgettext_lazy("unit", "m"), self.gettext("Joined " "up")
guide = gettext_noop("Later")
not_ours = gettext(variable), npgettext("unit", "one"), print("Unmarked")
"""
TEMPLATE = """{% load i18n %}<p title="{% translate "It's" %}">
{% blocktranslate context "at" with n=1 %}{{ n }}m{% endblocktranslate %}</p>
{% blocktranslate count n=things|length %}{{ n }} thing{% plural %}{{ n }} things{% endblocktranslate %}
{{ _("In a variable") }} <b>Unmarked</b>{% comment %}{% translate "Not shown" %}{% endcomment %}"""


def test_what_python_marks_is_found() -> None:
    assert set(words.in_python(PYTHON, "a.py")) == {
        Text("", "Plain", "", "a.py"),
        Text("", "%(n)s thing", "%(n)s things", "a.py"),
        Text("unit", "m", "", "a.py"),
        Text("", "Joined up", "", "a.py"),
        Text("", "Later", "", "a.py"),
    }


def test_what_a_template_marks_is_found() -> None:
    assert list(words.in_template(TEMPLATE, "a.html")) == [
        Text("", "It's", "", "a.html"),
        Text("at", "%(n)sm", "", "a.html"),
        Text("", "%(n)s thing", "%(n)s things", "a.html"),
        Text("", "In a variable", "", "a.html"),
    ]


def test_the_source_has_texts_of_every_sort() -> None:
    found = list(words.texts())
    assert {text.file.partition("/")[0] for text in found} == {*words.PACKAGES, "templates"}
    assert [text for text in found if text.plural]
    assert {text.context for text in found} > {"", "minutes"}


def test_translations_stay_and_what_is_gone_goes() -> None:
    old = Catalog("zh_Hant", header_comment="# Ours.")
    old.add("Claim", "認領", flags=["python-format"])
    old.add("Nobody says this any more", "沒有人再這麼說")
    new = words.renewed(old)
    claim = new.get("Claim")
    assert claim is not None
    assert (claim.string, claim.locations[0]) == ("認領", ("inbox/templatetags/inbox_thread.py", None))
    assert new.get("Nobody says this any more") is None
    hand_over = new.get("Hand over")
    assert hand_over is not None
    assert words.words(hand_over) == []
    assert new.header_comment == "# Ours."


def test_a_text_that_gained_a_plural_is_translated_anew() -> None:
    old = Catalog("zh_Hant")
    old.add("%(n)s item done.", "完成了")
    done = words.renewed(old).get("%(n)s item done.")
    assert done is not None
    assert (done.pluralizable, words.words(done)) == (True, [])


def test_half_a_plural_counts_as_nothing() -> None:
    catalogue = Catalog("de")
    catalogue.add(("%(n)s item", "%(n)s items"), ("%(n)s Eintrag", ""))
    message = catalogue.get("%(n)s item")
    assert message is not None
    assert words.words(message) == []

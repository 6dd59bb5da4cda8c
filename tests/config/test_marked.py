"""No text that people see is hard-coded: in templates, scripts or forms."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path

import pytest
from django import forms
from django.utils.translation import override

from config import words

ATTRIBUTES = {"alt", "aria-description", "aria-label", "aria-valuetext", "label", "placeholder", "title"}
NAMES = {"Relaybox", "YAML", "API", "Esc", "Enter", "Ctrl", "x"}  # of things and keys; the same in every language
LETTERS = re.compile(r"[^\W\d_]{2,}")
TAGS = re.compile(r"\{#.*?#\}|\{%\s*comment.*?endcomment\s*%\}|\{%\s*blocktrans.*?endblocktrans\w*\s*%\}", re.DOTALL)
ATTRIBUTE_BLOCKS = re.compile(r"\{%\s*block (pane_shown|layout|app_attributes|row|shown)\b.*?endblock\s*%\}", re.DOTALL)
VALUES = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
EAGER = {"gettext", "ngettext", "pgettext", "npgettext"}


class Texts(HTMLParser):
    """What a page would show: text, and the attributes that are read out or shown."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.within += [tag] if tag in {"script", "style", "pre"} else []
        self.found += [value for name, value in attrs if name in ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        if self.within and self.within[-1] == tag:
            self.within.pop()

    def handle_data(self, data: str) -> None:
        self.found += [] if self.within else [data]


def hard_coded(template: str) -> list[str]:
    page = Texts()
    page.feed(VALUES.sub(" ", ATTRIBUTE_BLOCKS.sub(" ", TAGS.sub(" ", template))))
    return [word for text in page.found for word in LETTERS.findall(text) if word not in NAMES]


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ('<h1 title="{% translate "Title" %}">{% translate "Text" %}</h1>', []),
        ("<h1>Text</h1>", ["Text"]),
        ('<a title="Shown here" href="no" class="no">{{ name }} · 3</a>', ["Shown", "here"]),
        (
            "{% blocktranslate count n=n %}{{ n }} one{% plural %}{{ n }} many{% endblocktranslate %} <b>文字</b>",
            ["文字"],
        ),
        ("{# no #}{% comment %}no{% endcomment %}<script>no()</script><kbd>Esc</kbd>", []),
        ("{% if a %}Yes{% else %}{% translate 'No' %}{% endif %}", ["Yes"]),
    ],
)
def test_text_outside_translate_is_found(template: str, found: list[str]) -> None:
    assert hard_coded(template) == found


@pytest.mark.parametrize("path", words.templates(), ids=lambda path: path.relative_to(words.ROOT).as_posix())
def test_no_template_holds_text_of_its_own(path: Path) -> None:
    assert hard_coded(path.read_text()) == []


def test_scripts_take_their_words_from_the_page() -> None:
    """Their strings are names: none has two words with a capital in front, as something to be read has."""
    sentence = re.compile(r"""(["'`])([A-Z][a-z’]+ [^"'`]*|[A-Z][a-z]+[.!?…])\1""")
    assert sentence.search('say("That did not work")')
    scripts = sorted((words.ROOT / "static" / "js").glob("*.js"))
    assert len(scripts) > 10
    assert [(path.name, found[0]) for path in scripts for found in sentence.finditer(path.read_text())] == []


def eager(source: str) -> list[int]:
    """Lines that translate while the module is imported, when nobody's language is known."""
    tree = ast.parse(source)
    names = {
        name.asname or name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
        if name.name in EAGER
    }
    return [node.lineno for node in at_import(tree) if isinstance(node, ast.Call) and words.called(node) in names]


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """What is evaluated when the module is: everything but the bodies of functions."""
    yield node
    body = getattr(node, "body", []) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else []
    later = [node.body] if isinstance(node, ast.Lambda) else body
    for child in ast.iter_child_nodes(node):
        if child not in later:
            yield from at_import(child)


def test_what_is_translated_too_early_is_found() -> None:
    first = "from x import gettext as _\nfrom x import gettext_lazy\n"
    source = first + 'A = _("a")\ndef f(b=_("b")): return _("c")\nD = gettext_lazy("d")\n'
    assert eager(source) == [3, 4]


def test_nothing_is_translated_while_a_module_is_imported() -> None:
    paths = [path for path in words.sources("*.py") if "gettext" in path.read_text()]
    assert len(paths) > 50
    assert [(path.name, line) for path in paths for line in eager(path.read_text())] == []


def all_forms(base: type[forms.BaseForm] = forms.BaseForm) -> Iterator[type[forms.BaseForm]]:
    for form in base.__subclasses__():
        if form.__module__.partition(".")[0] in words.PACKAGES:
            yield form
        yield from all_forms(form)


def test_every_label_of_a_form_is_translated() -> None:
    """Also those that a form takes from a model's field: an unmarked name would be shown in English."""
    for path in words.sources("*forms.py") + words.sources("**/views/*.py"):
        import_module(".".join(path.relative_to(words.ROOT).with_suffix("").parts))
    fields = [(form.__name__, name, field) for form in all_forms() for name, field in form.base_fields.items()]
    assert len(fields) > 40
    with override("zh-hant"):
        english = [(form, name) for form, name, field in fields for text in shown(field) if text and text.isascii()]
    assert english == []


def shown(field: forms.Field) -> list[str]:
    return [] if isinstance(field.widget, forms.HiddenInput) else [str(field.label or ""), str(field.help_text or "")]

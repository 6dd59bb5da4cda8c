"""`bin/words`: read every text that can be translated out of the source, and bring the catalogues up to it.

Pure Python (Django's own command needs the programs of GNU gettext). It translates nothing: a new
text is added empty, one that is no longer shown is dropped, and tests/config/test_translation.py
fails until a person has filled the gaps.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("config", "connectors", "inbox", "insights", "routing", "teams")
LOCALES = ROOT / "locale"
# Its name, and how many of its first arguments are a context, a text, a plural.
FUNCTIONS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), (0, 1)),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (0, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), (1, 1)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), (1, 2)),
}
BEGUN = datetime(2026, 11, 22, tzinfo=UTC)
LITERAL = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
IN_TEMPLATE = re.compile(rf"\b(n?p?gettext|_)\(\s*({LITERAL}(?:\s*,\s*{LITERAL})*)", re.DOTALL)


class Text(NamedTuple):
    """What a translator translates; a text without a plural has an empty one."""

    context: str
    single: str
    plural: str
    file: str


def texts() -> Iterator[Text]:
    """All of them, in the order of the files."""
    for path in sources("*.py"):
        yield from in_python(path.read_text(), path.relative_to(ROOT).as_posix())
    for path in templates():
        yield from in_template(path.read_text(), path.relative_to(ROOT).as_posix())


def sources(pattern: str) -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob(pattern))


def templates() -> list[Path]:
    return sorted((ROOT / "templates").rglob("*.html")) + sources("*.html")


def in_python(source: str, file: str) -> Iterator[Text]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            literals = [part.value for part in node.args if isinstance(part, ast.Constant)]
            yield from _texts(called(node), [part for part in literals if isinstance(part, str)], file)


def called(node: ast.Call) -> str:
    """The last part of the name of what is called."""
    function = node.func
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def in_template(source: str, file: str) -> Iterator[Text]:
    for name, literals in IN_TEMPLATE.findall(templatize(source, origin=file)):
        yield from _texts(name, list(ast.literal_eval(f"({literals},)")), file)


def _texts(name: str, literals: list[str], file: str) -> Iterator[Text]:
    contexts, count = FUNCTIONS.get(name, (0, 0))
    if count and len(literals) >= contexts + count:
        context = literals[0] if contexts else ""
        single, plural = [*literals[contexts : contexts + count], ""][:2]
        yield Text(context, single, plural, file)


def load(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parents[1].name)


def renewed(old: Catalog) -> Catalog:
    """The same catalogue with the texts of today; a translation stays where its text is the same letter for letter."""
    new = _empty(old)
    for text in texts():
        known = old.get(text.single, text.context or None)
        kept = known if known and known.pluralizable == bool(text.plural) else None
        new.add(
            (text.single, text.plural) if text.plural else text.single,
            kept.string if kept else None,
            locations=[(text.file, None)],  # type: ignore[list-item]  # a line's number would change with every edit
            flags=kept.flags if kept else (),
            context=text.context or None,
        )
    return new


def _empty(old: Catalog) -> Catalog:
    """With fixed dates: a catalogue changes when its texts do, and not by being written."""
    return Catalog(
        old.locale,
        header_comment=old.header_comment,
        project="Relaybox",
        version="1",
        copyright_holder="",
        msgid_bugs_address="CONTRIBUTING.md",
        creation_date=BEGUN,
        revision_date=BEGUN,
        last_translator="Relaybox",
        language_team="Relaybox",
        fuzzy=False,
    )


def words(message: Message) -> list[str]:
    """The translations of one message: one, or one for each plural form. None where there is nothing yet."""
    given = [message.string] if isinstance(message.string, str) else list(message.string or ())
    return given if all(given) else []


def save(catalogue: Catalog, path: Path) -> None:
    with path.open("wb") as file:
        write_po(file, catalogue, width=100, omit_header=False, include_lineno=False)
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalogue)


def main() -> int:
    for path in sorted(LOCALES.glob("*/LC_MESSAGES/django.po")):
        catalogue = renewed(load(path))
        save(catalogue, path)
        missing = [message.id for message in catalogue if message.id and not words(message)]
        sys.stdout.write(f"{path.parents[1].name}: {len(catalogue)} texts, {len(missing)} to translate\n")
        sys.stdout.writelines(f"  {text}\n" for text in missing)
    return 0


if __name__ == "__main__":
    sys.exit(main())

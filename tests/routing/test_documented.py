"""What docs/routing.md shows is so: each example of its tables is asked, each condition and field is read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from routing.engine import document, limits, yaml_text
from routing.engine.conditions import CONDITIONS, ZONE
from tests.routing.asking import TEAMS, words

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "routing.md").read_text()


def rows(header: str) -> list[list[str]]:
    """The cells of all tables that begin with this header."""
    found = []
    for table in re.findall(rf"^{re.escape(header)}.*\n\|[-:| ]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE):
        found += [[cell.strip() for cell in line.strip("|\n").split(" | ")] for line in table.splitlines()]
    return found


def listed(cell: str) -> list[str]:
    return [each.strip("`").replace("⏎", "\n") for each in cell.split(" · ") if each]


KEYWORDS = rows("| you write |")


@pytest.mark.parametrize(("keyword", "texts"), [(row[0].strip("`"), listed(row[1])) for row in KEYWORDS])
def test_a_keyword_finds_what_the_page_says(keyword: str, texts: list[str]) -> None:
    assert texts
    assert [text for text in texts if not words(keyword, text)] == []


@pytest.mark.parametrize(("keyword", "texts"), [(row[0].strip("`"), listed(row[2])) for row in KEYWORDS])
def test_a_keyword_does_not_find_what_the_page_says(keyword: str, texts: list[str]) -> None:
    assert texts
    assert [text for text in texts if words(keyword, text)] == []


def test_every_condition_is_on_the_page_with_an_example_that_is_read() -> None:
    shown = {}
    for names, examples, _meaning in rows("| condition |"):
        given = listed(examples)
        for at, name in enumerate(listed(names)):
            shown[name] = given[min(at, len(given) - 1)]
    assert set(shown) == {*CONDITIONS, ZONE}
    for name, example in shown.items():
        text = f"{{name: a, any: [help], team: support, when: {{{name}: {example}}}}}"
        (rule,) = document.read({"teams": TEAMS, "fallback": "support", "rules": [yaml_text.load(text)]}).rules
        assert list(rule.when) == [name]


def test_every_yaml_on_the_page_is_read() -> None:
    whole, groups = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert len(document.read(yaml_text.load(whole)).rules) == 2
    for line in groups.splitlines():
        rule = {"name": "a", "team": "support", "any": ["x"], **yaml_text.load(line.partition(" #")[0])}
        assert document.read({"teams": TEAMS, "fallback": "support", "rules": [rule]}).rules[0].words


def test_the_limits_on_the_page_are_those_that_are_enforced() -> None:
    section = PAGE.partition("## Limits")[2].partition("##")[0]
    cells = re.findall(r"\| ([\d, ]+) \|$", section, re.MULTILINE)
    assert [int(number.replace(",", "")) for cell in cells for number in cell.split(", ")] == [
        limits.RULES_PER_SET,
        limits.KEYWORDS_PER_SET,
        limits.KEYWORDS_PER_RULE,
        limits.KEYWORD_LENGTH,
        limits.REGEX_LENGTH,
        limits.REGEX_PROGRAM,
        limits.REGEXES_PER_SET,
        limits.WILD_PER_SET,
        limits.NESTING,
        limits.LABELS_PER_RULE,
        limits.NAME_LENGTH,
    ]

"""What is read from a document and from YAML, in its one form; and what is said of each mistake."""

from __future__ import annotations

from typing import Any

import pytest

from routing.engine import RuleError, document, yaml_text
from tests.routing.asking import TEAMS

DOCUMENTS: list[tuple[Any, dict[str, str]]] = [
    ([], {"document": "A ruleset is a mapping with teams, fallback and rules."}),
    ({"rulez": []}, {"rulez": "There is no field “rulez”; known are format, teams, fallback, rules."}),
    ({"format": 2}, {"format": "This is format 2; format 1 is understood."}),
    ({"fallback": ""}, {"fallback": "Name the fallback team."}),
    ({"fallback": "nowhere"}, {"fallback": "There is no team “nowhere”."}),
    ({"teams": {}}, {"teams": "Teams are a list."}),
    ({"teams": ["a"]}, {"teams[0]": "A team is a mapping with slug and name."}),
    ({"teams": [{"slug": "a"}, {"slug": "b"}, {"slug": "a"}]}, {"teams[2].slug": "The team “a” is listed twice."}),
    ({"teams": [{"slug": "a", "colour": 1}]},
     {"teams[0].colour": "There is no field “colour”; known are slug, name, time_zone."}),
    *(({"teams": [{"slug": each}]},
       {"teams[0].slug": f"“{each or ''}” is no short name: use letters, digits, - and _."})
      for each in ("a b", "", None, "ä", "x" * 51)),
    ({"teams": [{"slug": "a", "name": "x" * 81}]}, {"teams[0].name": "A team's name may have 80 characters."}),
    ({"teams": [{"slug": "a", "time_zone": "Mars"}]},
     {"teams[0].time_zone": "“Mars” is no time zone such as Europe/Berlin."}),
    ({"rules": {}}, {"rules": "Rules are a list."}),
    ({"rules": [{"name": "a"}, {}, "x"]},
     {"rules[1].name": "A rule needs a name.", "rules[2].rule": "A rule is a mapping with a name."}),
    ({"rules": [{"name": "a", "team": "nowhere"}]}, {"rules[0].team": "There is no team “nowhere”."}),
]  # fmt: skip


@pytest.mark.parametrize(("change", "expected"), DOCUMENTS)
def test_what_is_said_of_a_mistake_in_a_document(change: Any, expected: dict[str, str]) -> None:
    raw = {"teams": TEAMS, "fallback": "support", **change} if isinstance(change, dict) else change
    with pytest.raises(RuleError) as refused:
        document.read(raw)
    assert refused.value.errors == expected


def test_too_many_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "RULES_PER_SET", 2)
    raw = {"teams": TEAMS, "fallback": "support", "rules": [{"name": str(at)} for at in range(3)]}
    with pytest.raises(RuleError) as refused:
        document.read(raw)
    assert refused.value.errors == {"rules": "A ruleset may have 2 rules; this one has 3."}
    assert len(document.read({**raw, "rules": raw["rules"][:2]}).rules) == 2


def test_a_document_in_its_one_form() -> None:
    teams = [{"slug": "a" * 50}, {"slug": "b_-1", "name": " " + "n" * 80, "time_zone": "Asia/Tokyo"}]
    raw = {
        "format": "1", "teams": teams,
        "rules": [{"id": 3, "name": "r", "team": "known"}],
    }  # fmt: skip
    read_ = document.read(raw, known_teams=frozenset({"known"}), fallback="known")
    assert read_.to_json() == {
        "format": 1,
        "teams": [
            {"slug": "a" * 50, "name": "a" * 50, "time_zone": "UTC"},
            {"slug": "b_-1", "name": "n" * 80, "time_zone": "Asia/Tokyo"},
        ],
        "fallback": "known",
        "rules": [{"id": 3, "name": "r", "state": "live", "share": 100, "team": "known"}],
    }
    assert document.read(read_.to_json(), known_teams=frozenset({"known"})) == read_
    for nothing in (None, ""):
        empty = document.read({"teams": nothing, "rules": nothing, "fallback": nothing}, known_teams=frozenset({"k"}),
                              fallback="k")  # fmt: skip
        assert (empty.teams, empty.rules, empty.fallback) == ((), (), "k")


YAML: list[tuple[str, dict[str, str]]] = [
    ("", {"document": "The document is empty."}),
    ("# nothing", {"document": "The document is empty."}),
    ("a: 1\nb: [x\n", {"document": "This is no YAML: while parsing a flow "}),
    ("a: \ud800", {"document": "This is no YAML that can be read."}),
    ("a: &x [1]\nb: *x", {"document": "Line 1: anchors are not understood; write it twice."}),
    ("a: 1\nb: 2\na: 3", {"a": "Line 3: “a” stands here a second time."}),
    ("a:\n- b: 1\n  b: 2", {"b": "Line 3: “b” stands here a second time."}),
    ("a: 1\n? [b]\n: 2", {"document": "Line 2: a key has to be a word."}),
    ("a: 1\n--- \nb: 2", {"document": "This is no YAML: "}),
    ("[" * 5_000, {"document": "This is no YAML"}),
]


@pytest.mark.parametrize(("text", "expected"), YAML)
def test_what_is_said_of_a_mistake_in_yaml(text: str, expected: dict[str, str]) -> None:
    with pytest.raises(RuleError) as refused:
        yaml_text.load(text)
    (field, start), (found, message) = *expected.items(), *refused.value.errors.items()
    assert found == field
    assert message == start if start.endswith(".") else message.startswith(start)
    assert "\n" not in message


def test_yaml_may_be_long_but_not_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_text, "DOCUMENT_CHARACTERS", 6)
    assert yaml_text.load("a: bcd") == {"a": "bcd"}
    with pytest.raises(RuleError) as refused:
        yaml_text.load("a: bcde")
    assert refused.value.errors == {"document": "A document may have 6 characters."}


@pytest.mark.parametrize("many", [1, 501])
def test_yaml_leaves_out_what_is_as_usual(many: int) -> None:
    rule = {"name": "Ünï 😂", "any": ["no", "1e3"], "team": "support"}
    rules = [{**rule, "name": f"{rule['name']} {at}", "id": at} for at in range(many)]
    teams = [
        {"slug": "support", "name": "S", "time_zone": "UTC"},
        {"slug": "b", "name": "B", "time_zone": "Asia/Tokyo"},
    ]
    whole = document.read({"teams": teams, "fallback": "b", "rules": [
        *rules, {"name": "z", "state": "off", "share": 5}]}).to_json()  # fmt: skip
    text = yaml_text.dump(whole)
    assert yaml_text.load(text) == {
        "teams": [{"slug": "support", "name": "S"}, teams[1]],
        "fallback": "b",
        "rules": [*({**rule, "name": each["name"]} for each in rules), {"name": "z", "state": "off", "share": "5"}],
    }
    # What somebody reads from top to bottom keeps its order, its letters and short lists in one line.
    assert text.index("teams:") < text.index("fallback:") < text.index("rules:") < text.index("any:")
    assert ("😂" in text) is (many == 1)
    assert "any: ['no', " in text

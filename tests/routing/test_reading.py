"""What is read from a rule as written, in its one form; and what is said of each mistake."""

from __future__ import annotations

from typing import Any

import pytest

from routing.engine import RuleError
from routing.engine.errors import Message
from routing.engine.keywords import parse
from routing.engine.rules import read

LONG = "x" * 400
NEVER = "takes back all that"
REFUSED: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"any": [""]}, {"any[0]": "The keyword is empty."}),
    ({"any": "  "}, {"any[0]": "The keyword is empty."}),
    ({"any": ["*"]}, {"any[0]": "“*” has no word in it."}),
    ({"any": ['"']}, {"any[0]": "“\"” has no word in it."}),
    ({"any": ["a*b"]}, {"any[0]": "* may stand only at the beginning or the end, not inside “a*b”."}),
    ({"any": ["ok", "**ab"]}, {"any[1]": "One * at an end is enough in “**ab”."}),
    ({"any": ["ab**"]}, {"any[0]": "One * at an end is enough in “ab**”."}),
    ({"any": ["*a"]}, {"any[0]": "“*a” would match nearly everything; give it two letters at least."}),
    ({"any": ["\u200b"]}, {"any[0]": "“\u200b” has nothing in it that can be seen."}),
    ({"any": ["a\x05"]}, {"any[0]": "The keyword holds a character that no text has."}),
    ({"any": [LONG[:201]]}, {"any[0]": "A keyword may have 200 characters; this one has 201."}),
    ({"any": [f"/{LONG[:301]}/"]}, {"any[0]": "A regular expression may have 300 characters; this one has 301."}),
    ({"any": ["/(/"]}, {"any[0]": "/(/ is no regular expression (RE2): missing ): (."}),
    ({"any": ["/(?:x{99}){11}/"]}, {"any[0]": "/(?:x{99}){11}/ is no regular expression (RE2): "}),
    ({"any": ["/\\pL{100}/"]}, {"any[0]": "/\\pL{100}/ is too big: "}),
    ({"any": ["/x*/"]}, {"any[0]": "/x*/ matches the empty text, so it would match every message."}),
    ({"any": ["run~xx"]}, {"any[0]": "There are no word forms for the language “xx”."}),
    ({"any": ["log in~"]}, {"any[0]": "Word forms are of a single word; “log in~” is none."}),
    ({"any": ["run*~"]}, {"any[0]": "Word forms are of a single word; “run*~” is none."}),
    *(
        ({"any": [each]}, {
            "any[0]": f"“{each}” is a link, an address or a handle, where plain keywords never match; use /…/ for it."
        })
        for each in ("https://example.com", "me@example.com", "booking.com", "ｂooking．ｃom", "*@bob", "hi @bob")
    ),
    *(
        ({"any": [each]}, {"any[0]": "A keyword is a text; a group is a mapping with any, all or none."})
        for each in (True, [], None, "x\ud800", "x\0")
    ),
    ({"any": [{}]}, {"any[0]": "This group is empty."}),
    ({"any": [{"any": [], "all": ""}]}, {"any[0]": "This group is empty."}),
    ({"any": [{"all": [""]}]}, {"any[0].all[0]": "The keyword is empty."}),
    ({"none": [{"any": ["x", {"all": [""]}]}]}, {"none[0].any[1].all[0]": "The keyword is empty."}),
    ({"any": [{"some": ["x"]}]}, {"any[0].some": "There is no field “some”; known are any, all, none."}),
    ({"any": [{"any": "x", "when": {}}]}, {"any[0].when": "There is no field “when”; known are any, all, none."}),
    ({"colour": "red"}, {"colour": "There is no field “colour”; known are any, all, none, when, priority, labels, "
      "ignore, assign, id, name, state, share, team."}),
    ({"all": [{"any": ["x"] * 1_000}, "x", "x"]}, {"all": "A rule may have 1000 keywords."}),
    ({"name": ""}, {"name": "A rule needs a name."}),
    ({"name": 5}, {"name": "A rule needs a name."}),
    ({"name": LONG[:121]}, {"name": "A name may have 120 characters; this one has 121."}),
    *(({"name": each}, {"name": "A name is one line of text."}) for each in ("a\nb", "a\x1fb", "a\ud800")),
    ({"labels": [f"l{at}" for at in range(21)]}, {"labels": "A rule may give 20 labels."}),
    ({"labels": [LONG[:61]]}, {"labels": "A label may have 60 characters."}),
    ({"labels": [True]}, {"labels": "Give one text or a list of texts."}),
    ({"priority": "highest"}, {"priority": "“highest” is none of urgent, high, normal, low."}),
    ({"priority": ["low"]}, {"priority": "“['low']” is none of urgent, high, normal, low."}),
    ({"state": "lively"}, {"state": "“lively” is none of draft, shadow, live, off."}),
    ({"assign": "bob"}, {"assign": "“bob” is unknown; an item can be assigned to last_helper."}),
    ({"share": "half"}, {"share": "“half” is no whole number."}),
    ({"share": True}, {"share": "“True” is no whole number."}),
    *(({"share": each}, {"share": "A share is between 1 and 100 percent."}) for each in (0, 101, -1, "0%")),
    ({"ignore": "maybe"}, {"ignore": "“maybe” is neither true nor false."}),
    ({"ignore": "maybe", "team": "support"}, {"ignore": "“maybe” is neither true nor false."}),
    ({"team": "nowhere"}, {"team": "There is no team “nowhere”."}),
    ({"team": "support", "ignore": True}, {"ignore": "A rule either ignores a message or gives it to a team."}),
    ({"any": ["x", "y"], "none": ["y", "X"]}, {"none": "Every word under any is also under none: the rule can never "
      "match."}),
    ({"all": ["y", "x"], "none": ["X"]}, {"all[1]": "“x” is also under none: the rule can never match."}),
    ({"when": "x"}, {"when": "Conditions are a mapping such as {platform: [x]}."}),
    ({"when": {"colour": 1}}, {"when.colour": "There is no condition “colour”; known are platform, connection, kind, "
      "rating, rating_below, rating_above, followers_below, followers_above, verified, is_reply, has_media, "
      "author_labels, no_author_labels, on_duty, off_duty, days, hours, language."}),
    *(
        ({"when": {name: value}}, {f"when.{name}": "Give one text or a list of texts."})
        for name, value in (("platform", []), ("platform", [True]), ("connection", ["a", "\0"]), ("kind", {}),
                            ("author_labels", ""), ("language", [None]), ("days", None), ("on_duty", [["a"]]))
    ),
    ({"when": {"kind": "dms"}}, {"when.kind": "“dms” is none of mention, comment, dm, review, message."}),
    ({"when": {"days": ["Someday"]}}, {"when.days": "“som” is none of mon, tue, wed, thu, fri, sat, sun."}),
    *(
        ({"when": {name: value}}, {f"when.{name}": f"“{value}” is no whole number."})
        for name, value in (("rating", "good"), ("rating_below", 1.5), ("rating_above", True), ("followers_below", ""),
                            ("followers_above", "1" * 13))
    ),
    *(
        ({"when": {"language": [each.upper()]}},
         {"when.language": f"“{each}” is no language code such as en or zh, nor “unknown”."})
        for each in ("english!", "e", "engl", "en-", "en-a", "en_us", "en-abcdefghi")
    ),
    *(
        ({"when": {"hours": each}}, {"when.hours": f"“{each}” is no time of day such as 09:00-17:30."})
        for each in ("9-17", "09:60-10:00", "25:00-26:00", "09:00-10:00x", "09:00", "09.00-10.00")
    ),
    *(({"when": {"hours": each}}, {"when.hours": "A day ends at 24:00."}) for each in ("24:01-10:00", "09:00-24:30")),
    ({"when": {"hours": "9:00-09:00"}}, {"when.hours": "These hours begin and end at the same time."}),
    ({"when": {"zone": "Mars"}}, {"when.zone": "“Mars” is no time zone such as Europe/Berlin."}),
    ({"when": {"verified": "maybe"}}, {"when.verified": "“maybe” is neither true nor false."}),
    ({"when": {"is_reply": 1}}, {"when.is_reply": "“1” is neither true nor false."}),
    ({"when": {"rating_above": 3, "rating_below": 4}},
     {"when.rating_below": "Nothing is above 3 and below 4: this can never match."}),
    ({"when": {"followers_above": 0, "followers_below": 0}},
     {"when.followers_below": "Nothing is above 0 and below 0: this can never match."}),
    ({"when": {"author_labels": ["a"], "no_author_labels": ["A", "b"]}},
     {"when.no_author_labels": f"no_author_labels {NEVER} author_labels asks for: this can never match."}),
    ({"when": {"on_duty": ["a"], "off_duty": ["a"]}},
     {"when.off_duty": f"off_duty {NEVER} on_duty asks for: this can never match."}),
]  # fmt: skip


def mistakes(change: dict[str, Any]) -> dict[str, str]:
    try:
        read({"name": "a", "any": ["x"], **change}, teams=frozenset({"support"}))
    except RuleError as error:
        return error.errors
    return {}


@pytest.mark.parametrize(("change", "expected"), REFUSED)
def test_what_is_said_of_a_mistake_in_a_rule(change: dict[str, Any], expected: dict[str, str]) -> None:
    found = mistakes(change)
    assert set(found) == set(expected)
    for field, message in found.items():
        assert message == expected[field] if expected[field].endswith(".") else message.startswith(expected[field])
        # The sentence is there without its values, for the translators.
        assert isinstance(message, Message)
        assert (message.text % message.params if message.params else message.text) == message


@pytest.mark.parametrize(
    ("raw", "error"),
    [("x", "rule: A rule is a mapping with a name."), (None, "rule: A rule is a mapping with a name.")],
)
def test_what_is_no_rule_at_all(raw: Any, error: str) -> None:
    with pytest.raises(RuleError) as refused:
        read(raw)
    assert str(refused.value) == error


def test_all_mistakes_of_a_rule_in_one_sentence() -> None:
    with pytest.raises(RuleError) as refused:
        read({"any": [""], "share": "half", "colour": "red", "when": {"zone": "Mars"}, "labels": [[]], "ignore": 5})
    assert list(refused.value.errors) == ["colour", "when.zone", "any[0]", "name", "labels", "ignore", "share"]
    with pytest.raises(RuleError) as refused:
        read({"any": [""], "share": 0})
    assert str(refused.value) == (
        "any[0]: The keyword is empty.; name: A rule needs a name.; share: A share is between 1 and 100 percent."
    )
    assert set(refused.value.within("rules[3]").errors) == {"rules[3].any[0]", "rules[3].name", "rules[3].share"}


READ: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"name": "  a  "}, {}),
    ({"name": LONG[:120]}, {"name": LONG[:120]}),
    ({"any": "x"}, {}),
    ({"any": [" Help ", 5, 1.5]}, {"any": [" Help ", "5", "1.5"]}),
    ({"any": {"any": "x", "all": ["y", "z"], "none": "q"}},
     {"any": [{"any": ["x"], "all": ["y", "z"], "none": ["q"]}]}),
    ({"any": [f"{LONG[:200]}"]}, {"any": [LONG[:200]]}),
    ({"any": [f"/{LONG[:300]}/"]}, {"any": [f"/{LONG[:300]}/"]}),
    ({"all": [{"any": ["x"] * 999}]}, {"all": [{"any": ["x"] * 999}]}),
    ({"all": "y", "none": "z"}, {"all": ["y"], "none": ["z"]}),
    ({"none": ["x y", {"any": "x"}]}, {"none": ["x y", {"any": ["x"]}]}),
    ({"any": ["x", {"any": "y"}], "none": ["x"]}, {"any": ["x", {"any": ["y"]}], "none": ["x"]}),
    *(({name: each}, {}) for name in ("all", "none", "when", "team", "priority", "labels", "ignore", "assign", "state",
                                      "share", "id") for each in (None, "", "null", [], {})),
    ({"team": "~"}, {}),
    ({"team": "support"}, {"team": "support"}),
    ({"labels": "l"}, {"labels": ["l"]}),
    ({"labels": ["l", 5, "l", " m "]}, {"labels": ["l", "5", "m"]}),
    ({"labels": [LONG[:60], *(f"l{at}" for at in range(19))]},
     {"labels": [LONG[:60], *(f"l{at}" for at in range(19))]}),
    *(({"priority": each}, {"priority": each}) for each in ("urgent", "high", "normal", "low")),
    *(({"state": each}, {"state": each}) for each in ("draft", "shadow", "live", "off")),
    ({"assign": "last helper"}, {"assign": "last_helper"}),
    ({"share": " 10 % "}, {"share": 10}),
    ({"share": 1}, {"share": 1}),
    ({"share": "100"}, {}),
    ({"ignore": "Yes "}, {"ignore": True}),
    ({"ignore": "no"}, {}),
    ({"id": 4}, {"id": 4}),
    ({"id": "4"}, {}),
    ({"when": {"platform": "X"}}, {"when": {"platform": ["x"]}}),
    ({"when": {"connection": ["Brand DE", " a ", "a", 5]}}, {"when": {"connection": ["Brand DE", "a", "5"]}}),
    ({"when": {"kind": ["DM", "review"]}}, {"when": {"kind": ["dm", "review"]}}),
    ({"when": {"language": ["DE-at", "Unknown", "zh-Hant-TW"]}},
     {"when": {"language": ["de-at", "unknown", "zh-hant-tw"]}}),
    ({"when": {"rating": [2, "1", 2]}}, {"when": {"rating": [1, 2]}}),
    ({"when": {"rating": 5}}, {"when": {"rating": [5]}}),
    ({"when": {"rating_above": "1", "rating_below": 3}}, {"when": {"rating_above": 1, "rating_below": 3}}),
    ({"when": {"followers_above": -1, "followers_below": "1"}},
     {"when": {"followers_above": -1, "followers_below": 1}}),
    ({"when": {"verified": "TRUE", "is_reply": "no", "has_media": False}},
     {"when": {"verified": True, "is_reply": False, "has_media": False}}),
    ({"when": {"author_labels": ["VIP", "b"], "no_author_labels": "Vip"}},
     {"when": {"author_labels": ["vip", "b"], "no_author_labels": ["vip"]}}),
    ({"when": {"on_duty": ["A", "b"], "off_duty": ["A"]}}, {"when": {"on_duty": ["A", "b"], "off_duty": ["A"]}}),
    ({"when": {"days": ["Monday", "TUE"]}}, {"when": {"days": ["mon", "tue"]}}),
    ({"when": {"hours": " 9:00 – 24:00 "}}, {"when": {"hours": "09:00-24:00"}}),
    ({"when": {"hours": "23:59-24:00"}}, {"when": {"hours": "23:59-24:00"}}),
    ({"when": {"verified": "False"}}, {"when": {"verified": False}}),
    ({"when": {"hours": "09:00-9:01"}}, {"when": {"hours": "09:00-09:01"}}),
    ({"when": {"zone": "Europe/Berlin"}}, {"when": {"zone": "Europe/Berlin"}}),
]  # fmt: skip


@pytest.mark.parametrize(("change", "expected"), READ)
def test_a_rule_in_its_one_form(change: dict[str, Any], expected: dict[str, Any]) -> None:
    rule = read({"name": "a", "any": ["x"], **change}, teams=frozenset({"support"}))
    usual = {"name": "a", "state": "live", "share": 100, "any": ["x"], "team": None}
    assert rule.to_json() == {**usual, **expected}
    assert read(rule.to_json()) == rule


def test_word_forms_follow_the_one_language_of_the_rule() -> None:
    for languages, language in [
        (["de"], "de"), (["de-AT", "de"], "de"), (["unknown", "fr"], "fr"), (["de", "fr"], "en"), (["unknown"], "en"),
    ]:  # fmt: skip
        rule = read({"name": "a", "any": ["laufen~"], "when": {"language": languages}})
        assert [atom.pattern.split()[0] for each in rule.words.keywords() for atom in each.atoms] == [language]
    assert parse("Laufen~de", field="f").atoms == parse("laufe~", field="f", language="de").atoms


def test_keywords_of_all_groups_and_those_that_are_wanted() -> None:
    rule = read({
        "name": "a", "any": ["a", {"all": ["b"], "none": ["c"]}], "all": ["d", {"any": ["e"]}],
        "none": ["f", {"any": ["g"]}],
    })  # fmt: skip
    assert [each.source for each in rule.words.keywords()] == ["a", "b", "c", "d", "e", "f", "g"]
    assert [each.source for each in rule.words.wanted()] == ["a", "b", "d", "e"]
    assert bool(rule.words)
    assert not read({"name": "a"}).words

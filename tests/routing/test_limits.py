"""What a rule and a ruleset may hold, and who is blamed for too much: the rule, the field, the number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils.translation import override

from routing import rulesets
from routing.engine import RuleError, document, limits
from routing.errors import InvalidRules
from routing.models import Rule, RulesetVersion
from tests.routing.asking import TEAMS
from tests.world import World


def read(*rules: dict[str, Any]) -> dict[str, str]:
    """The mistakes in a document of these rules."""
    named = [{"name": f"rule {at}", "team": "support", **rule} for at, rule in enumerate(rules)]
    try:
        document.read({"teams": TEAMS, "fallback": "support", "rules": named})
    except RuleError as error:
        return error.errors
    return {}


def words(many: int, start: str = "w", end: str = "") -> list[str]:
    return [f"{start}{at}{end}" for at in range(many)]


def in_rules(keywords: list[str], each: int = limits.KEYWORDS_PER_RULE) -> Iterator[dict[str, Any]]:
    for at in range(0, len(keywords), each):
        yield {"any": keywords[at : at + each]}


def test_keywords_of_a_rule_count_with_those_of_its_groups() -> None:
    full = words(limits.KEYWORDS_PER_RULE - 1)
    assert read({"any": [*full, {"all": ["last"]}]}) == {}
    assert read({"any": ["fine"]}, {"any": [*full, {"all": ["last", "one"]}]}) == {
        "rules[1].any": "A rule may have 1000 keywords."
    }


def test_keywords_of_a_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert limits.KEYWORDS_PER_SET == 300_000
    monkeypatch.setattr(document, "KEYWORDS_PER_SET", 2_500)
    assert read(*in_rules(words(2_500))) == {}
    assert read(*in_rules(words(2_501))) == {
        "rules[2]": "Up to this rule the ruleset has 2501 keywords; it may have 2500."
    }


def test_expressions_of_a_set() -> None:
    many = words(limits.REGEXES_PER_SET, "/w", "/")
    assert read(*in_rules(many, 100)) == {}
    # The same one again is no other one.
    assert read(*in_rules([*many, many[0]], 100)) == {}
    assert read(*in_rules([*many, "/one more/"], 100)) == {
        "rules[5]": "Up to this rule the ruleset has 501 regular expressions; it may have 500."
    }


def test_keywords_with_a_star_in_front() -> None:
    many = words(limits.WILD_PER_SET, "*w")
    assert read(*in_rules(many, 100), {"any": words(50, end="*")}) == {}
    assert read(*in_rules(many, 100), {"any": ["*one*"]}) == {
        "rules[10]": "Up to this rule the ruleset has 1001 keywords with a * in front; it may have 1000."
    }


def test_rules_of_a_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert limits.RULES_PER_SET == 20_000
    monkeypatch.setattr(document, "RULES_PER_SET", 2)
    assert read({}, {}) == {}
    assert read({}, {}, {}) == {"rules": "A ruleset may have 2 rules; this one has 3."}


SIX_DEEP = {"any": [{"any": [{"any": [{"any": [{"any": [{"any": ["a"]}]}]}]}]}]}


@pytest.mark.parametrize(
    ("rule", "field", "message"),
    [
        ({"any": ["a" * 201]}, "any[0]", "A keyword may have 200 characters; this one has 201."),
        ({"any": ["a", f"/{'a' * 301}/"]}, "any[1]", "A regular expression may have 300 characters; this one has 301."),
        ({"none": ["/(abc|def){500}/"]}, "none[0]", "/(abc|def){500}/ is too big: "),
        ({"any": [SIX_DEEP]}, "any[0]" + ".any[0]" * 5, "Groups may be nested 5 deep."),
        ({"labels": words(21)}, "labels", "A rule may give 20 labels."),
        ({"name": "n" * 121}, "name", "A name may have 120 characters; this one has 121."),
    ],
)  # fmt: skip
def test_a_rule_that_is_too_much_is_refused_by_field(rule: dict[str, Any], field: str, message: str) -> None:
    errors = read({"any": ["fine"]}, rule)
    assert [(blamed, said[: len(message)]) for blamed, said in errors.items()] == [(f"rules[1].{field}", message)]


def test_a_set_that_is_too_much_is_not_published_and_its_rule_is_named(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("First", "Second"):
        rulesets.create_rule({"name": name, "any": ["help"], "team": "support", "state": "live"})
    monkeypatch.setattr(document, "KEYWORDS_PER_SET", 1)
    with pytest.raises(InvalidRules) as refused:
        rulesets.publish(by=world.ada)
    assert str(refused.value) == "“Second” (rules[1]): Up to this rule the ruleset has 2 keywords; it may have 1."
    assert RulesetVersion.objects.count() == 0


def test_what_the_engine_says_is_translated_where_it_is_shown(world: World) -> None:
    with override("zh-hant"), pytest.raises(InvalidRules) as refused:
        rulesets.create_rule({"name": "a", "any": ["  "], "team": "support"})
    assert refused.value.fields == {"any[0]": "此關鍵字是空的。"}
    assert Rule.objects.count() == 0

"""The rules' part of the API: what it answers, and to whom."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from routing import rulesets
from routing.models import Rule, RulesetVersion
from teams.models import User
from tests.world import World

RULE = {"name": "Help", "any": ["help", "can't"], "team": "support", "priority": "high"}


def client(user: User | None) -> APIClient:
    found = APIClient()
    if user:
        found.force_authenticate(user)
    return found


def post(user: User | None, path: str, data: Any = None, status: int = 201) -> Any:
    answer = client(user).post(f"/api/v1/{path}", data or {}, format="json")
    assert answer.status_code == status, answer.content
    return answer.json() if answer.content else None


def get(user: User | None, path: str, status: int = 200) -> Any:
    answer = client(user).get(f"/api/v1/{path}")
    assert answer.status_code == status, answer.content
    return answer.json()


def test_a_rule_is_made_changed_published_and_removed(world: World) -> None:
    made = post(world.alice, "rules/", RULE)
    assert {key: made[key] for key in (*RULE, "state", "share", "position")} == {
        **RULE, "state": "live", "share": 100, "position": 1,
    }  # fmt: skip
    changed = client(world.alice).patch(f"/api/v1/rules/{made['id']}/", {"team": "marketing"}, format="json").json()
    assert (changed["team"], changed["any"]) == ("marketing", RULE["any"])
    assert post(world.alice, "route/", {"text": "help"}, 200)["rule"] is None
    version = post(world.alice, "rules/publish/", {"note": "n"})
    assert (version["version"], version["note"], version["published_by"]) == (1, "n", "alice")
    decision = post(world.bob, "route/", {"text": "I can’t"}, 200)
    assert (decision["version"], decision["rule"], decision["team"]) == (1, "Help", "marketing")
    assert decision["hits"] == [{"keyword": "can't", "start": 2, "end": 7, "text": "can’t"}]
    assert client(world.alice).delete(f"/api/v1/rules/{made['id']}/").status_code == 204
    assert get(world.bob, "rules/") == {"results": [], "next": None, "previous": None}
    restored = post(world.ada, "rules/versions/1/restore/")
    assert restored["version"] == 2
    assert [rule["name"] for rule in get(world.bob, "rules/")["results"]] == ["Help"]
    assert [each["version"] for each in get(world.ada, "rules/versions/")["results"]] == [2, 1]
    assert get(world.ada, "rules/versions/1/")["document"]["rules"][0]["name"] == "Help"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"any": [""]}, "any"),
        ({"any": ["/(/"]}, "any"),
        ({"team": "nowhere"}, "team"),
        ({"team": 5}, "team"),
        ({"name": ""}, "name"),
        ({"name": ["x"]}, "name"),
        ({"state": "x"}, "state"),
        ({"share": 101}, "share"),
        ({"when": {"kind": "tweet"}}, "when"),
        ({"when": []}, "when"),
        ({"any": {}}, "any"),
        ({"any": "help"}, "any"),
        ({"team": {}}, "team"),
        ({"team": "a\0b"}, "team"),
        ({"state": []}, "state"),
        ({"share": "5"}, "share"),
        ({"ignore": 0}, "ignore"),
        ({"position": 0}, "position"),
        ({"position": -1}, "position"),
        ({"position": 1.5}, "position"),
        ({"position": True}, "position"),
        ({"none": ["help", "can't"]}, "none"),
        ({"labels": [1.5]}, "labels"),
        ({"position": "x"}, "position"),
        ({"colour": "red"}, "colour"),
        ({"any": ["a\0b"]}, "any"),
        ({"any": [None]}, "any"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_stored(world: World, change: dict[str, Any], field: str) -> None:
    assert field in post(world.alice, "rules/", {**RULE, **change}, 400)
    assert Rule.objects.count() == 0


def test_a_team_with_half_a_character_is_no_team(world: World) -> None:
    body = json.dumps({**RULE, "team": "\ud800"})  # escaped, as only JSON can say it
    answer = client(world.alice).generic("POST", "/api/v1/rules/", body, content_type="application/json")
    assert (answer.status_code, list(answer.json())[2]) == (400, "team"), answer.content
    assert Rule.objects.count() == 0


def test_null_leaves_a_field_as_if_it_were_not_there(world: World) -> None:
    empty = dict.fromkeys(["when", "all", "none", "labels", "priority", "position", "share", "ignore"])
    assert post(world.alice, "rules/", {**RULE, **empty, "name": "Other"})["share"] == 100


def test_times_are_in_utc_with_a_z(world: World) -> None:
    assert post(world.alice, "rules/", RULE)["updated_at"].endswith("Z")
    assert post(world.alice, "rules/publish/")["published_at"].endswith("Z")


def test_pages_of_rules_take_no_filters_and_no_size_of_zero(world: World) -> None:
    for number in range(3):
        rulesets.create_rule({**RULE, "name": f"Help {number}"})
    page = get(world.bob, "rules/?limit=2")
    assert [rule["name"] for rule in page["results"]] == ["Help 0", "Help 1"]
    assert [rule["name"] for rule in get(world.bob, page["next"].partition("/api/v1/")[2])["results"]] == ["Help 2"]
    for name in ("size=0", "page_size=1001", "limit=x", "cursor=-1", "state=draft"):
        assert name.partition("=")[0] in get(world.bob, f"rules/?{name}", 400), name


def test_what_is_wrong_with_a_document_stands_under_the_field_it_came_in(world: World) -> None:
    said = post(world.ada, "rules/yaml/", {"yaml": "fallback: nowhere\nrules: []"}, 400)
    assert said["yaml"] == ["fallback: There is no team “nowhere”."]
    assert said["fallback"] == ["There is no team “nowhere”."]
    assert RulesetVersion.objects.count() == 0


def test_restoring_takes_nothing_that_it_would_not_look_at(world: World) -> None:
    rulesets.publish(by=world.ada)
    assert "number" in post(world.ada, "rules/versions/1/restore/", {"number": 2}, 400)
    assert RulesetVersion.objects.count() == 1


def test_who_may(world: World) -> None:
    rule = rulesets.create_rule(RULE)
    for stranger in (world.bob, world.charlie):
        assert len(get(stranger, "rules/")["results"]) == 1
        post(stranger, "rules/", RULE, 403)
        post(stranger, "rules/publish/", {}, 403)
        get(stranger, "rules/versions/", 403)
        get(stranger, "rules/lint/", 403)
        get(stranger, "rules/yaml/", 403)
        assert client(stranger).delete(f"/api/v1/rules/{rule.pk}/").status_code == 403
    for path in ("rules/", "rules/lint/", f"rules/{rule.pk}/"):
        get(None, path, 401)
    post(None, "route/", {"text": "x"}, 401)
    assert Rule.objects.count() == 1
    assert RulesetVersion.objects.count() == 0


def test_rules_of_a_private_team_do_not_exist_for_others(world: World) -> None:
    private = rulesets.create_rule({"name": "Law", "any": ["lawyer"], "team": "legal", "state": "live"})
    rulesets.publish(by=world.ada)
    assert [rule["name"] for rule in get(world.dora, "rules/")["results"]] == ["Law"]
    assert get(world.alice, "rules/")["results"] == []
    get(world.alice, f"rules/{private.pk}/", 404)
    assert client(world.alice).patch(f"/api/v1/rules/{private.pk}/", {"name": "x"}, format="json").status_code == 404
    assert "team" in post(world.alice, "rules/", {**RULE, "team": "legal"}, 400)
    post(world.alice, "rules/publish/", {}, 403)
    post(world.alice, "rules/order/", {"rules": [private.pk]}, 400)
    get(world.alice, "rules/yaml/", 403)
    decision = post(world.alice, "route/", {"text": "my lawyer"}, 200)
    assert (decision["team"], decision["rule"], decision["hits"], decision["matched"]) == (None, None, [], [])
    post(world.alice, "route/", {"text": "x", "explain": private.pk}, 404)
    assert post(world.dora, "route/", {"text": "my lawyer"}, 200)["team"] == "legal"
    assert Rule.objects.get().name == "Law"


def test_route_explains_and_tries_drafts_and_stores_nothing(world: World) -> None:
    rule = rulesets.create_rule({**RULE, "state": "live", "when": {"rating_below": 3}})
    answer = post(world.bob, "route/", {"text": "help", "rating": 5, "draft": True, "explain": rule.pk}, 200)
    assert answer["rule"] is None
    checks = {check["what"]: check for check in answer["explanation"]["checks"]}
    assert (checks["any"]["holds"], checks["any"]["seen"]) == (True, ["help"])
    assert (checks["rating_below"]["holds"], checks["rating_below"]["wanted"], checks["rating_below"]["seen"]) == (
        False,
        3,
        5,
    )
    assert post(world.bob, "route/", {"text": "help", "rating": 1, "draft": True}, 200)["rule"] == "Help"
    for wrong in ({}, {"text": 5, "rating": "x"}, {"text": "x", "kind": "tweet"}, {"text": "x", "mood": "y"}):
        post(world.bob, "route/", wrong, 400)
    assert RulesetVersion.objects.count() == 0


def test_yaml_and_lint_over_http(world: World) -> None:
    text = "rules: [{name: a, any: [help], team: support}, {name: b, any: [help], team: marketing}]"
    assert post(world.ada, "rules/yaml/", {"yaml": text})["rules"] == 2
    assert "name: a" in get(world.ada, "rules/yaml/")["yaml"]
    assert "rules" in post(world.ada, "rules/yaml/", {"yaml": "rules: [{name: a, any: ['']}]"}, 400)
    found = get(world.ada, "rules/lint/")["results"]
    assert [(each["kind"], [rule["name"] for rule in each["rules"]], each["words"]) for each in found[:2]] == [
        ("hidden", ["b", "a"], ["help"]),
        ("contradicts", ["b", "a"], ["help"]),
    ]


def test_long_lists_come_in_pages(world: World) -> None:
    for at in range(5):
        rulesets.create_rule({"name": f"r{at}", "any": ["x"]})
    first = get(world.bob, "rules/?size=2")
    second = client(world.bob).get(first["next"]).json()
    assert [rule["name"] for rule in first["results"] + second["results"]] == ["r0", "r1", "r2", "r3"]
    assert client(world.bob).get(second["previous"]).json()["results"] == first["results"]
    get(world.bob, "rules/?size=x", 400)
    get(world.bob, "rules/?cursor=-1", 400)

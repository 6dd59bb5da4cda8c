"""The rules pages, as a browser without JavaScript meets them."""

from __future__ import annotations

from django.test import Client

from routing import rulesets
from routing.engine import Hit
from routing.marking import pieces
from routing.models import Rule, RulesetVersion
from teams.models import User
from tests.world import World

FORM = {
    "name": "Trouble <b>", "any": "help\r\ncan't\r\n\r\n{all: [not, working]}", "all": "", "none": "help wanted",
    "team": "support", "priority": "high", "labels": "vip, angry", "assign": "", "state": "live", "share": "100",
    "when_platform": "x, instagram", "when_kind": ["dm"], "when_rating_below": "3", "when_verified": "yes",
    "when_days": ["mon", "tue"], "when_hours": "9:00-17:00", "when_zone": "Europe/Berlin",
}  # fmt: skip


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_rule_is_written_shown_again_and_saved_unchanged(world: World) -> None:
    client = browser(world.alice)
    assert client.post("/rules/new/", FORM).status_code == 302
    rule = Rule.objects.get()
    assert rule.body == {
        "any": ["help", "can't", {"all": ["not", "working"]}],
        "none": ["help wanted"],
        "when": {
            "platform": ["x", "instagram"], "kind": ["dm"], "rating_below": 3, "verified": True,
            "days": ["mon", "tue"], "hours": "09:00-17:00", "zone": "Europe/Berlin",
        },
        "priority": "high",
        "labels": ["vip", "angry"],
    }  # fmt: skip
    page = client.get(f"/rules/{rule.pk}/")
    shown = {field.html_name: field.value() for field in page.context["form"]}
    assert (
        client.post(f"/rules/{rule.pk}/", {k: v for k, v in shown.items() if v not in (None, False)}).status_code == 302
    )
    before = rule.body
    rule.refresh_from_db()
    assert (rule.body, rule.team, rule.state) == (before, world.support, "live")
    assert b"Trouble &lt;b&gt;" in page.content
    assert b"<b>Trouble <b>" not in page.content


def test_a_mistake_stands_beside_its_field_and_nothing_is_stored(world: World) -> None:
    page = browser(world.alice).post("/rules/new/", {**FORM, "any": "ok\n*", "when_hours": "9-17", "when_zone": "Mars"})
    assert page.status_code == 400
    errors = page.context["form"].errors
    assert set(errors) == {"any", "when_hours"}
    assert errors["any"] == ["Line 2: “*” has no word in it."]
    assert Rule.objects.count() == 0


def test_what_is_typed_is_marked_and_escaped(world: World) -> None:
    rulesets.create_rule({"name": "<i>Fun</i>", "any": ["fun"], "team": "marketing", "state": "live"})
    for client in (browser(world.charlie), browser(world.alice)):
        page = client.post("/rules/try/", {"text": "<script>alert(1)</script> so FUN"})
        assert b'<mark title="fun">FUN</mark>' in page.content
        assert b"&lt;script&gt;alert(1)&lt;/script&gt;" in page.content
        assert b"<script>alert" not in page.content
        assert b"&lt;i&gt;Fun" in page.content
        part = client.post("/rules/try/", {"text": "so FUN"}, headers={"HX-Request": "true"})
        assert b"<html" not in part.content
        assert b'<mark title="fun">FUN</mark>' in part.content
    published = browser(world.alice).post("/rules/try/", {"text": "so FUN", "rules": "published"})
    assert b"<mark" not in published.content


def test_publish_and_restore_with_one_click(world: World) -> None:
    client = browser(world.ada)
    rule = rulesets.create_rule({"name": "Fun", "any": ["fun"], "team": "marketing", "state": "live"})
    client.post("/rules/publish/")
    client.post(f"/rules/{rule.pk}/delete/")
    client.post("/rules/publish/")
    assert [len(version.document["rules"]) for version in RulesetVersion.objects.all()] == [0, 1]
    assert b"/rules/versions/1/restore/" in client.get("/rules/versions/").content
    client.post("/rules/versions/1/restore/")
    assert Rule.objects.get().name == "Fun"
    assert rulesets.current().version == 3


def test_move_and_lint_are_shown(world: World) -> None:
    client = browser(world.ada)
    rulesets.create_rule({"name": "One", "any": ["fun"], "team": "marketing", "state": "live"})
    two = rulesets.create_rule({"name": "Two", "any": ["fun"], "team": "support", "state": "live"})
    page = client.get("/rules/").content.decode()
    assert "“fun” also stands in “One”, which goes to marketing and wins, since it stands higher." in page
    client.post(f"/rules/{two.pk}/move/", {"to": "up"})
    assert list(Rule.objects.values_list("name", flat=True)) == ["Two", "One"]
    client.post(f"/rules/{two.pk}/move/", {"to": "up"})
    assert list(Rule.objects.values_list("name", flat=True)) == ["Two", "One"]
    client.post(f"/rules/{two.pk}/move/", {"to": "down"})
    assert list(Rule.objects.values_list("name", flat=True)) == ["One", "Two"]


def test_yaml_page(world: World) -> None:
    client = browser(world.ada)
    assert client.post("/rules/yaml/", {"yaml": "rules: [{name: a, any: [hi]}]"}).status_code == 302
    assert b"name: a" in client.get("/rules/yaml/export/").content
    page = client.post("/rules/yaml/", {"yaml": "rules: [{name: a, any: ['']}]"})
    assert page.status_code == 400
    assert b"rules[0].any[0]" in page.content
    assert Rule.objects.get().body == {"any": ["hi"]}


def test_overlapping_hits_are_marked_as_one() -> None:
    hits = [Hit("log", 2, 5, "log"), Hit("log in", 2, 8, "log in"), Hit("x", 9, 10, "x")]
    found = [(piece.text, piece.marked, piece.keywords) for piece in pieces("I log in x!", hits)]
    assert found == [
        ("I ", False, ""),
        ("log in", True, "log, log in"),
        (" ", False, ""),
        ("x", True, "x"),
        ("!", False, ""),
    ]

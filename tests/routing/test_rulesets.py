"""Rules, versions and YAML: what is kept, what is refused, what a worker sees."""

from __future__ import annotations

import threading
import time
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from routing import rulesets, uses
from routing.engine import Ruleset, decide
from routing.errors import InvalidRules, NoSuchRule, NoSuchVersion
from routing.facts import Facts
from routing.models import CompiledVersion, Rule, RulesetVersion, RuleUse
from routing.rulesets import serving
from teams.errors import Invalid
from teams.models import Team
from tests.world import World

YAML = """\
teams:
- {slug: marketing, name: Marketing}
- {slug: support, name: Support}
- {slug: unsorted, name: Unsorted}
fallback: support
rules:
- name: Somebody needs help
  any:
  - help
  - can't
  - crash*
  - 'no'
  - 'off'
  - 1e3
  - 09:30
  - '😂'
  - all: [not, working]
    none: [joking]
  none: [help wanted]
  when:
    kind: [mention, dm]
    platform: [x, instagram]
    verified: true
    rating_below: 3
  priority: high
  labels: [trouble]
  team: support
- name: Ads
  state: shadow
  share: 10
  any: [buy now]
  ignore: true
- name: 'yes: "it" is #1'
  state: draft
  any: [/gr+eat\\b/]
  assign: last_helper
"""


def test_yaml_goes_in_and_comes_out_without_loss(world: World) -> None:
    Team.objects.filter(slug="legal").delete()
    rulesets.import_yaml(YAML, by=world.ada)
    first = rulesets.export_yaml()
    document = rulesets.document()
    rulesets.import_yaml(first, by=world.ada)
    assert rulesets.document() == document
    assert rulesets.export_yaml() == first
    assert document.to_json()["rules"][0]["any"] == [
        "help", "can't", "crash*", "no", "off", "1e3", "09:30", "😂", {"all": ["not", "working"], "none": ["joking"]},
    ]  # fmt: skip


def test_import_makes_teams_sets_the_fallback_and_publishes(world: World) -> None:
    text = "teams: [{slug: care, name: Care, time_zone: Europe/Berlin}]\nfallback: care\nrules: [{name: a, any: [hi]}]"
    version = rulesets.import_yaml(text, by=world.ada)
    care = Team.objects.get(slug="care")
    assert (care.name, care.time_zone, care.is_fallback) == ("Care", "Europe/Berlin", True)
    assert Team.objects.filter(is_fallback=True).count() == 1
    assert rulesets.current().version == version.number
    assert decide(Facts(text="hi"), rulesets.current()).team == "care"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("rules: [{name: a, any: ['']}]", "rules[0].any[0]"),
        ("rules: [{name: a, any: [ok]}, {name: b, any: [ok, '/(/']}]", "rules[1].any[1]"),
        ("rules: [{name: a, any: [x], team: nowhere}]", "rules[0].team"),
        ("rules: [{name: a, any: [x], colour: red}]", "rules[0].colour"),
        ("rules: [{name: a, any: [x], none: [x]}]", "rules[0].none"),
        ("rules: [{name: a, all: [x], none: [x]}]", "rules[0].all[0]"),
        ("rules: [{any: [x]}]", "rules[0].name"),
        ("rules: [{name: a, any: [{}]}]", "rules[0].any[0]"),
        ("rules: [{name: a, when: {ratig: 3}}]", "rules[0].when.ratig"),
        ("rules: [{name: a, when: {rating_above: 3, rating_below: 4}}]", "rules[0].when.rating_below"),
        ("rules: [{name: a, when: {hours: 9-17}}]", "rules[0].when.hours"),
        ("rules: [{name: a, share: 0}]", "rules[0].share"),
        ("rules: [{name: a, state: lively}]", "rules[0].state"),
        ("rules: [{name: a, any: [x], team: support, ignore: true}]", "rules[0].ignore"),
        ("rules: {}", "rules"),
        ("fallback: nowhere", "fallback"),
        ("fallback: legal", "fallback"),
        ("teams: [{slug: 'a b'}]", "teams[0].slug"),
        ("teams: [{slug: new1}, {slug: new1}]", "teams[1].slug"),
        ("rulez: []", "rulez"),
        ("rules: []\nrules: []", "rules"),
        ("a: &a [1]\nrules: *a", "document"),
        ("rules: [", "document"),
        ("", "document"),
        ("- 1", "document"),
    ],
)
def test_a_bad_document_changes_nothing_and_names_the_field(world: World, text: str, field: str) -> None:
    rulesets.import_yaml("teams: [{slug: care}]\nfallback: care\nrules: [{name: kept, any: [hi]}]", by=world.ada)
    before = (list(Rule.objects.values()), list(Team.objects.values()), RulesetVersion.objects.count())
    with pytest.raises(InvalidRules) as refused:
        rulesets.import_yaml(
            f"teams: [{{slug: brand-new}}]\n{text}" if "teams:" not in text and text else text, by=world.ada
        )
    assert field in refused.value.fields
    assert (list(Rule.objects.values()), list(Team.objects.values()), RulesetVersion.objects.count()) == before


def test_an_import_keeps_the_ids_of_rules_with_the_same_name(world: World) -> None:
    rulesets.import_yaml("rules: [{name: a, any: [x]}, {name: b, any: [y]}]", by=world.ada)
    ids = dict(Rule.objects.values_list("name", "pk"))
    rulesets.import_yaml("rules: [{name: b, any: [z]}, {name: c, any: [y]}]", by=world.ada)
    kept = dict(Rule.objects.values_list("name", "pk"))
    assert kept["b"] == ids["b"]
    assert set(kept) == {"b", "c"}
    assert list(Rule.objects.values_list("name", flat=True)) == ["b", "c"]


def test_nothing_is_in_force_until_it_is_published(world: World) -> None:
    rulesets.create_rule({"name": "help", "any": ["help"], "team": "marketing", "state": "live"})
    assert decide(Facts(text="help"), rulesets.current()).team == world.fallback.slug
    version = rulesets.publish(by=world.ada, note=" first ")
    assert (version.number, version.published_by, version.note) == (1, world.ada, "first")
    assert decide(Facts(text="help"), rulesets.current()).team == "marketing"


def test_a_published_version_cannot_be_changed_or_deleted(world: World) -> None:
    version = rulesets.publish(by=world.ada)
    for change in (
        lambda: RulesetVersion.objects.filter(pk=version.pk).update(note="other"),
        lambda: connection.cursor().execute("DELETE FROM routing_rulesetversion WHERE id = %s", [version.pk]),
    ):
        with pytest.raises(DatabaseError, match="not allowed"), transaction.atomic():
            change()
    version.refresh_from_db()
    assert version.note == ""


def test_any_version_can_be_restored_and_old_decisions_computed_again(world: World) -> None:
    rule = rulesets.create_rule({"name": "help", "any": ["help"], "team": "marketing", "state": "live"})
    first = rulesets.publish(by=world.ada)
    recorded = decide(Facts(text="help me", key="1"), rulesets.current()).to_json()
    rulesets.update_rule(rule.pk, {"any": ["aid"], "team": "support"})
    rulesets.publish(by=world.ada)
    rulesets.delete_rule(rule.pk)
    assert decide(Facts(text="help me", key="1"), rulesets.load(first.number)).to_json() == recorded
    again = rulesets.restore(first.number, by=world.ada)
    assert again.number == 3
    assert again.document["rules"] == first.document["rules"]
    assert Rule.objects.get().pk == rule.pk
    assert decide(Facts(text="help me", key="1"), rulesets.current()).to_json() == {**recorded, "version": 3}
    with pytest.raises(NoSuchVersion):
        rulesets.restore(99, by=world.ada)


def test_a_team_closed_since_hinders_a_restore_only_if_a_rule_needs_it(world: World) -> None:
    rulesets.create_rule({"name": "a", "any": ["help"], "team": "support", "state": "live"})
    first = rulesets.publish(by=world.ada)
    Team.objects.filter(slug="marketing").update(closed_at=first.published_at)
    assert rulesets.restore(first.number, by=world.ada).number == 2
    Team.objects.filter(slug="support").update(closed_at=first.published_at)
    with pytest.raises(InvalidRules) as refused:
        rulesets.restore(first.number, by=world.ada)
    assert set(refused.value.fields) == {"teams[0].slug"}


def test_a_damaged_or_foreign_blob_is_compiled_anew(world: World) -> None:
    rulesets.create_rule({"name": "help", "any": ["help"], "team": "marketing", "state": "live"})
    version = rulesets.publish(by=world.ada)
    good = bytes(CompiledVersion.objects.get().blob)
    for change in ({"blob": b"garbage"}, {"tag": "another engine"}):
        CompiledVersion.objects.update(**change)
        serving._load.cache_clear()
        assert decide(Facts(text="help"), rulesets.load(version.number)).team == "marketing"
        assert bytes(CompiledVersion.objects.get(tag=serving.engine_tag()).blob) == good
    serving._load.cache_clear()


def test_positions(world: World) -> None:
    first, second, third = (rulesets.create_rule({"name": name, "any": [name]}) for name in ("one", "two", "three"))
    rulesets.update_rule(third.pk, {"position": 1})
    assert list(Rule.objects.values_list("name", flat=True)) == ["three", "one", "two"]
    rulesets.reorder([second.pk, first.pk])
    assert list(Rule.objects.values_list("name", flat=True)) == ["three", "two", "one"]
    with pytest.raises(Invalid):
        rulesets.reorder([second.pk, second.pk])
    with pytest.raises(NoSuchRule):
        rulesets.delete_rule(10**6)
    assert Rule.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_worker_takes_up_a_version_within_two_seconds_and_never_waits(world: World) -> None:
    rulesets.create_rule({"name": "help", "any": ["help"], "team": "marketing", "state": "live"})
    rulesets.publish(by=world.ada)
    assert rulesets.current().version == 1
    _published_elsewhere(asked_ago=serving.LOOK_EVERY)
    start, slowest, seen = time.monotonic(), 0.0, set[int]()
    while time.monotonic() - start < 2 and 2 not in seen:
        before = time.monotonic()
        ruleset = rulesets.current()
        decision = decide(Facts(text="help"), ruleset)
        slowest = max(slowest, time.monotonic() - before)
        assert (decision.version, decision.team) in {(1, "marketing"), (2, "support")}
        seen.add(decision.version)
        time.sleep(0.002)
    assert seen == {1, 2}
    assert slowest < 0.5


@pytest.mark.django_db(transaction=True)
def test_what_comes_after_a_quiet_time_is_not_decided_by_a_version_long_out_of_force(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rulesets.create_rule({"name": "help", "any": ["help"], "team": "marketing", "state": "live"})
    rulesets.publish(by=world.ada)
    assert rulesets.current().version == 1
    _published_elsewhere(asked_ago=2 * serving.LOOK_EVERY)
    assert decide(Facts(text="help"), rulesets.current()).team == "support"
    _published_elsewhere(asked_ago=2 * serving.LOOK_EVERY)
    monkeypatch.setattr(serving, "_load", _unreadable)
    assert rulesets.current().version == 2
    assert not serving._looking.locked()


def _unreadable(_row: int) -> Ruleset:
    raise OSError("the disk is full")


def _published_elsewhere(*, asked_ago: float) -> None:
    """Another process publishes, and this one asked last so many seconds ago."""
    elsewhere = threading.Thread(target=_publish_elsewhere)
    elsewhere.start()
    elsewhere.join()
    serving._next_look = time.monotonic() + serving.LOOK_EVERY - asked_ago


def _publish_elsewhere() -> None:
    """As another process would: this one is not told."""
    try:
        served = serving._serving
        rulesets.update_rule(Rule.objects.get().pk, {"team": "support"})
        rulesets.publish(by=None)
        serving._serving = served
    finally:
        connection.close()


def test_uses_are_recorded_once_a_day(world: World) -> None:
    rule = rulesets.create_rule({"name": "help", "any": ["help"], "state": "live"})
    rulesets.publish(by=world.ada)
    decision = decide(Facts(text="help"), rulesets.current())
    uses.record([decision, decision])
    uses.record([decision])
    assert [use.rule_id for use in RuleUse.objects.all()] == [rule.pk]
    assert set(uses.last_used()) == {rule.pk}


def test_commands(world: World, tmp_path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(YAML, encoding="utf-8")
    call_command("rules", "import", str(path), stdout=StringIO())
    out = StringIO()
    call_command("rules", "export", "-", stdout=out)
    assert out.getvalue() == rulesets.export_yaml()
    out = StringIO()
    given = ("--platform", "x", "--kind", "dm", "--rating", "1", "--verified")
    call_command("route", "I can’t log in", *given, "--why-not", "Somebody needs help", stdout=out)
    assert "Team      support" in out.getvalue()
    assert "can't ← “can’t” at 2–7" in out.getvalue()
    assert "✓ when" not in out.getvalue()
    assert "✓ platform: wants ['x', 'instagram'], sees x" in out.getvalue()
    with pytest.raises(CommandError, match="No such file"):
        call_command("rules", "export", str(tmp_path / "nowhere" / "rules.yaml"))
    with pytest.raises(CommandError, match="There is no version 99"):
        call_command("route", "x", "--ruleset", "99")
    path.write_text("rules: [{name: a, any: ['']}]")
    with pytest.raises(CommandError, match=r"rules\[0\].any\[0\]"):
        call_command("rules", "import", str(path))


def test_an_empty_installation_sends_everything_to_the_fallback(world: World) -> None:
    ruleset = rulesets.current()
    assert (ruleset.version, decide(Facts(text="x"), ruleset).team) == (0, world.fallback.slug)
    assert isinstance(ruleset, Ruleset)

"""Publish the rules as a new immutable version, or bring an old version back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from routing.engine import document as documents
from routing.engine.document import Document, TeamEntry
from routing.engine.errors import RuleError
from routing.engine.ruleset import Ruleset
from routing.errors import InvalidRules, NoSuchVersion
from routing.models import Rule, RulesetVersion
from routing.rulesets import serving
from routing.rulesets.replacing import replace_all
from teams.models import Team, User

# Whoever changes the set as a whole takes this lock first.
_LOCK = 0x52554C45


@contextmanager
def alone() -> Iterator[None]:
    """One transaction at a time: orders and version numbers are computed from what is there."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        yield


def document() -> Document:
    """The rules as they stand now, valid as a whole, or InvalidRules."""
    teams = list(Team.objects.filter(closed_at=None).order_by("slug"))
    raw = {
        "teams": [TeamEntry(team.slug, team.name, team.time_zone).to_json() for team in teams],
        "fallback": next(team.slug for team in teams if team.is_fallback),
        "rules": [rule.to_json() for rule in Rule.objects.select_related("team")],
    }
    try:
        return documents.read(raw)
    except RuleError as error:
        raise InvalidRules(error, names=[rule.name for rule in Rule.objects.all()]) from None


def publish(*, by: User | None, note: str = "") -> RulesetVersion:
    """Make what stands on the rules page a version; workers take it up within two seconds."""
    with alone():
        return _publish(document(), by, note)


def restore(version: int, *, by: User | None) -> RulesetVersion:
    """Bring the rules of an old version back and publish them as a new one."""
    with alone():
        old = RulesetVersion.objects.filter(number=version).first()
        if old is None:
            raise NoSuchVersion(version)
        replace_all(_used_teams_only(old.document))
        return _publish(document(), by, f"← {version}")


def _used_teams_only(raw: dict[str, Any]) -> dict[str, Any]:
    """A team that was closed since is no obstacle, unless a rule of that version needs it."""
    used = {raw["fallback"], *(rule["team"] for rule in raw["rules"])}
    return {**raw, "teams": [team for team in raw["teams"] if team["slug"] in used]}


def _publish(whole: Document, by: User | None, note: str) -> RulesetVersion:
    number = (RulesetVersion.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    version = RulesetVersion.objects.create(
        number=number, document=whole.to_json(), published_by=by, note=note.strip()[:200]
    )
    serving.keep_compiled(version, Ruleset.of(whole, version=number))
    serving.forget()
    transaction.on_commit(serving.forget)
    return version


def publish_within(by: User | None, note: str) -> RulesetVersion:
    """Publish inside the caller's `alone()`."""
    return _publish(document(), by, note)

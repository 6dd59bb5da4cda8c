"""The engine's findings in words that a person can act on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from routing import uses
from routing.engine import lint
from routing.engine.document import Document
from routing.engine.lint import Finding
from routing.models import Rule
from routing.rulesets import drafting

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Advice:
    """A finding with its sentence: the cause, then the remedy."""

    finding: Finding
    text: str

    @property
    def rule_id(self) -> int | None:
        return self.finding.rules[0].id if self.finding.rules else None

    @property
    def other_id(self) -> int | None:
        """The rule that is in its way."""
        return self.finding.rules[1].id if len(self.finding.rules) > 1 else None

    def to_json(self) -> dict[str, Any]:
        rules = [{"id": rule.id, "name": rule.name} for rule in self.finding.rules]
        return {
            "kind": self.finding.kind,
            "rules": rules,
            "words": list(self.finding.words),
            "team": self.finding.team or None,
            "text": self.text,
        }


def findings(whole: Document | None = None, *, days: int = lint.DEAD_DAYS) -> list[Advice]:
    """Findings of the rules as they are being edited. A rule younger than `days` is not called dead."""
    today = timezone.now().date()
    used = uses.last_used()
    if whole is not None:
        return _advice(_found(whole, used, today, days), days)
    draft = drafting.draft()
    key = (today, days, len(used), max(used.values(), default=None))
    if draft.linted is None or draft.linted[0] != key:
        draft.linted = (key, _found(draft.document, used, today, days))
    return _advice(draft.linted[1], days)


def _found(whole: Document, used: dict[int, date], today: date, days: int) -> list[Finding]:
    last = {pk: made.date() for pk, made in Rule.objects.values_list("pk", "created_at")} | used
    return lint.lint(whole, last_used=last, today=today, days=days)


def _advice(found: list[Finding], days: int) -> list[Advice]:
    return [Advice(each, _sentence(each, days)) for each in found]


def _sentence(finding: Finding, days: int) -> str:
    words = _words(finding.words)
    if finding.kind == lint.NEVER:
        return _("It refuses every word that it asks for (%(words)s), so it can never match.") % {"words": words}
    if finding.kind == lint.HIDDEN:
        named = {"other": finding.rules[1].name}
        return _("“%(other)s” stands higher and takes every message of this rule. Move it up or drop it.") % named
    if finding.kind == lint.CONTRADICTS:
        text = ngettext(
            "%(words)s also stands in “%(other)s”, which goes to %(team)s and wins, since it stands higher.",
            "%(words)s also stand in “%(other)s”, which goes to %(team)s and wins, since it stands higher.",
            len(finding.words),
        )
        return text % {"words": words, "other": finding.rules[1].name, "team": finding.rules[1].team}
    if finding.kind == lint.DEAD:
        return _("It has matched nothing for %(days)s days.") % {"days": days}
    return _("No live rule leads to %(team)s.") % {"team": finding.team}


def _words(words: tuple[str, ...]) -> str:
    shown = ", ".join(f"“{word}”" for word in words[:_SHOWN])
    return f"{shown} …" if len(words) > _SHOWN else shown

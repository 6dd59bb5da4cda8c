"""manage.py route "text" --platform x: the decision for a text, and why."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from routing import rulesets
from routing.engine import Decision, Explanation, decide, explain
from routing.engine.conditions import KINDS
from routing.engine.ruleset import Ruleset
from routing.trying import facts_of, ruleset_of
from teams.errors import Refusal


class Command(BaseCommand):
    help = "Say which team a text would go to, and why. Nothing is stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("text")
        for name in ("platform", "connection", "language", "key"):
            parser.add_argument(f"--{name}", default="")
        parser.add_argument("--kind", choices=KINDS, default="message")
        parser.add_argument("--rating", type=int)
        parser.add_argument("--followers", type=int)
        parser.add_argument("--label", action="append", default=[], help="a label of the author")
        parser.add_argument("--on-duty", action="append", help="a team on duty; without it, who is now")
        parser.add_argument("--at", type=datetime.fromisoformat, help="a time, as 2026-05-03T10:00+02:00")
        for name in ("verified", "is-reply", "has-media"):
            parser.add_argument(f"--{name}", action="store_true")
        parser.add_argument("--ruleset", dest="ruleset_version", type=int, help="an old version")
        parser.add_argument("--draft", action="store_true", help="the rules as they are being edited")
        parser.add_argument("--why-not", metavar="RULE", help="a rule's name: each of its checks")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            ruleset = self._ruleset(options)
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None
        facts = facts_of(_given(options))
        decision = decide(facts, ruleset)
        if options["json"]:
            self.stdout.write(json.dumps(decision.to_json(), ensure_ascii=False, indent=2))
            return
        self.stdout.write("\n".join(_sentences(decision)))
        for name in [options["why_not"]] if options["why_not"] else []:
            for rule in [rule for rule in ruleset.rules if rule.name == name] or _unknown(name):
                self.stdout.write("\n".join(_checks(explain(facts, ruleset, rule))))

    def _ruleset(self, options: dict[str, Any]) -> Ruleset:
        if options["ruleset_version"] is not None:
            return rulesets.load(options["ruleset_version"])
        return ruleset_of(draft=options["draft"])


def _given(options: dict[str, Any]) -> dict[str, Any]:
    names = (
        "text",
        "platform",
        "connection",
        "language",
        "key",
        "kind",
        "rating",
        "followers",
        "is_reply",
        "has_media",
    )
    given = {name: options[name] for name in names}
    given |= {"labels": options["label"], "verified": options["verified"] or None}
    if options["on_duty"] is not None:
        given["covered"] = options["on_duty"]
    return {**given, "at": options["at"]} if options["at"] else given


def _unknown(name: str) -> Any:
    raise CommandError(f"There is no acting rule “{name}”.")


def _sentences(decision: Decision) -> Iterator[str]:
    yield f"Team      {decision.team}" + (" (ignored)" if decision.ignore else "")
    yield f"Rule      {decision.rule.name if decision.rule else '— none matched: the fallback team'}"
    for hit in decision.hits:
        yield f"  {hit.keyword} ← “{hit.text}” at {hit.start}–{hit.end}"
    if decision.priority:
        yield f"Priority  {decision.priority}"
    if decision.labels:
        yield f"Labels    {', '.join(decision.labels)}"
    yield f"Language  {decision.language}"
    for rule in decision.matched:
        words = ", ".join(f"“{hit.text}”" for hit in decision.hits_of(rule))
        yield f"Also      {rule.name} → {rule.team or 'no team'} {words}".rstrip()
    for rule in decision.shadow:
        yield f"Shadow    {rule.name} → {rule.team or 'no team'}"
    yield f"Version   {decision.version}"


def _checks(explanation: Explanation) -> Iterator[str]:
    yield f"{explanation.rule}: {'matches' if explanation.matched else 'does not match'} ({explanation.state})"
    for check in explanation.checks:
        yield f"  {'✓' if check.holds else '✗'} {check.what}: wants {check.wanted}, sees {check.seen}"

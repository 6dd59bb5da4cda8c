"""The list of rules: one page of it at a time, all rules or those that fit some words, with what lint says of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from routing.errors import InvalidRules
from routing.findings import Advice, findings
from routing.models import Rule
from routing.permissions import may_edit_all, visible_rules

PAGE = 100
LONGEST_WORDS = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One rule in the list: its place among all, and what is wrong with it."""

    place: int
    rule: Rule
    words: str
    advice: list[Advice]


@dataclass(frozen=True, slots=True)
class Filters:
    """What somebody looks for: words in names and keywords, a state, only what lint complains about."""

    q: str = ""
    state: str = ""
    advised: bool = False

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Filters:
        state = str(given.get("state", ""))
        words = str(given.get("q", "")).replace("\0", "").strip()[:LONGEST_WORDS]
        return cls(words, state if state in Rule.State else "", bool(given.get("advised")))

    def __bool__(self) -> bool:
        return bool(self.q or self.state or self.advised)

    def query(self, start: int | None = None) -> str:
        """The address of the list with these, from one rule on."""
        values = {"q": self.q, "state": self.state, "advised": "1" if self.advised else "", "from": start or ""}
        return urlencode({name: value for name, value in values.items() if value})

    def narrow(self, rules: QuerySet[Rule]) -> QuerySet[Rule]:
        if self.state:
            rules = rules.filter(state=self.state)
        if self.q:
            written = rules.annotate(written=Cast("body", TextField()))
            rules = written.filter(Q(name__icontains=self.q) | Q(written__icontains=self.q))
        return rules


@dataclass(frozen=True, slots=True)
class Listing:
    """One page, and the way to the others."""

    lines: list[Line]
    filters: Filters
    total: int
    found: int
    advised: int
    general: list[Advice]
    earlier: str | None
    later: str | None


def listing(user: Any, given: Mapping[str, Any], *, chosen: Rule | None = None, advise: bool = True) -> Listing:
    """From the rule that `from` names on; else the page on which the chosen rule stands."""
    filters = Filters.of(given)
    by_rule, general = _advice(user) if advise else ({}, [])
    visible = visible_rules(user)
    places = {pk: place for place, pk in enumerate(visible.values_list("pk", flat=True), start=1)}
    wanted = set(filters.narrow(visible).values_list("pk", flat=True)) if filters.q or filters.state else places.keys()
    order = [pk for pk in places if pk in wanted and (pk in by_rule or not filters.advised)]
    start = _start(order, given.get("from"), chosen)
    rules = {rule.pk: rule for rule in visible.filter(pk__in=order[start : start + PAGE])}
    return Listing(
        lines=[Line(places[pk], rule, summary(rule), by_rule.get(pk, [])) for pk, rule in rules.items()],
        filters=filters,
        total=len(places),
        found=len(order),
        advised=len(by_rule.keys() & places.keys()),
        general=general,
        earlier=filters.query(order[max(0, start - PAGE)]) if start else None,
        later=filters.query(order[start + PAGE]) if start + PAGE < len(order) else None,
    )


def _start(order: list[int], named: Any, chosen: Rule | None) -> int:
    """By a rule's id rather than a number of pages: what is added or moved meanwhile hides nothing."""
    named = str(named or "")
    if named.isascii() and named.isdigit() and int(named) in order:
        return order.index(int(named))
    if chosen is not None and chosen.pk in order:
        return order.index(chosen.pk) // PAGE * PAGE
    return 0


def _advice(user: Any) -> tuple[dict[int, list[Advice]], list[Advice]]:
    if not may_edit_all(user):
        return {}, []
    try:
        found = findings()
    except InvalidRules:
        return {}, []
    by_rule: dict[int, list[Advice]] = defaultdict(list)
    for each in found:
        if each.rule_id is not None:
            by_rule[each.rule_id].append(each)
    return dict(by_rule), [each for each in found if each.rule_id is None]


def summary(rule: Rule) -> str:
    words = [each if isinstance(each, str) else "{…}" for key in ("any", "all") for each in rule.body.get(key, [])]
    return ", ".join(words[:12]) or _("no word needed")

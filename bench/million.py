"""A large inbox: as many items and messages as one wants, spread as they are in life, by COPY.

Most items are finished; what is open is young. Words have the frequencies words have, so that a search meets both
the frequent and the rare; one text in nine is Chinese, Japanese or Thai. Everything hangs together: contacts with
identities, decisions, notes, clocks.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection as database
from django.utils import timezone

from inbox.models import Connection
from teams.models import Membership, Team, User

TEAMS, PEOPLE, PLATFORMS = 8, 40, ("generic", "x", "instagram", "telegram", "email", "google_play")
UNFINISHED = 40_000  # at most: more than that nobody keeps open, however long the company lives
BLOCK = 20_000
COMMON = [
    "help",
    "the",
    "order",
    "please",
    "my",
    "is",
    "not",
    "app",
    "does",
    "work",
    "can",
    "update",
    "since",
    "refund",
    "account",
    "you",
    "account",
    "want",
    "to",
    "and",
]
OTHER = {
    "zh": ["我的耳機壞了", "請退款給我", "無法登入帳號", "謝謝你們的幫助", "訂單還沒收到", "更新以後閃退"],
    "ja": ["助けてください", "返金をお願いします", "ログインできません", "レビューを書きました", "届きません"],
    "th": ["ช่วยด้วยครับ", "เข้าสู่ระบบไม่ได้", "ขอคืนเงิน", "หูฟังไม่ดัง", "สินค้ายังไม่มา"],
}
NAMES = ("Ann", "Bert", "Carl", "Dora", "Emil")
KINDS = ("mention", "comment", "dm", "review", "message")
RULES = ("Somebody needs help", "Refunds", "Log in", "Praise", "Delivery", "")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the rows hang: teams, people, connections."""

    teams: list[int]
    people: list[int]
    connections: list[int]
    agent: User
    admin: User


def place() -> Place:
    """A world of teams, the last of them private, with people in them."""
    teams = [_team(number) for number in range(TEAMS)]
    people = [User.objects.get_or_create(username=f"agent{number}")[0] for number in range(PEOPLE)]
    for number, person in enumerate(people):
        Membership.objects.get_or_create(user=person, team=teams[number % (TEAMS - 1)])
    admin, _new = User.objects.get_or_create(username="bench-admin", defaults={"is_admin": True})
    kinds = [Connection.objects.get_or_create(kind=kind, name=f"Bench {kind}")[0].pk for kind in PLATFORMS]
    return Place([team.pk for team in teams], [each.pk for each in people], kinds, people[0], admin)


def _team(number: int) -> Team:
    private = number == TEAMS - 1
    team, _new = Team.objects.get_or_create(
        slug=f"bench{number}", defaults={"name": f"Bench {number}", "is_private": private}
    )
    return team


def fill(where: Place, *, items: int, messages: int, first: int = 1, seed: int = 6) -> None:
    """Rows `first` to `first + items - 1`. Indexes are taken off before and made again after, as one does."""
    dice = random.Random(seed + first)
    texts = list(_texts(dice, 20_000))
    with database.cursor() as cursor:
        definitions = _take_indexes_off(cursor)
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SET session_replication_role = replica")  # keys are right by the way they are made
        _copy(cursor, "inbox_contact", "id, name, created_at", _contacts(first, items))
        _copy(
            cursor,
            "inbox_identity",
            "id, contact_id, scope, external_id, handle, name, avatar",
            _identities(first, items),
        )
        _copy(cursor, "inbox_item", ITEM, _items(where, first, items, dice, texts))
        _copy(cursor, "inbox_message", MESSAGE, _messages(where, first, items, messages, dice, texts))
        _copy(cursor, "inbox_decision", DECISION, _decisions(where, first, items))
        _copy(cursor, "inbox_activity", ACTIVITY, _notes(where, first, items, dice, texts))
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for definition in definitions:
            cursor.execute(definition)
        for table in TABLES:
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
            cursor.execute(f"VACUUM ANALYZE {table}")


TABLES = ("inbox_contact", "inbox_identity", "inbox_item", "inbox_message", "inbox_decision", "inbox_activity")
ITEM = (
    "id, connection_id, contact_id, team_id, assignee_id, claimed_at, thread, kind, state, priority, labels, version, "
    "preview, language, returned, bounces, created_at, last_message_at, waiting_since, snoozed_until, resolved_at, "
    "due_at, due_from, resolution_spent, escalated, rule"
)
MESSAGE = (
    "id, item_id, connection_id, external_id, parent, direction, kind, identity_id, user_id, text, language, url, "
    "is_reply, media, reactions, raw, at"
)
DECISION = "id, message_id, item_id, version, rule, rule_id, team_id, placed, outcome, facts"
ACTIVITY = "id, item_id, verb, actor_id, team_id, text, data, at"


def _take_indexes_off(cursor: Any) -> list[str]:
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s) AND indexname NOT IN "
        "(SELECT conname FROM pg_constraint) ORDER BY indexname",
        [list(TABLES)],
    )
    found = cursor.fetchall()
    for name, _definition in found:
        cursor.execute(f'DROP INDEX "{name}"')
    return [definition for _name, definition in found]


def _copy(cursor: Any, table: str, columns: str, lines: Iterator[str]) -> None:
    block: list[str] = []
    with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for line in lines:
            block.append(line)
            if len(block) == BLOCK:
                copy.write("".join(block))
                block.clear()
        copy.write("".join(block))


def _texts(dice: random.Random, count: int) -> Iterator[tuple[str, str]]:
    """Texts and their languages. The word of rank n comes about 1/n as often as the first."""
    rare = ["".join(dice.choices("bcdfgklmnprstvw", k=2)) + "".join(dice.choices("aeiou", k=2)) + suffix
            for suffix in ("ment", "ship", "ing", "less", "dom", "ville") for _number in range(500)]  # fmt: skip
    words = [*COMMON, *rare]
    weights = [1 / rank for rank in range(1, len(words) + 1)]
    for number in range(count):
        language = ("zh", "ja", "th")[number % 3] if number % 9 == 0 else "en"
        if language == "en":
            yield " ".join(dice.choices(words, weights, k=dice.randint(5, 24))), language
        else:
            yield "，".join(dice.choices(OTHER[language], k=dice.randint(1, 4))), language


def _when(number: int, last: int, now: datetime) -> datetime:
    """Older rows further back, over two years; the youngest forty thousand within the last three weeks."""
    back = last - number
    return now - (
        timedelta(seconds=45 * back) if back < UNFINISHED else timedelta(days=21, seconds=60 * (back - UNFINISHED))
    )


def _contacts(first: int, items: int) -> Iterator[str]:
    for number in range(first, first + items, 3):
        name = f"Person {number:x} {NAMES[number % len(NAMES)]}"
        yield f"{number}\t{name}\t2025-01-01 00:00:00+00\n"


def _identities(first: int, items: int) -> Iterator[str]:
    for number in range(first, first + items, 3):
        yield f"{number}\t{number}\tgeneric:1\tbench{number}\tuser_{number:x}\t\t\n"


def _contact(number: int, first: int) -> int:
    """One contact for three items."""
    return number - (number - first) % 3


def _items(where: Place, first: int, items: int, dice: random.Random, texts: list[tuple[str, str]]) -> Iterator[str]:
    now, last, none = timezone.now(), first + items - 1, "\\N"
    picks = [_pick(where, dice) for _number in range(9_973)]  # a prime, so that no column goes in step with another
    woken = (now + timedelta(days=2)).isoformat()
    rules = _rules(first)
    for number in range(first, first + items):
        pick = picks[number % len(picks)]
        moment = _when(number, last, now)
        at = moment.isoformat()
        young = last - number < min(UNFINISHED, items // 3)
        state = pick.state if young else "resolved"
        holder = pick.holder if pick.held or not young else none
        text, language = texts[(number * 7) % len(texts)]
        open_ = state == "open"
        due = (moment + timedelta(hours=pick.hours)).isoformat() if open_ else none
        yield (
            f"{number}\t{pick.connection}\t{_contact(number, first)}\t{pick.team}\t{holder}\t"
            f"{none if holder == none else at}\tbench{number}\t{pick.kind}\t{state}\t{pick.priority}\t"
            f"{pick.labels}\t1\t{text[:200]}\t{language}\t{pick.returned}\t0\t{at}\t{at}\t{at if open_ else none}\t"
            f"{woken if state == 'snoozed' else none}\t{at if state == 'resolved' else none}\t{due}\t"
            f"{at if open_ else none}\t0\t0\t{RULES[rules[number % len(rules)]].lower()}\n"
        )


@dataclass(frozen=True, slots=True)
class _Pick:
    connection: int
    team: int
    holder: str
    held: bool
    kind: str
    state: str
    priority: int
    labels: str
    returned: bool
    hours: int


def _pick(where: Place, dice: random.Random) -> _Pick:
    return _Pick(
        connection=dice.choice(where.connections),
        team=dice.choice(where.teams),
        holder=str(dice.choice(where.people)),
        held=dice.random() < 0.4,
        kind=dice.choice(KINDS),
        state=dice.choices(("open", "waiting", "snoozed"), (60, 30, 10))[0],
        priority=dice.choices((10, 20, 30, 40), (5, 80, 10, 5))[0],
        labels=dice.choices(("{}", "{vip}", "{trouble}", "{late,vip}"), (85, 5, 8, 2))[0],
        returned=dice.random() < 0.01,
        hours=dice.randint(1, 600),
    )


def _messages(
    where: Place, first: int, items: int, messages: int, dice: random.Random, texts: list[tuple[str, str]]
) -> Iterator[str]:
    now, last = timezone.now(), first + items - 1
    each, pk = messages // items, (first - 1) * (messages // items)
    many = len(texts)
    for number in range(first, first + items):
        at, connection, contact = _when(number, last, now).isoformat(), where.connections[0], _contact(number, first)
        for place in range(each):
            pk += 1
            text, language = texts[(number * 7 + place * 8191) % many]
            if not pk % 4:
                text = f"{text} order A{pk:07d}"
            side = (
                f"in\tmessage\t{contact}\t\\N" if place % 2 == 0 else f"out\tmessage\t\\N\t{where.people[pk % PEOPLE]}"
            )
            yield f"{pk}\t{number}\t{connection}\tbench{pk}\t\t{side}\t{text}\t{language}\t\tf\t[]\t[]\t{{}}\t{at}\n"


def _rules(first: int) -> list[int]:
    """Which rule placed an item, by its number: the same for the item and for its decision."""
    return random.Random(first).choices(range(len(RULES)), (40, 20, 15, 15, 9, 1), k=9_973)


def _decisions(where: Place, first: int, items: int) -> Iterator[str]:
    outcome = json.dumps({"hits": [{"keyword": "help", "start": 0, "end": 4, "text": "help"}]})
    each = 5
    rules = _rules(first)
    for number in range(first, first + items):
        rule = rules[number % len(rules)]
        message = (number - 1) * each + 1
        yield f"{number}\t{message}\t{number}\t1\t{RULES[rule]}\t{rule + 1}\t{where.teams[0]}\tt\t{outcome}\t{{}}\n"


def _notes(where: Place, first: int, items: int, dice: random.Random, texts: list[tuple[str, str]]) -> Iterator[str]:
    """A line of history for every item, and a note on every fifth."""
    now = datetime.now(UTC).isoformat()
    pk = (first - 1) * 2
    for number in range(first, first + items):
        person, team = dice.choice(where.people), dice.choice(where.teams)
        pk += 1
        yield f"{pk}\t{number}\treceived\t\\N\t{team}\t\t{{}}\t{now}\n"
        if number % 5 == 0:
            pk += 1
            yield f"{pk}\t{number}\tnoted\t{person}\t{team}\t{texts[number % len(texts)][0]}\t{{}}\t{now}\n"

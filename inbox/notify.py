"""Telling people what concerns them: once, as they chose, and never about an item they may not see.

A notification is a row; its key is what happened, so that telling it again changes nothing. What may be seen
is asked when it is written, when it is read and before a mail leaves (`inbox.mail`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from inbox.live import nudge
from inbox.models import Connection, Item, Notification, NotificationChoice, PushSubscription
from inbox.models.notification import Topic
from inbox.selectors.counts import COUNT_UP_TO
from teams.models import Membership, Team, User

Mail, Push = Notification.Mail, Notification.Push


def tell(topic: Topic, item: Item, people: Iterable[int], *, key: str, text: str = "", by: User | None = None) -> int:
    """Tell these people, as far as they may see the item and did not do it themselves. Returns how many."""
    wanted = set(people) - ({by.pk} if by else set())
    readers = list(may_see(item.team_id).filter(pk__in=wanted)) if wanted else []
    return _write([Notification(user=reader, item=item) for reader in readers], topic, key, text)


def tell_admins(topic: Topic, connection: Connection, *, key: str) -> int:
    """Tell those who can mend a connection. Returns how many."""
    return _write([Notification(user=admin, connection=connection) for admin in admins()], topic, key, connection.name)


def _write(rows: list[Notification], topic: Topic, key: str, text: str) -> int:
    """The rows as their people chose to be told; who wants none of it gets none."""
    if not rows:
        return 0
    readers = [row.user for row in rows]
    chosen = _choices(topic, readers)
    with_browser = set(PushSubscription.objects.filter(user__in=readers).values_list("user", flat=True))
    for row in rows:
        row.topic, row.key, row.text = topic, key[:100], text[:300]
        _give_page_and_mail(row, chosen.get(row.user_id))
        if row.user_id in with_browser:
            _give_push(row, chosen.get(row.user_id))
    rows = [row for row in rows if row.in_page or row.mail == Mail.DUE or row.push == Push.DUE]
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    nudge(teams=[], users=[row.user_id for row in rows])
    return len(rows)


def may_see(team: int) -> QuerySet[User]:
    """The people who may see a team's items: the mirror of Team.objects.visible_to."""
    own = Membership.objects.filter(user=OuterRef("pk"))
    public = Exists(Team.objects.filter(pk=team, is_private=False)) & Exists(own)
    return User.objects.filter(Q(is_admin=True) | Exists(own.filter(team=team)) | public, is_active=True)


def admins() -> QuerySet[User]:
    return User.objects.filter(is_admin=True, is_active=True)


def still_concerns(row: Notification) -> bool:
    """Whether its person may see what it is about; asked right before it leaves."""
    return (may_see(row.item.team_id) if row.item else admins()).filter(pk=row.user_id).exists()


def members(teams: Iterable[int]) -> set[int]:
    return set(Membership.objects.filter(team__in=teams, user__is_active=True).values_list("user", flat=True))


def leads(team: Team) -> set[int]:
    """Who leads the team; the admins where nobody does."""
    found = set(
        Membership.objects.filter(team=team, role=Membership.Role.LEAD, user__is_active=True).values_list(
            "user", flat=True
        )
    )
    return found or set(admins().values_list("pk", flat=True))


def visible(person: User, *, in_page: bool | None = True) -> QuerySet[Notification]:
    """What a person finds in their list: not what belongs to an item, or to a connection, they can no longer see."""
    told = Notification.objects.filter(user=person)
    if not (person.is_active and person.is_admin):  # who sees every item, and every connection
        told = told.filter(item__in=Item.objects.visible_to(person))
    return told if in_page is None else told.filter(in_page=in_page)


def unread(person: User) -> int:
    """How much of it is not read; beyond COUNT_UP_TO nobody counts."""
    return visible(person).filter(read_at=None)[:COUNT_UP_TO].count()


def mark_read(*, by: User, notification: int | None = None) -> int:
    """Mark one of one's own notifications as read, or all."""
    rows = Notification.objects.filter(user=by, read_at=None)
    return _read(rows if notification is None else rows.filter(pk=notification), by)


def opened(*, connection: Connection, by: User) -> None:
    """This person has the connection before them: what they were told of it is read."""
    _read(Notification.objects.filter(user=by, read_at=None, connection=connection), by)


def _read(rows: QuerySet[Notification], by: User) -> int:
    count = rows.update(read_at=timezone.now())
    if count:
        nudge(teams=[], users=[by.pk])
    return count


def choices_of(person: User) -> list[NotificationChoice]:
    """One choice a topic, as they are or as they would be."""
    known = {row.topic: row for row in NotificationChoice.objects.filter(user=person)}
    return [known.get(topic.value) or NotificationChoice(user=person, topic=topic.value) for topic in Topic]


def choose(*, by: User, topic: Topic, in_page: bool, by_mail: bool, by_push: bool = True) -> NotificationChoice:
    chosen = {"in_page": in_page, "by_mail": by_mail, "by_push": by_push}
    row, _new = NotificationChoice.objects.update_or_create(user=by, topic=topic, defaults=chosen)
    return row


def after_quiet_hours(person: User, now: datetime) -> datetime:
    """`now`, or the end of the quiet hours that it falls into, on the person's clock."""
    start, end = person.quiet_from, person.quiet_until
    if start is None or end is None or start == end:
        return now
    local = now.astimezone(ZoneInfo(person.time_zone))
    at, over_midnight = local.time(), start > end
    quiet = (at >= start or at < end) if over_midnight else start <= at < end
    if not quiet:
        return now
    day = local.date() + timedelta(days=int(over_midnight and at >= start))
    return datetime.combine(day, end, local.tzinfo)


def _choices(topic: Topic, readers: Iterable[User]) -> dict[int, NotificationChoice]:
    rows: Any = NotificationChoice.objects.filter(topic=topic, user__in=list(readers))
    return {row.user_id: row for row in rows}


def _give_page_and_mail(row: Notification, choice: NotificationChoice | None) -> None:
    row.in_page, by_mail = (choice.in_page, choice.by_mail) if choice else (True, False)
    if by_mail and row.user.email and settings.EMAIL_HOST:
        row.mail, row.mail_at = Mail.DUE, after_quiet_hours(row.user, timezone.now())


def _give_push(row: Notification, choice: NotificationChoice | None) -> None:
    if choice is None or choice.by_push:
        row.push, row.push_at = Push.DUE, after_quiet_hours(row.user, timezone.now())

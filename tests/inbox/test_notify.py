"""Notifications: once, as chosen, at a decent hour, and never about what one may not see."""

from __future__ import annotations

import smtplib
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.core import mail as outbox_of
from django.utils import timezone

from inbox import mail, notify, outcomes, queue, replies
from inbox.models import Item, Notification, NotificationChoice, Outbound
from inbox.models.notification import Topic
from teams.models import Membership, User
from tests.platforms.mail import PASSWORD, USER, MailServer
from tests.world import World, entry, make_item, receive


def names(rows: Any) -> set[str]:
    return set(rows.values_list("user__username", flat=True))


def wants_mail(person: User, topic: Topic = Topic.OVERDUE, **fields: object) -> None:
    User.objects.filter(pk=person.pk).update(email=f"{person.username}@example.org", **fields)
    person.refresh_from_db()
    notify.choose(by=person, topic=topic, in_page=True, by_mail=True)


def test_only_who_may_see_the_item_is_told_and_only_once(world: World) -> None:
    secret, plain = make_item(world.connection, world.legal), make_item(world.connection, world.support)
    everybody = [person.pk for person in world.people]
    for _time in range(2):
        notify.tell(Topic.OVERDUE, secret, everybody, key="a")
        notify.tell(Topic.OVERDUE, plain, everybody, key="b", by=world.bob)
    assert names(Notification.objects.filter(item=secret)) == {"dora", "ada"}
    assert names(Notification.objects.filter(item=plain)) == {"alice", "dora", "ada"}
    assert Notification.objects.count() == 5
    may = {person.username for person in notify.may_see(world.legal.pk)}
    sees = {p.username for p in world.people if Item.objects.visible_to(p).filter(pk=secret.pk).exists()}
    assert may == sees


def test_the_list_forgets_what_one_may_no_longer_see(world: World) -> None:
    secret = make_item(world.connection, world.legal)
    notify.tell(Topic.OVERDUE, secret, [world.dora.pk], key="a")
    assert (notify.unread(world.dora), notify.unread(world.alice)) == (1, 0)
    Membership.objects.filter(user=world.dora).delete()
    assert notify.unread(world.dora) == 0
    assert list(notify.visible(world.dora)) == []


def test_read_is_read_and_only_ones_own(world: World) -> None:
    item = make_item(world.connection, world.support)
    for key in ("a", "b"):
        notify.tell(Topic.OVERDUE, item, [world.alice.pk, world.bob.pk], key=key)
    first = Notification.objects.filter(user=world.alice).first()
    assert notify.mark_read(by=world.bob, notification=first.pk) == 0
    assert notify.mark_read(by=world.alice, notification=first.pk) == 1
    assert (notify.unread(world.alice), notify.unread(world.bob)) == (1, 2)
    assert notify.mark_read(by=world.alice) == 1


def test_people_choose_what_for_and_how(world: World) -> None:
    item = make_item(world.connection, world.support)
    notify.choose(by=world.alice, topic=Topic.OVERDUE, in_page=False, by_mail=False)
    notify.choose(by=world.bob, topic=Topic.OVERDUE, in_page=True, by_mail=True)  # has no address
    wants_mail(world.dora)
    notify.tell(Topic.OVERDUE, item, [p.pk for p in (world.alice, world.bob, world.dora)], key="a")
    assert set(Notification.objects.values_list("user__username", "in_page", "mail")) == {
        ("bob", True, "none"),
        ("dora", True, "due"),
    }
    assert [choice.by_mail for choice in notify.choices_of(world.dora)].count(True) == 1
    assert len(notify.choices_of(world.charlie)) == len(Topic)


@pytest.mark.parametrize(
    ("start", "end", "at", "expected"),
    [
        (time(22), time(7), "2026-06-01 21:59", "2026-06-01 21:59"),
        (time(22), time(7), "2026-06-01 22:00", "2026-06-02 07:00"),
        (time(22), time(7), "2026-06-02 06:59", "2026-06-02 07:00"),
        (time(22), time(7), "2026-06-02 07:00", "2026-06-02 07:00"),
        (time(12), time(13), "2026-06-01 12:30", "2026-06-01 13:00"),
        (None, time(7), "2026-06-01 03:00", "2026-06-01 03:00"),
    ],
)
def test_mail_waits_for_the_end_of_the_quiet_hours(start: time | None, end: time, at: str, expected: str) -> None:
    person = User(quiet_from=start, quiet_until=end, time_zone="UTC")
    moment = lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC)  # noqa: E731
    assert notify.after_quiet_hours(person, moment(at)) == moment(expected)


def test_quiet_hours_are_on_the_persons_clock(world: World) -> None:
    person = User(quiet_from=time(22), quiet_until=time(7), time_zone="Asia/Tokyo")
    at = datetime(2026, 6, 1, 14, 0, tzinfo=UTC)  # 23:00 in Tokyo
    assert notify.after_quiet_hours(person, at) == datetime(2026, 6, 1, 22, 0, tzinfo=UTC)


def test_a_mail_goes_once_says_little_and_hides_the_customers_words(world: World) -> None:
    item = make_item(world.connection, world.support, "My secret illness")
    wants_mail(world.alice)
    notify.tell(Topic.OVERDUE, item, [world.alice.pk], key="a")
    assert [mail.send_due(), mail.send_due()] == [1, 0]
    (sent,) = outbox_of.outbox
    assert sent.to == ["alice@example.org"]
    assert f"#{item.pk}" in sent.subject
    assert f"/items/{item.pk}/" in sent.body
    assert "illness" not in f"{sent.subject} {sent.body}"
    assert Notification.objects.get().mail == "sent"


def test_it_leaves_by_the_named_server(world: World, settings: Any) -> None:
    server = MailServer()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", server.port, False
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = USER, PASSWORD
    item = make_item(world.connection, world.support)
    wants_mail(world.alice)
    notify.tell(Topic.OVERDUE, item, [world.alice.pk], key="a")
    assert mail.send_due() == 1
    server.close()
    assert [(sent["To"], sent["From"]) for sent in server.accepted] == [
        ("alice@example.org", settings.DEFAULT_FROM_EMAIL)
    ]
    assert Notification.objects.get().mail == "sent"


def test_without_a_mail_server_nobody_is_told_by_mail_and_the_choice_stays(world: World, settings: Any) -> None:
    settings.EMAIL_HOST = ""
    wants_mail(world.alice)
    notify.tell(Topic.OVERDUE, make_item(world.connection, world.support), [world.alice.pk], key="a")
    assert (Notification.objects.get().mail, mail.send_due(), outbox_of.outbox) == ("none", 0, [])
    assert NotificationChoice.objects.get(user=world.alice).by_mail


def test_no_mail_to_who_may_not_see_the_item_any_more_or_before_its_time(world: World) -> None:
    secret = make_item(world.connection, world.legal)
    wants_mail(world.dora)
    notify.tell(Topic.OVERDUE, secret, [world.dora.pk], key="a")
    Notification.objects.update(mail_at=timezone.now() + timedelta(hours=1))
    assert mail.send_due() == 0
    Notification.objects.update(mail_at=timezone.now() - timedelta(hours=1))
    Membership.objects.filter(user=world.dora).delete()
    assert mail.send_due() == 1
    assert outbox_of.outbox == []
    assert Notification.objects.get().mail == "none"


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (ConnectionRefusedError(), "due"),
        (smtplib.SMTPRecipientsRefused({}), "due"),
        (smtplib.SMTPServerDisconnected(), "unknown"),
        (TimeoutError(), "unknown"),
    ],
)
def test_what_was_certainly_not_taken_is_tried_again_and_nothing_else(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception, state: str
) -> None:
    item = make_item(world.connection, world.support)
    wants_mail(world.alice)
    notify.tell(Topic.OVERDUE, item, [world.alice.pk], key="a")

    def fail(_self: object) -> None:
        raise error

    monkeypatch.setattr("django.core.mail.EmailMessage.send", fail)
    assert mail.send_due() == 1
    assert Notification.objects.get().mail == state
    assert mail.send_due() == 0  # not before some minutes, or never


def test_a_worker_that_died_while_sending_leaves_an_unknown(world: World) -> None:
    item = make_item(world.connection, world.support)
    wants_mail(world.alice)
    notify.tell(Topic.OVERDUE, item, [world.alice.pk], key="a")
    Notification.objects.update(mail="sending", mail_lease=timezone.now() - timedelta(seconds=1))
    assert mail.send_due() == 1
    assert Notification.objects.get().mail == "unknown"
    assert outbox_of.outbox == []


def test_a_holder_hears_of_the_customers_next_words_and_an_author_of_a_failure(world: World) -> None:
    item = make_item(world.connection, world.support, thread="t")
    queue.claim(item=item.pk, by=world.alice)
    receive(world.connection, entry("And?", thread="t"), entry("Well?", thread="t"))
    assert set(Notification.objects.values_list("user__username", "topic")) == {("alice", "customer_wrote")}
    outbound = replies.reply(item=item.pk, by=world.alice, text="Yes", key="k")
    row = Outbound.objects.select_related(*outcomes.RELATED).get(pk=outbound.pk)
    outcomes.settle(row, Outbound.State.FAILED, reason="no")
    assert names(Notification.objects.filter(topic="not_sent")) == {"alice"}

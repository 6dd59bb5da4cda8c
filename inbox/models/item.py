"""What somebody has to answer: items, their messages and the people who wrote them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import ClassVar, cast

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from connectors.base import Kind as PlatformKind
from inbox.models.connection import Connection
from inbox.models.event import Event
from teams.models import Team, User

NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # stands for "nobody waits" where times are put in order


class Contact(models.Model):
    """The person outside."""

    name = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class Identity(models.Model):
    """A contact's account on one platform.

    `scope` is the platform, or the platform and the connection where ids are only unique within
    one (every `generic` connection has a numbering of its own).
    """

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="identities")
    scope = models.CharField(max_length=64)
    external_id = models.CharField(max_length=512)
    handle = models.CharField(max_length=255, blank=True)
    name = models.CharField(max_length=255, blank=True)
    avatar = models.TextField(blank=True)
    followers = models.BigIntegerField(null=True)
    verified = models.BooleanField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "external_id"], name="one_identity_per_account")]

    def __str__(self) -> str:
        return self.handle or self.name or self.external_id


class Kind(models.TextChoices):
    MENTION = PlatformKind.MENTION.value, _("Mention")
    COMMENT = PlatformKind.COMMENT.value, _("Comment")
    DM = PlatformKind.DM.value, _("Direct message")
    REVIEW = PlatformKind.REVIEW.value, _("Review")
    MESSAGE = PlatformKind.MESSAGE.value, _("Message")


class ItemQuerySet(models.QuerySet["Item"]):
    def visible_to(self, user: User) -> ItemQuerySet:
        """What this person may see: the items in the teams they may see. Every read starts here."""
        if user.is_active and user.is_admin:
            return self
        return self.filter(team__in=Team.objects.visible_to(user).values("pk"))

    def unfinished(self) -> ItemQuerySet:
        return self.filter(state__in=Item.UNFINISHED)


class Item(models.Model):
    """One thing that somebody has to answer. It is always in exactly one team's queue."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        WAITING = "waiting", _("Waiting for the customer")
        SNOOZED = "snoozed", _("Snoozed")
        RESOLVED = "resolved", _("Done")
        IGNORED = "ignored", _("Ignored")

    class Priority(models.IntegerChoices):
        LOW = 10, _("Low")
        NORMAL = 20, _("Normal")
        HIGH = 30, _("High")
        URGENT = 40, _("Urgent")

    UNFINISHED = (State.OPEN, State.WAITING, State.SNOOZED)

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="items")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, null=True, related_name="items")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="items")
    # Its index is `item_held`: one of the holder alone would lead a count through all they ever finished.
    assignee = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="held_items", db_index=False)
    thread = models.CharField(max_length=512, blank=True)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.MESSAGE)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    priority = models.SmallIntegerField(choices=Priority, default=Priority.NORMAL)
    labels = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    version = models.PositiveIntegerField(default=1)  # grows with every write; a stale page is told so

    # What a list row shows, kept here so that a page of the queue is one index walk.
    preview = models.CharField(max_length=280, blank=True)
    language = models.CharField(max_length=16, blank=True)
    rating = models.PositiveSmallIntegerField(null=True)
    # The rule that put it where it is: the newest placing decision's, by its name then, case folded. To list by it.
    rule = models.CharField(max_length=200, blank=True, db_default="", default="")
    returned = models.BooleanField(default=False)  # the last handoff from this team came back
    bounces = models.PositiveSmallIntegerField(default=0)

    created_at = models.DateTimeField(db_default=Now())
    claimed_at = models.DateTimeField(null=True)
    waiting_since = models.DateTimeField(null=True)  # the oldest customer message nobody has answered
    team_since = models.DateTimeField(db_default=Now())  # since when this team has it
    last_message_at = models.DateTimeField(db_default=Now())
    snoozed_until = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)

    helper = models.ForeignKey(  # who replied last; people are never deleted, so nothing looks items up by it
        User, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    helped_at = models.DateTimeField(null=True)

    # Clocks, wound by inbox.clocks whenever something happens; all in the team's hours of duty.
    first_reply_at = models.DateTimeField(null=True)
    first_reply_due = models.DateTimeField(null=True)
    next_reply_due = models.DateTimeField(null=True)
    resolution_due = models.DateTimeField(null=True)
    resolution_spent = models.DurationField(default=timedelta)  # before `running_since`
    running_since = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)  # the nearest of the three
    due_from = models.DateTimeField(null=True)  # when that clock began to run
    warned_for = models.DateTimeField(null=True)  # the due time somebody has been warned of
    overdue_for = models.DateTimeField(null=True)  # the due time that has been reported as missed
    unclaimed_since = models.DateTimeField(null=True)
    escalated = models.PositiveSmallIntegerField(default=0)  # the step of the ladder it has reached
    alarm_at = models.DateTimeField(null=True)  # when the sweeper has to look at it next

    objects: ClassVar[ItemQuerySet] = cast("ItemQuerySet", ItemQuerySet.as_manager())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "thread"], condition=~Q(thread=""), name="one_item_per_thread"
            ),
            models.CheckConstraint(
                condition=Q(state="snoozed", snoozed_until__isnull=False)
                | (~Q(state="snoozed") & Q(snoozed_until=None)),
                name="snoozed_until_a_time",
            ),
            models.CheckConstraint(
                condition=Q(assignee=None, claimed_at=None) | Q(assignee__isnull=False, claimed_at__isnull=False),
                name="claimed_by_somebody_at_some_time",
            ),
        ]
        indexes = [
            # One per list: all its columns are in the order of the keyset (last_message_at, id).
            models.Index(
                F("team"),
                F("last_message_at").desc(),
                F("id").desc(),
                name="item_team_queue",
                condition=Q(state__in=["open", "waiting", "snoozed"]),
            ),
            models.Index(
                F("last_message_at").desc(),
                F("id").desc(),
                name="item_unfinished",
                condition=Q(state__in=["open", "waiting", "snoozed"]),
            ),
            models.Index(
                F("team"),
                F("last_message_at").desc(),
                F("id").desc(),
                name="item_unclaimed",
                condition=Q(state__in=["open", "waiting", "snoozed"], assignee=None),
            ),
            models.Index(
                F("team"),
                F("last_message_at").desc(),
                F("id").desc(),
                name="item_returned",
                condition=Q(state__in=["open", "waiting", "snoozed"], returned=True),
            ),
            # What a list in order of urgency walks; its expressions are those of inbox.selectors.keyset.
            models.Index(
                F("team"),
                Coalesce(F("due_at"), Value(NEVER)),
                F("priority") * Value(-1, output_field=models.IntegerField()),
                Coalesce(F("waiting_since"), Value(NEVER)),
                F("id"),
                name="item_team_due_first",
                condition=Q(state__in=["open", "waiting", "snoozed"]),
            ),
            models.Index(
                F("rule"),
                F("last_message_at").desc(),
                F("id").desc(),
                name="item_by_rule",
                condition=~Q(rule=""),
            ),
            models.Index(F("state"), F("last_message_at").desc(), F("id").desc(), name="item_state_queue"),
            models.Index(F("team"), F("state"), F("last_message_at").desc(), F("id").desc(), name="item_team_state"),
            models.Index(
                F("assignee"),
                F("state"),
                F("last_message_at").desc(),
                F("id").desc(),
                name="item_held",
                condition=Q(assignee__isnull=False),
            ),
            models.Index(
                F("team"),
                F("priority").desc(),
                F("waiting_since"),
                F("id"),
                name="item_urgency",
                condition=Q(state="open", assignee=None),
            ),
            models.Index(
                fields=["team", "due_at", "id"],
                name="item_due",
                condition=Q(state="open", assignee=None, due_at__isnull=False),
            ),
            models.Index(fields=["assignee", "resolved_at"], name="item_done_by", condition=Q(state="resolved")),
            models.Index(fields=["due_at", "id"], name="item_due_all", condition=Q(due_at__isnull=False)),
            models.Index(fields=["alarm_at", "id"], name="item_alarm", condition=Q(alarm_at__isnull=False)),
            models.Index(fields=["snoozed_until"], name="item_snoozed", condition=Q(state="snoozed")),
            models.Index(fields=["contact", "-id"], name="item_by_contact"),
            models.Index(fields=["contact", "-helped_at"], name="item_helped", condition=Q(helper__isnull=False)),
            GinIndex(fields=["labels"], name="item_labels"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.preview[:40]}"

    @staticmethod
    def folded(rule: str) -> str:
        """A rule's name as `rule` has it."""
        return rule.casefold()[:200]


class Message(models.Model):
    """One text inside an item. `(connection, external_id)` is unique: one platform object, one Message."""

    class Direction(models.TextChoices):
        IN = "in", _("From the customer")
        OUT = "out", _("From us")

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="messages")
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT)
    event = models.ForeignKey(Event, on_delete=models.SET_NULL, null=True)
    external_id = models.CharField(max_length=512, blank=True)
    parent = models.CharField(max_length=512, blank=True)
    direction = models.CharField(max_length=3, choices=Direction, default=Direction.IN)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.MESSAGE)
    identity = models.ForeignKey(Identity, on_delete=models.SET_NULL, null=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True)  # who of us wrote it
    text = models.TextField(blank=True)
    remark = models.TextField(blank=True, db_default="")  # why it has no text or is doubtful, in the connector's words
    language = models.CharField(max_length=16, blank=True)
    rating = models.PositiveSmallIntegerField(null=True)
    url = models.TextField(blank=True)
    is_reply = models.BooleanField(default=False)
    media = models.JSONField(default=list, blank=True)
    reactions = models.JSONField(default=list, blank=True)
    raw = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField()  # the platform's time, or ours when it gave none
    received_at = models.DateTimeField(db_default=Now())
    version = models.DateTimeField(null=True)  # the platform's time of the newest state we know
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "external_id"],
                condition=~Q(external_id=""),
                name="one_message_per_object",
            ),
        ]
        indexes = [models.Index(fields=["item", "id"], name="message_thread")]

    def __str__(self) -> str:
        return self.text[:60]


class MessageRevision(models.Model):
    """What a message said before its author edited it."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="revisions")
    text = models.TextField(blank=True)
    until = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.text[:60]

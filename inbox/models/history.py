"""What happened to an item and why: the rows the timeline, the audit and the insights read."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from inbox.models.item import Item, Message
from teams.models import Team, User


class Activity(models.Model):
    """One line of an item's history. Append-only: a trigger refuses UPDATE and DELETE."""

    class Verb(models.TextChoices):
        ROUTED = "routed", _("routed")
        IGNORED = "ignored", _("ignored")
        CLAIMED = "claimed", _("claimed")
        RELEASED = "released", _("released")
        REASSIGNED = "reassigned", _("reassigned")
        HANDED_OFF = "handed_off", _("handed over")
        RETURNED = "returned", _("returned")
        NOTED = "noted", _("noted")
        SNOOZED = "snoozed", _("snoozed")
        WOKE = "woke", _("woke")
        RESOLVED = "resolved", _("resolved")
        REOPENED = "reopened", _("reopened")
        REPLIED = "replied", _("replied")
        SENT = "sent", _("sent")
        SEND_FAILED = "send_failed", _("could not be sent")
        SEND_UNKNOWN = "send_unknown", _("may have been sent")
        EDITED = "edited", _("edited by its author")
        DELETED = "deleted", _("deleted by its author")
        LABELLED = "labelled", _("labelled")
        PRIORITISED = "prioritised", _("prioritised")
        SKIPPED = "skipped", _("skipped")
        UNDONE = "undone", _("took back")
        DUE_SOON = "due_soon", _("due soon")
        OVERDUE = "overdue", _("overdue")
        ESCALATED = "escalated", _("raised")
        MOVED = "moved", _("moved")  # its team was closed

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="activities")
    verb = models.CharField(max_length=16, choices=Verb)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True)  # nobody: a rule, a clock, the platform
    team = models.ForeignKey(Team, on_delete=models.PROTECT)  # whose queue it was in after this
    text = models.TextField(blank=True)  # a note's words
    data = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["item", "id"], name="activity_timeline"),
            models.Index(fields=["at"], name="activity_at"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.verb}"


class Handoff(models.Model):
    """An item passes from team to team with a reason; accepted, returned, or passed on."""

    class Outcome(models.TextChoices):
        PENDING = "pending", _("Not yet accepted")
        ACCEPTED = "accepted", _("Accepted")
        RETURNED = "returned", _("Returned")
        PASSED_ON = "passed_on", _("Passed on")  # handed to a third team before anybody accepted
        CLOSED = "closed", _("Closed")  # resolved without anybody accepting
        WITHDRAWN = "withdrawn", _("Taken back")  # by whoever handed it over, before anything happened

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="handoffs")
    from_team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="handed_out")
    to_team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="handed_in")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    to_person = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=200)
    note = models.TextField(blank=True)
    is_bounce = models.BooleanField(default=False)  # it goes back to a team that had it before
    at = models.DateTimeField(db_default=Now())
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.PENDING)
    settled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)
    return_reason = models.CharField(max_length=200, blank=True)
    return_note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item"], condition=Q(outcome="pending"), name="one_pending_handoff"),
            models.CheckConstraint(condition=~Q(from_team=F("to_team")), name="handoff_goes_elsewhere"),
        ]
        indexes = [models.Index(fields=["item", "id"], name="handoff_by_item")]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.from_team_id} → {self.to_team_id}"


class Decision(models.Model):
    """What a ruleset version said about a message, with the words that decided it.

    It commits together with the placement it caused. `facts` is all the engine saw, so that the
    decision can be computed again from the immutable version.
    """

    message = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="decision")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="decisions")
    version = models.PositiveIntegerField()  # number of the ruleset version
    rule = models.CharField(max_length=200, blank=True)  # its name then; empty: no rule, the fallback
    rule_id = models.BigIntegerField(null=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT)
    placed = models.BooleanField(default=True)  # whether it moved the item, or only was recorded
    outcome = models.JSONField(default=dict)  # Decision.to_json(): hits, other rules, labels, priority
    facts = models.JSONField(default=dict)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["item", "-id"], name="decision_by_item")]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.rule or 'fallback'}"

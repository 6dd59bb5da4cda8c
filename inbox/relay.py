"""The relay: an item passes from team to team with a reason, is accepted by a claim, or comes back."""

from __future__ import annotations

from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from inbox import clocks, notify, timeline
from inbox.errors import AlreadyHandedOver, NothingToReturn, WrongState
from inbox.models import Activity, Handoff, HandoffReason, Item
from inbox.models.notification import Topic
from inbox.queue import NOTE_LENGTH, REASON_LENGTH, held, save
from inbox.timeline import Verb
from teams.errors import Invalid, Refusal
from teams.models import Membership, Team, User

BOUNCES_TO_LEAD = 2
Outcome = Handoff.Outcome


def hand_off(
    *,
    item: int,
    by: User,
    to: Team,
    reason: str,
    note: str = "",
    to_person: User | None = None,
    seen: int | None = None,
) -> Item:
    """Pass the item to another team. The claim ends, the customer's waiting time keeps its age."""
    reason, note = _words(reason, note)
    _check_receiver(to, to_person)
    with held(item, by, seen=seen) as row:
        if row.state not in Item.UNFINISHED:
            raise WrongState(_("This item is finished. Reopen it first."), row)
        if row.team_id == to.pk:
            raise _there_already(row)
        _settle_pending(row, Outcome.PASSED_ON, by)
        bounce = _counted(row).filter(Q(from_team=to) | Q(to_team=to)).exists()
        lead = None if to_person else _lead_after(row, to, bounce=bounce)
        leg = Handoff(
            item=row, from_team=row.team, to_team=to, by=by, to_person=to_person or lead, is_bounce=bounce,
            reason=reason, note=note,
        )  # fmt: skip
        leg.save(force_insert=True)
        row.returned = False
        _move(row, to, holder=to_person or lead, bounce=bounce)
        named = {"person": to_person.username if to_person else None, "bounce": bounce, **_said_of(lead)}
        _record(row, Verb.HANDED_OFF, leg, by, source=leg.from_team, reason=reason, note=note, **named)
        _tell_receiver(row, by)
    return row


def _there_already(row: Item) -> Refusal:
    """A wrong team, or one that somebody else was first to hand it to."""
    team = row.team.name
    pending = row.handoffs.select_related("by").filter(to_team=row.team_id, outcome=Outcome.PENDING).first()
    if pending is None:
        return Invalid(team=_("%(team)s has this item already.") % {"team": team})
    words = _("%(who)s has handed this item to %(team)s.")
    return AlreadyHandedOver(words % {"who": pending.by.name, "team": team}, row)


def return_(*, item: int, by: User, reason: str, note: str = "", seen: int | None = None) -> Item:
    """Give the item back to the team it came from; its people see it come back, with the reason."""
    reason, note = _words(reason, note)
    with held(item, by, seen=seen) as row:
        if row.state not in Item.UNFINISHED:
            raise WrongState(_("This item is finished. Reopen it first."), row)
        handoff = returnable(row)
        if handoff is None:
            raise NothingToReturn(row)
        _settle(handoff, Outcome.RETURNED, by, return_reason=reason, return_note=note)
        source, target = row.team, handoff.from_team.heir()
        lead = _lead_after(row, target, bounce=True)
        row.returned = True
        _move(row, target, holder=lead, bounce=True)
        _record(row, Verb.RETURNED, handoff, by, source=source, reason=reason, note=note, **_said_of(lead))
        notify.tell(Topic.RETURNED, row, [handoff.by_id], key=f"returned-{handoff.pk}", by=by)
        _tell_receiver(row, by)
    return row


def returnable(row: Item) -> Handoff | None:
    """The handoff that brought the item to the team that has it, if it has not been settled by a return."""
    last = _counted(row).select_related("from_team", "to_team").order_by("-pk").first()
    if last and last.to_team_id == row.team_id and last.outcome in {Outcome.PENDING, Outcome.ACCEPTED}:
        return last
    return None


def can_go_back() -> Subquery:
    """What `returnable` says, for many items in the statement that reads them; NULL where nobody handed over."""
    last = Handoff.objects.filter(item=OuterRef("pk")).exclude(outcome=Outcome.WITHDRAWN).order_by("-pk")
    back = Q(to_team=OuterRef("team"), outcome__in=[Outcome.PENDING, Outcome.ACCEPTED])
    return Subquery(last.annotate(back=ExpressionWrapper(back, BooleanField())).values("back")[:1])


def reasons() -> list[str]:
    """The reasons to choose from, as the admins have put them."""
    return list(HandoffReason.objects.values_list("text", flat=True))


def sent_by(person: User) -> QuerySet[Handoff]:
    """What a person has handed over, newest first, with what came of it."""
    return (
        Handoff.objects.filter(by=person).select_related("item", "from_team", "to_team", "settled_by").order_by("-pk")
    )


def _counted(row: Item) -> QuerySet[Handoff]:
    """Its handoffs but for those that were taken back before anything came of them."""
    return row.handoffs.exclude(outcome=Outcome.WITHDRAWN)


def _record(
    row: Item, verb: Activity.Verb, leg: Handoff, by: User, *, source: Team, reason: str, note: str, **more: Any
) -> None:
    teams: dict[str, Any] = {"from": source.slug, "to": row.team.slug}
    timeline.record(row, verb, by=by, text=note, reason=reason, handoff=leg.pk, **teams, **more)


def _lead_after(row: Item, to: Team, *, bounce: bool) -> User | None:
    """The second time an item comes back to a team that had it, its lead decides."""
    if not bounce or row.bounces < BOUNCES_TO_LEAD - 1:
        return None
    leads = User.objects.filter(memberships__team=to, memberships__role=Membership.Role.LEAD, is_active=True)
    return leads.order_by(F("away_since").asc(nulls_first=True), "pk").first()


def _said_of(lead: User | None) -> dict[str, str]:
    return {"lead": lead.username} if lead else {}


def _tell_receiver(row: Item, by: User) -> None:
    if row.assignee_id:
        notify.tell(Topic.ASSIGNED, row, [row.assignee_id], key=f"assigned-{row.pk}-{row.version}", by=by)
    elif row.bounces >= BOUNCES_TO_LEAD:
        notify.tell(Topic.UNCLAIMED, row, notify.leads(row.team), key=f"bounced-{row.pk}-{row.version}", by=by)


def _words(reason: str, note: str) -> tuple[str, str]:
    reason, note = reason.replace("\x00", "").strip(), note.replace("\x00", "").strip()
    if not reason:
        raise Invalid(reason=_("Say why, so that the other team can start at once."))
    if len(reason) > REASON_LENGTH:
        raise Invalid(
            reason=_("A reason holds %(limit)s characters; use the note for more.") % {"limit": REASON_LENGTH}
        )
    if len(note) > NOTE_LENGTH:
        raise Invalid(note=_("A note holds %(limit)s characters.") % {"limit": NOTE_LENGTH})
    return reason, note


def _check_receiver(to: Team, person: User | None) -> None:
    if to.closed_at is not None:
        raise Invalid(team=_("%(team)s is closed.") % {"team": to.name})
    if person and not (person.is_active and to.memberships.filter(user=person).exists()):
        raise Invalid(person=_("%(who)s is not in %(team)s.") % {"who": person.name, "team": to.name})


def _settle_pending(row: Item, outcome: Handoff.Outcome, by: User) -> None:
    row.handoffs.filter(outcome=Outcome.PENDING).update(outcome=outcome, settled_by=by, settled_at=Now())


def _settle(handoff: Handoff, outcome: Handoff.Outcome, by: User, **words: str) -> None:
    Handoff.objects.filter(pk=handoff.pk).update(outcome=outcome, settled_by=by, settled_at=Now(), **words)


def _move(row: Item, to: Team, *, holder: User | None, bounce: bool) -> None:
    now = timezone.now()
    row.team, row.team_since = to, now
    row.assignee, row.claimed_at = holder, now if holder else None
    row.state, row.snoozed_until = Item.State.OPEN, None
    row.waiting_since = row.waiting_since or now
    row.bounces += bounce
    clocks.new_leg(row)
    save(row)

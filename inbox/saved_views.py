"""Lists kept under a name: one's own, which nobody else sees, and a team's, which its leads keep."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from inbox.models import SavedView
from inbox.selectors.filters import NAMES, Filters
from teams.errors import Invalid, NotAllowed, NotFound
from teams.models import Team, User

MOST = 30  # of a person, and of a team
LONGEST_NAME = 80
LONGEST_QUERY = 1000


def keep(*, by: User, name: str, scope: str, query: str, team: Team | None = None) -> SavedView:
    """Keep a list for oneself, or for a team that one leads."""
    if team is not None:
        _may_change(by, team)
    owned = {"team": team, "owner": None if team else by}
    if SavedView.objects.filter(**owned).count() >= MOST:
        raise Invalid(name=_("There can be %(limit)s views at most. Delete one first.") % {"limit": MOST})
    row = SavedView(name=_name(name), scope=scope[:80], query=_query(query), **owned)
    return _save(row)


def rename(*, view: int, by: User, name: str) -> SavedView:
    row = own(view, by)
    row.name = _name(name)
    return _save(row)


def delete(*, view: int, by: User) -> SavedView:
    row = own(view, by)
    row.delete()
    return row


def own(view: int, by: User) -> SavedView:
    """A view this person may change; one that is hidden from them is not there."""
    row = SavedView.objects.select_related("team").filter(pk=view).first()
    if row is None or (row.team is None and row.owner_id != by.pk):
        raise NotFound(_("There is no such view."))
    if row.team:
        _may_change(by, row.team)
    return row


def _may_change(by: User, team: Team) -> None:
    if not Team.objects.visible_to(by).filter(pk=team.pk).exists():
        raise NotFound(_("There is no such view."))
    if not by.leads(team):
        raise NotAllowed(_("Only who leads %(team)s may do this.") % {"team": team.name})


def _save(row: SavedView) -> SavedView:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Invalid(name=_("There is a view of this name already.")) from None
    return row


def _name(text: str) -> str:
    name = " ".join(text.replace("\x00", "").split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise Invalid(name=_("A name has 1 to %(limit)s characters.") % {"limit": LONGEST_NAME})
    return name


def _query(text: str) -> str:
    """The filters alone, in one order, each of them valid."""
    given, kept = QueryDict(text[: LONGEST_QUERY * 2]), QueryDict(mutable=True)
    for name in sorted(given.keys() & NAMES):
        kept.setlist(name, [value for value in given.getlist(name) if value.strip()])
    Filters.parse(kept)
    query = kept.urlencode()
    if len(query) > LONGEST_QUERY:
        raise Invalid(query=_("This view asks for too much."))
    return query

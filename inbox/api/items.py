"""Items over HTTP: lists, one item, and what a person does with it. Parse, call the service, answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, cast

from django.utils.translation import gettext as _
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema, extend_schema_view
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from inbox import queue, relay
from inbox.api import given
from inbox.api.gather import gather, gather_one
from inbox.api.given import ITEM_FILTERS, SIZES
from inbox.api.paging import page_of, paged
from inbox.api.shapes import FullItemShape, GoneItemShape, ItemShape
from inbox.models import Item
from inbox.selectors import filters, lists
from teams.api_errors import PROBLEMS, WRITING
from teams.api_fields import Given, check
from teams.errors import Invalid
from teams.models import Team, User

FILTERS = filters.NAMES | {"cursor", *SIZES}
AFTER = PolymorphicProxySerializer("ItemAfter", [FullItemShape, GoneItemShape], resource_type_field_name=None)


def viewer(request: Request) -> User:
    return cast(User, request.user)


@contextmanager
def told_of(item: int, by: User) -> Iterator[None]:
    """What is wrong with a body is for those who may see the item it is about; to others there is none."""
    try:
        yield
    except APIException:
        queue.look_up(item, by)
        raise


class ItemList(APIView):
    @extend_schema(operation_id="items_list", parameters=ITEM_FILTERS, responses={200: page_of(ItemShape), **PROBLEMS})
    def get(self, request: Request) -> Response:
        """What you may see, newest first. Each item carries its newest messages."""
        query = request.query_params
        filters.refuse_unknown(query, known=FILTERS)
        page = lists.page(
            viewer(request),
            filters.Filters.parse(query, states=filters.EVERY),
            cursor=query.get("cursor"),
            size=given.page_size(query, default=lists.PAGE, largest=lists.LARGEST_PAGE),
        )
        rows = ItemShape(gather(page.items), many=True).data
        return paged(request, rows, onward=page.next_cursor, back=page.previous_cursor)


class ItemDetail(APIView):
    @extend_schema(operation_id="items_retrieve", responses={200: FullItemShape, **PROBLEMS})
    def get(self, request: Request, pk: int) -> Response:
        """One item: its messages, the decision with the words that decided it, and its history."""
        return Response(FullItemShape(gather_one(pk, viewer(request))).data)


class Act(APIView):
    """One thing to do with an item. Answers with the item as it is afterwards."""

    form: ClassVar[type[Given]] = given.Seen

    def post(self, request: Request, pk: int) -> Response:
        by = viewer(request)
        with told_of(pk, by):
            data = check(self.form, request.data)
        return Response(_after(self.act(pk, by, data), by))

    def act(self, item: int, by: User, data: dict[str, Any]) -> Item:
        raise NotImplementedError


class Claim(Act):
    """Take the item. Only one person can; whoever comes second is told who won. `version` has no effect here."""

    def act(self, item: int, by: User, data: dict[str, Any]) -> Item:
        return queue.claim(item=item, by=by)


class Release(Act):
    """Put the item back into its team's queue."""

    def act(self, item: int, by: User, data: dict[str, Any]) -> Item:
        return queue.release(item=item, by=by, seen=data.get("version"))


class Resolve(Act):
    """The item is done."""

    def act(self, item: int, by: User, data: dict[str, Any]) -> Item:
        return queue.resolve(item=item, by=by, seen=data.get("version"))


class Ignore(Act):
    """Nobody has to answer this."""

    def act(self, item: int, by: User, data: dict[str, Any]) -> Item:
        return queue.ignore(item=item, by=by, seen=data.get("version"))


class Reopen(Act):
    """Bring a finished, waiting or snoozed item back."""

    def act(self, item: int, by: User, data: dict[str, Any]) -> Item:
        return queue.reopen(item=item, by=by, seen=data.get("version"))


class Snooze(Act):
    """Hide the item until a time; it wakes by itself, and when the customer writes."""

    form = given.Snooze

    def act(self, item: int, by: User, data: dict[str, Any]) -> Item:
        return queue.snooze(item=item, by=by, until=data["until"], seen=data.get("version"))


class AddNote(Act):
    """Write something that only colleagues see. `version` has no effect here."""

    form = given.Note

    def act(self, item: int, by: User, data: dict[str, Any]) -> Item:
        return queue.note(item=item, by=by, text=data["text"])


class HandOff(Act):
    """Pass the item to another team, with a reason."""

    form = given.HandOff

    def act(self, item: int, by: User, data: dict[str, Any]) -> Item:
        queue.look_up(item, by)  # who may not see the item learns nothing about teams and people either
        return relay.hand_off(
            item=item,
            by=by,
            to=_team(data["team"]),
            reason=data["reason"],
            note=data["note"],
            to_person=_person(data["person"]),
            seen=data.get("version"),
        )


class Return(Act):
    """Give the item back to the team it came from, with a reason."""

    form = given.Return

    def act(self, item: int, by: User, data: dict[str, Any]) -> Item:
        return relay.return_(item=item, by=by, reason=data["reason"], note=data["note"], seen=data.get("version"))


ACTIONS: dict[str, type[Act]] = {
    "claim": Claim,
    "release": Release,
    "resolve": Resolve,
    "ignore": Ignore,
    "reopen": Reopen,
    "snooze": Snooze,
    "notes": AddNote,
    "handoff": HandOff,
    "return": Return,
}
for _name, _view in ACTIONS.items():
    _described = extend_schema(
        operation_id=f"items_{_name}", description=_view.__doc__, request=_view.form, responses={200: AFTER, **WRITING}
    )
    extend_schema_view(post=_described)(_view)


def _after(row: Item, by: User) -> Any:
    """The item as this person sees it now; it may have left for where they cannot look."""
    if Item.objects.visible_to(by).filter(pk=row.pk).exists():
        return FullItemShape(gather_one(row.pk, by)).data
    return GoneItemShape(row).data


def _team(slug: str) -> Team:
    team = Team.objects.filter(slug=slug, closed_at=None).first()
    if team is None:
        raise Invalid(team=_("There is no such team."))
    return team


def _person(username: str | None) -> User | None:
    if username is None:
        return None
    person = User.objects.filter(username=username, is_active=True).first()
    if person is None:
        raise Invalid(person=_("There is no such person."))
    return person

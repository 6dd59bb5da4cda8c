"""The shared desk over HTTP: the next item, passing over, giving to another, marks, and many items at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from inbox import bulk, left_out, marks, next_up, presence, queue
from inbox.api.gather import gather_one
from inbox.api.given import Seen
from inbox.api.items import Act, viewer
from inbox.api.shapes import FullItemShape
from inbox.bulk import Batch
from inbox.models import Item
from inbox.queue import REASON_LENGTH
from teams.api_errors import PROBLEMS, WRITING
from teams.api_fields import Given, Moment, check
from teams.errors import Invalid
from teams.models import Team, User

PRIORITIES = {priority.name.lower(): priority.value for priority in Item.Priority}
LARGEST_ID = 2**63 - 1


class NextGiven(Given):
    teams = serializers.ListField(child=serializers.CharField(max_length=50), required=False, max_length=100)


class SkipGiven(Seen):
    reason = serializers.CharField(max_length=REASON_LENGTH)


class ReassignGiven(Seen):
    person = serializers.CharField(max_length=150)


class LabelsGiven(Seen):
    add = serializers.ListField(child=serializers.CharField(max_length=100), required=False, max_length=30)
    remove = serializers.ListField(child=serializers.CharField(max_length=100), required=False, max_length=30)


class PriorityGiven(Seen):
    priority = serializers.ChoiceField(choices=sorted(PRIORITIES))


class PresenceGiven(Given):
    typing = serializers.BooleanField(required=False, default=False)
    gone = serializers.BooleanField(required=False, default=False)


class BulkGiven(Given):
    verb = serializers.ChoiceField(choices=["claim", "handoff", "labels", "priority", "resolve", "snooze"])
    items = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_ID), min_length=1, max_length=bulk.MOST
    )
    versions = serializers.DictField(child=serializers.IntegerField(min_value=1), required=False, default=dict)
    team = serializers.CharField(required=False, max_length=50)
    reason = serializers.CharField(required=False, max_length=REASON_LENGTH)
    note = serializers.CharField(required=False, allow_blank=True, default="")
    until = Moment(required=False)
    add = serializers.ListField(child=serializers.CharField(max_length=100), required=False, max_length=30)
    remove = serializers.ListField(child=serializers.CharField(max_length=100), required=False, max_length=30)
    priority = serializers.ChoiceField(required=False, choices=sorted(PRIORITIES))


class UndoGiven(Given):
    undo = serializers.UUIDField()


class ResultShape(serializers.Serializer[Any]):
    item = serializers.IntegerField()
    done = serializers.BooleanField()
    code = serializers.CharField()
    message = serializers.CharField()


class BatchShape(serializers.Serializer[Any]):
    results = ResultShape(many=True)
    undo = serializers.UUIDField(allow_null=True)


class PresenceShape(serializers.Serializer[Any]):
    user = serializers.CharField(source="user.username")
    typing = serializers.BooleanField()


class NextShape(FullItemShape):
    left_out = serializers.CharField(allow_blank=True)


class Next(APIView):
    @extend_schema(operation_id="items_next", request=NextGiven, responses={200: NextShape, **WRITING})
    def post(self, request: Request) -> Response:
        """Claim the most urgent item you may and can do. 409 `nothing_to_do` when none waits.

        `left_out` says which more urgent items you did not get, and why.
        """
        by, data = viewer(request), check(NextGiven, request.data)
        named = Team.objects.filter(slug__in=data["teams"]).values_list("pk", flat=True) if "teams" in data else None
        asked = next_up.Asked(by, named)
        row = next_up.claim_for(asked)
        return Response({**FullItemShape(gather_one(row.pk, by)).data, "left_out": left_out.why(asked, row)})


class Skip(Act):
    """Pass the item over and say why; "next" leaves it out for you for a while."""

    form = SkipGiven

    def act(self, item: int, by: User, data: dict[str, Any]) -> Item:
        return next_up.skip(item=item, by=by, reason=data["reason"], seen=data.get("version"))


class Reassign(Act):
    """Who leads the item's team gives it to one of its people."""

    form = ReassignGiven

    def act(self, item: int, by: User, data: dict[str, Any]) -> Item:
        queue.look_up(item, by)
        person = User.objects.filter(username=data["person"], is_active=True).first()
        if person is None:
            raise Invalid(person=_("There is no such person."))
        return queue.reassign(item=item, to=person, by=by, seen=data.get("version"))


class Labels(Act):
    """Put labels on the item, take others off."""

    form = LabelsGiven

    def act(self, item: int, by: User, data: dict[str, Any]) -> Item:
        add, remove = data.get("add", []), data.get("remove", [])
        return marks.label(item=item, by=by, add=add, remove=remove, seen=data.get("version"))


class SetPriority(Act):
    """Say how urgent the item is."""

    form = PriorityGiven

    def act(self, item: int, by: User, data: dict[str, Any]) -> Item:
        return marks.prioritise(item=item, by=by, priority=PRIORITIES[data["priority"]], seen=data.get("version"))


DESK_ACTIONS: dict[str, type[Act]] = {
    "skip": Skip,
    "reassign": Reassign,
    "labels": Labels,
    "priority": SetPriority,
}
for _name, _view in DESK_ACTIONS.items():
    _described = extend_schema(
        operation_id=f"items_{_name}",
        description=_view.__doc__,
        request=_view.form,
        responses={200: FullItemShape, **WRITING},
    )
    extend_schema_view(post=_described)(_view)


class Presence(APIView):
    @extend_schema(operation_id="items_presence", responses={200: PresenceShape(many=True), **PROBLEMS}, filters=False)
    def get(self, request: Request, pk: int) -> Response:
        """Which colleagues have the item open, and who of them types."""
        queue.look_up(pk, viewer(request))
        there = presence.who_is_there([pk], viewer=viewer(request)).get(pk, [])
        return Response(PresenceShape(there, many=True).data)

    @extend_schema(
        operation_id="items_presence_sign",
        request=PresenceGiven,
        responses={200: PresenceShape(many=True), **WRITING},
        filters=False,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Say that you have the item open, or type in it; again within 45 seconds (8 while typing)."""
        data = check(PresenceGiven, request.data)
        if data["gone"]:
            presence.gone(item=pk, by=viewer(request))
        else:
            presence.here(item=pk, by=viewer(request), typing=data["typing"])
        return self.get(request, pk)


class Bulk(APIView):
    @extend_schema(operation_id="items_bulk", request=BulkGiven, responses={200: BatchShape, **WRITING})
    def post(self, request: Request) -> Response:
        """Do one thing to many items. Each is done or refused for itself; `undo` takes back what was done."""
        data = check(BulkGiven, request.data)
        batch = BULK[data["verb"]](data, viewer(request))
        return Response(BatchShape(batch).data)


class Undo(APIView):
    @extend_schema(operation_id="items_undo", request=UndoGiven, responses={200: BatchShape, **WRITING})
    def post(self, request: Request) -> Response:
        """Take back a bulk operation of yours, where nothing has happened since."""
        data = check(UndoGiven, request.data)
        return Response(BatchShape(bulk.undo(token=data["undo"], by=viewer(request))).data)


def _hand_off(data: dict[str, Any], by: User) -> Batch:
    team = Team.objects.filter(slug=_needed(data, "team"), closed_at=None).first()
    if team is None:
        raise Invalid(team=_("There is no such team."))
    return bulk.hand_off(**_chosen(data), by=by, to=team, reason=_needed(data, "reason"), note=data["note"])


def _needed(data: dict[str, Any], name: str) -> Any:
    if name not in data:
        raise Invalid(**{name: _("This field is required.")})
    return data[name]


def _chosen(data: dict[str, Any]) -> dict[str, Any]:
    """The items, and in which versions the program saw them, for those of which it says so."""
    versions = data["versions"]
    return {
        "items": data["items"],
        "seen": {item: versions[str(item)] for item in data["items"] if str(item) in versions},
    }


BULK: dict[str, Callable[[dict[str, Any], User], Batch]] = {
    "claim": lambda data, by: bulk.claim(**_chosen(data), by=by),
    "resolve": lambda data, by: bulk.resolve(**_chosen(data), by=by),
    "snooze": lambda data, by: bulk.snooze(**_chosen(data), by=by, until=_needed(data, "until")),
    "labels": lambda data, by: bulk.label(
        **_chosen(data), by=by, add=data.get("add", []), remove=data.get("remove", [])
    ),
    "priority": lambda data, by: bulk.prioritise(
        **_chosen(data), by=by, priority=PRIORITIES[_needed(data, "priority")]
    ),
    "handoff": _hand_off,
}

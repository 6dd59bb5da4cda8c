"""What the API says: every field by name, nothing that is not written here leaves the house."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from inbox.models import Activity, Handoff, Identity, Item, Message, Outbound
from inbox.models.item import Kind
from inbox.selectors.filters import priority_name
from teams.api_fields import Moment
from teams.models import User

PRIORITIES = [priority.name.lower() for priority in Item.Priority]


class AuthorShape(serializers.Serializer[Any]):
    id = serializers.CharField()
    handle = serializers.CharField(allow_blank=True)
    name = serializers.CharField(allow_blank=True)


class AttachmentShape(serializers.Serializer[Any]):
    url = serializers.CharField(allow_blank=True, default="")
    type = serializers.CharField(allow_blank=True, default="")
    name = serializers.CharField(allow_blank=True, default="")


class MessageShape(serializers.Serializer[Message]):
    """One text. `state` is how far a reply of ours has come; null for what came in."""

    id = serializers.IntegerField(source="pk")
    direction = serializers.ChoiceField(Message.Direction.choices)
    kind = serializers.ChoiceField(Kind.choices)
    text = serializers.SerializerMethodField(help_text=str(_("Empty once its author has deleted it.")))
    author = serializers.SerializerMethodField()
    at = Moment()
    received_at = Moment()
    url = serializers.CharField(allow_blank=True)
    rating = serializers.IntegerField(allow_null=True)
    language = serializers.CharField(allow_blank=True)
    edited = serializers.SerializerMethodField()
    deleted = serializers.SerializerMethodField()
    attachments = serializers.SerializerMethodField()
    state = serializers.SerializerMethodField()
    reason = serializers.SerializerMethodField(help_text=str(_("Why a reply could not be sent.")))

    def get_text(self, message: Message) -> str:
        return "" if message.deleted_at else message.text

    @extend_schema_field(AuthorShape(allow_null=True))
    def get_author(self, message: Message) -> dict[str, Any] | None:
        if message.user:
            return _colleague(message.user)
        return _stranger(message.identity) if message.identity else None

    def get_edited(self, message: Message) -> bool:
        return message.edited_at is not None

    def get_deleted(self, message: Message) -> bool:
        return message.deleted_at is not None

    @extend_schema_field(AttachmentShape(many=True))
    def get_attachments(self, message: Message) -> list[Any]:
        if message.deleted_at:
            return []
        return [dict(AttachmentShape(medium).data) for medium in message.media if isinstance(medium, dict)]

    @extend_schema_field(serializers.ChoiceField(Outbound.State.choices, allow_null=True))
    def get_state(self, message: Message) -> str | None:
        outbound = _outbound(message)
        return outbound.state if outbound else None

    def get_reason(self, message: Message) -> str:
        outbound = _outbound(message)
        return outbound.reason if outbound else ""


class HitShape(serializers.Serializer[Any]):
    """A matched word; `start` and `end` count Unicode code points in the original text."""

    keyword = serializers.CharField()
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    text = serializers.CharField()


class DecisionShape(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    rule = serializers.SerializerMethodField()
    rule_id = serializers.IntegerField(allow_null=True)
    team = serializers.CharField(source="team.slug")
    message = serializers.IntegerField(source="message_id")
    hits = serializers.SerializerMethodField()
    at = Moment()

    def get_rule(self, decision: Any) -> str | None:
        return decision.rule or None

    @extend_schema_field(HitShape(many=True))
    def get_hits(self, decision: Any) -> list[Any]:
        return [dict(HitShape(hit).data) for hit in decision.outcome.get("hits", [])]


class HandoffShape(serializers.Serializer[Handoff]):
    id = serializers.IntegerField(source="pk")
    # `from` is a word of Python's own; see get_fields.
    to = serializers.CharField(source="to_team.slug")
    by = serializers.CharField(source="by.username")
    person = serializers.CharField(source="to_person.username", allow_null=True)
    reason = serializers.CharField()
    note = serializers.CharField(allow_blank=True)
    is_bounce = serializers.BooleanField()
    at = Moment()
    outcome = serializers.ChoiceField(Handoff.Outcome.choices)
    settled_by = serializers.CharField(source="settled_by.username", allow_null=True)
    settled_at = Moment(allow_null=True)
    return_reason = serializers.CharField(allow_blank=True)
    return_note = serializers.CharField(allow_blank=True)

    def get_fields(self) -> dict[str, Any]:
        return {"from": serializers.CharField(source="from_team.slug"), **super().get_fields()}


class ActivityShape(serializers.Serializer[Activity]):
    id = serializers.IntegerField(source="pk")
    verb = serializers.ChoiceField(Activity.Verb.choices)
    actor = serializers.CharField(source="actor.username", allow_null=True)
    team = serializers.CharField(source="team.slug")
    text = serializers.CharField(allow_blank=True)
    data = serializers.JSONField()  # type: ignore[assignment]
    at = Moment()


class IdentityShape(serializers.Serializer[Identity]):
    platform = serializers.SerializerMethodField()
    id = serializers.CharField(source="external_id")
    handle = serializers.CharField(allow_blank=True)
    name = serializers.CharField(allow_blank=True)

    def get_platform(self, identity: Identity) -> str:
        return identity.scope.partition(":")[0]


class ContactShape(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="pk")
    name = serializers.CharField(allow_blank=True)
    identities = serializers.SerializerMethodField()

    @extend_schema_field(IdentityShape(many=True))
    def get_identities(self, contact: Any) -> list[Any]:
        return [dict(IdentityShape(row).data) for row in contact.identities.all()]


class ItemShape(serializers.Serializer[Any]):
    """An item and what belongs to it, as `inbox.api.gather` brings it together."""

    id = serializers.IntegerField(source="item.pk")
    state = serializers.ChoiceField(Item.State.choices, source="item.state")
    team = serializers.CharField(source="item.team.slug")
    assignee = serializers.CharField(source="item.assignee.username", allow_null=True)
    priority = serializers.SerializerMethodField()
    labels = serializers.ListField(child=serializers.CharField(), source="item.labels")
    contact = ContactShape(source="item.contact", allow_null=True)
    connection = serializers.IntegerField(source="item.connection_id")
    platform = serializers.CharField(source="item.connection.kind")
    kind = serializers.ChoiceField(Kind.choices, source="item.kind")
    rating = serializers.IntegerField(source="item.rating", allow_null=True)
    language = serializers.CharField(source="item.language", allow_blank=True)
    returned = serializers.BooleanField(source="item.returned")
    bounces = serializers.IntegerField(source="item.bounces")
    version = serializers.IntegerField(source="item.version")
    messages = MessageShape(many=True)
    decision = DecisionShape(allow_null=True)
    handoffs = HandoffShape(many=True)
    created_at = Moment(source="item.created_at")
    waiting_since = Moment(source="item.waiting_since", allow_null=True)
    claimed_at = Moment(source="item.claimed_at", allow_null=True)
    last_message_at = Moment(source="item.last_message_at")
    snoozed_until = Moment(source="item.snoozed_until", allow_null=True)
    resolved_at = Moment(source="item.resolved_at", allow_null=True)

    @extend_schema_field(serializers.ChoiceField(PRIORITIES))
    def get_priority(self, gathered: Any) -> str:
        return priority_name(gathered.item.priority)


class FullItemShape(ItemShape):
    activity = ActivityShape(many=True)


class GoneItemShape(serializers.Serializer[Item]):
    """What is left to say to somebody who handed an item to a team they cannot look into."""

    id = serializers.IntegerField(source="pk")
    team = serializers.CharField(source="team.slug")
    state = serializers.ChoiceField(Item.State.choices)
    visible = serializers.SerializerMethodField(help_text=str(_("Always false: you cannot look at it any more.")))

    def get_visible(self, _item: Item) -> bool:
        return False


class ReplyShape(serializers.Serializer[Outbound]):
    id = serializers.IntegerField(source="pk")
    item = serializers.IntegerField(source="item_id")
    message = serializers.IntegerField(source="message_id")
    key = serializers.CharField(source="client_key")
    state = serializers.ChoiceField(Outbound.State.choices)
    text = serializers.CharField(source="message.text")
    author = serializers.CharField(source="author.username", allow_null=True, default=None)
    reason = serializers.CharField(allow_blank=True)
    code = serializers.CharField(allow_blank=True)
    attempts = serializers.IntegerField(source="attempt_count")
    created_at = Moment()
    settled_at = Moment(allow_null=True)


def _colleague(user: User) -> dict[str, str]:
    return {"id": user.username, "handle": user.username, "name": user.name}


def _stranger(identity: Identity) -> dict[str, str]:
    return {"id": identity.external_id, "handle": identity.handle, "name": identity.name}


def _outbound(message: Message) -> Outbound | None:
    """The ledger's row of a reply; `gather` reads it along, so asking costs nothing."""
    return getattr(message, "outbound", None) if message.direction == Message.Direction.OUT else None

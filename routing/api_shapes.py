"""The bodies of the rules' part of the API."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from routing.engine.conditions import KINDS
from routing.engine.rules import PRIORITIES, STATES
from teams.api_fields import Given, Moment

LONGEST_TEXT = 100_000
_LARGEST = 2**31 - 1


class Words(serializers.ListField):
    """A list of keywords and of groups with any, all and none."""

    child = serializers.JSONField()


class RuleGiven(serializers.Serializer[Any]):
    """Only the schema: the engine itself reads rules, so that pages, YAML and API refuse the same things."""

    name = serializers.CharField(max_length=120)
    state = serializers.ChoiceField(STATES, required=False)
    share = serializers.IntegerField(min_value=1, max_value=100, required=False)
    position = serializers.IntegerField(min_value=1, required=False)
    any = Words(required=False)
    all = Words(required=False)
    none = Words(required=False)
    when = serializers.DictField(required=False)
    team = serializers.CharField(allow_null=True, required=False)
    priority = serializers.ChoiceField(PRIORITIES, allow_null=True, required=False)
    labels = serializers.ListField(child=serializers.CharField(), required=False)
    ignore = serializers.BooleanField(required=False)
    assign = serializers.ChoiceField(["last_helper"], allow_null=True, required=False)


class RuleShape(RuleGiven):
    id = serializers.IntegerField()
    updated_at = Moment()


class VersionShape(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    published_by = serializers.CharField(allow_null=True)
    published_at = Moment()
    note = serializers.CharField(allow_blank=True)
    rules = serializers.IntegerField(help_text="How many rules it holds.")
    document = serializers.DictField(required=False)


class _Page(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class PageOfRules(_Page):
    results = RuleShape(many=True)


class PageOfVersions(_Page):
    results = VersionShape(many=True)


class Order(Given):
    rules = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=_LARGEST), allow_empty=False, max_length=20_000
    )


class PublishGiven(Given):
    note = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")


class Yaml(Given):
    yaml = serializers.CharField(trim_whitespace=False)


class Labels(serializers.ListField):
    child = serializers.CharField(max_length=60)


class RouteGiven(Given):
    """A message, as far as it matters to rules."""

    text = serializers.CharField(allow_blank=True, trim_whitespace=False, max_length=LONGEST_TEXT)
    platform = serializers.CharField(required=False, allow_blank=True, max_length=40)
    connection = serializers.CharField(required=False, allow_blank=True, max_length=200)
    kind = serializers.ChoiceField(KINDS, required=False)
    language = serializers.CharField(required=False, allow_blank=True, max_length=16)
    rating = serializers.IntegerField(required=False, allow_null=True, min_value=-100, max_value=100)
    followers = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=2**62)
    verified = serializers.BooleanField(required=False, allow_null=True)
    is_reply = serializers.BooleanField(required=False)
    has_media = serializers.BooleanField(required=False)
    labels = Labels(required=False, max_length=200, help_text=str(_("The author's labels.")))
    at = Moment(required=False)
    covered = serializers.ListField(child=serializers.CharField(max_length=50), required=False, max_length=1_000)
    key = serializers.CharField(required=False, allow_blank=True, max_length=600)
    draft = serializers.BooleanField(required=False, default=False)
    explain = serializers.IntegerField(required=False, min_value=1, max_value=_LARGEST)

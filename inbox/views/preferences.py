"""Everything a person sets for themselves, on one page: their screen, keys, what to be told and how, their browsers."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from inbox import notify, push
from inbox.duty_forms import QuietForm
from inbox.models import PushSubscription
from inbox.models.notification import Topic
from inbox.views.respond import is_htmx, person
from teams import people
from teams.forms import PreferencesForm
from teams.models import User

CHANNELS = ("page", "mail", "push")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    by = person(request)
    form = PreferencesForm(request.POST or None, instance=User.objects.get(pk=by.pk))
    quiet = QuietForm(request.POST or None, initial={"quiet_from": by.quiet_from, "quiet_until": by.quiet_until})
    if request.POST and form.is_valid() and quiet.is_valid():
        return _saved(request, form, quiet)
    shown = {"form": form, "quiet": quiet, **_told(request, by)}
    # htmx puts the form back with what is wrong; what was typed in it stays.
    template = "teams/preferences_form.html" if is_htmx(request) else "teams/preferences.html"
    return render(request, template, shown, status=400 if form.errors or quiet.errors else 200)


def _told(request: HttpRequest, by: User) -> dict[str, Any]:
    return {
        "rows": [(choice, _channels(request, choice)) for choice in notify.choices_of(by)],
        "browsers": PushSubscription.objects.filter(user=by),
        "push_key": push.public_key(),
        "has_mail_server": bool(settings.EMAIL_HOST),
    }


def _channels(request: HttpRequest, choice: Any) -> list[tuple[str, bool]]:
    """Each way to be told, and whether it is chosen: as it is kept, or as it was just ticked."""
    kept = {"page": choice.in_page, "mail": choice.by_mail, "push": choice.by_push}
    ticked = {channel: f"{channel}_{choice.topic}" in request.POST for channel in CHANNELS}
    return list((ticked if request.POST else kept).items())


def _saved(request: HttpRequest, form: PreferencesForm, quiet: QuietForm) -> HttpResponse:
    before = person(request)
    after = people.save_preferences(person=User.objects.get(pk=before.pk), values=form.cleaned_data)
    people.save_quiet_hours(person=after, start=quiet.cleaned_data["quiet_from"], end=quiet.cleaned_data["quiet_until"])
    _choose(request, after)
    with translation.override(after.language):
        said = _("Saved.")
    if not is_htmx(request):
        messages.success(request, said)
        return redirect("preferences")
    drawn_anew = ("language", "time_zone", "display_name")
    if any(getattr(before, name) != getattr(after, name) for name in drawn_anew):
        messages.success(request, said)
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    event = {"theme": after.theme, "density": after.density, "keys": "on" if after.single_keys else "off", "say": said}
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps({"relaybox:preferences": event})})


def _choose(request: HttpRequest, by: User) -> None:
    """A page that does not show the choices changes none of them."""
    if "topics" not in request.POST:
        return
    for topic in Topic:
        page, mail, browser = (f"{channel}_{topic}" in request.POST for channel in CHANNELS)
        notify.choose(by=by, topic=topic, in_page=page, by_mail=mail, by_push=browser)

"""The rules page: the list, one rule, and the box in which to try a text."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from routing import marking, rulesets
from routing.engine import decide
from routing.errors import NoSuchRule
from routing.forms import RuleForm, initial
from routing.listing import listing
from routing.models import Rule, RulesetVersion
from routing.permissions import hidden_teams, may_edit, may_edit_all, visible_rules
from routing.trying import facts_of, ruleset_of
from teams.errors import Invalid, Refusal
from teams.models import Team, User

View = Callable[..., HttpResponse]
LONGEST_TRIED = 10_000


def viewer(request: HttpRequest) -> User:
    return cast("User", request.user)


def editors_only(view: View) -> View:
    """Leads and admins; for everybody else the page does not exist."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not may_edit(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def frame(request: HttpRequest, *, advise: bool = True, **more: Any) -> dict[str, Any]:
    """What the list beside every rules page needs."""
    return {
        "list": listing(request.user, request.GET, chosen=more.get("rule"), advise=advise),
        "states": Rule.State.choices,
        "may_edit": may_edit(request.user),
        "may_edit_all": may_edit_all(request.user),
        "latest": RulesetVersion.objects.select_related("published_by").first(),
        **more,
    }


@login_required
@require_http_methods(["GET", "HEAD"])
def overview(request: HttpRequest) -> HttpResponse:
    return render(request, "routing/rules.html", frame(request, whole="whole" in request.GET))


@login_required
@require_POST
def try_text(request: HttpRequest) -> HttpResponse:
    """Where a text would go, with its words marked. POST, because texts belong into no address and no log."""
    text = request.POST.get("text", "")[:LONGEST_TRIED].replace("\0", "")
    draft = request.POST.get("rules") != "published"
    context: dict[str, Any] = {"text": text, "draft": draft, "whole": True}
    try:
        decision = decide(facts_of({"text": text, "platform": _platform(request)}), ruleset_of(draft=draft))
        hidden = set(hidden_teams(request.user).values_list("slug", flat=True))
        context["tried"] = marking.Tried.of(decision, hidden)
    except Refusal as error:
        context["refused"] = str(error)
    if getattr(request, "htmx", False):
        return render(request, "routing/tried.html", context)
    return render(request, "routing/rules.html", frame(request, **context))


def _platform(request: HttpRequest) -> str:
    return request.POST.get("platform", "")[:40]


@editors_only
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """A rule's form, filled or empty."""
    rule = _rule(request, pk) if pk else None
    hidden = hidden_teams(request.user).values("pk")
    teams = list(Team.objects.filter(closed_at=None).exclude(pk__in=hidden))
    form = RuleForm(_posted(request), initial=initial(rule) if rule else None, teams=teams)
    if request.method == "POST" and form.is_valid():
        saved = _save(form, rule)
        if saved:
            messages.success(request, _("Saved. It acts once the rules are published."))
            return redirect("routing:rule", saved.pk)
    status = 400 if form.errors else 200
    return render(request, "routing/rule.html", frame(request, form=form, rule=rule), status=status)


def _posted(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _save(form: RuleForm, rule: Rule | None) -> Rule | None:
    data = form.data_of_rule()
    try:
        return rulesets.update_rule(rule.pk, data) if rule else rulesets.create_rule(data)
    except Invalid as error:
        form.blame(error.fields)
        return None


def _rule(request: HttpRequest, pk: int) -> Rule:
    rule = visible_rules(request.user).filter(pk=pk).first()
    if rule is None:
        raise Http404
    return rule


@editors_only
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        rulesets.delete_rule(_rule(request, pk).pk)
    except NoSuchRule:
        raise Http404 from None
    messages.success(request, _("Deleted. It acts until the rules are published."))
    return redirect("routing:rules")


@editors_only
@require_POST
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """One place up or down among the rules that this person sees."""
    rule = _rule(request, pk)
    order = list(visible_rules(request.user).values_list("pk", flat=True))
    at = order.index(rule.pk)
    other = at - 1 if request.POST.get("to") == "up" else at + 1
    if 0 <= other < len(order):
        rulesets.reorder([rule.pk, order[other]] if other < at else [order[other], rule.pk])
    return redirect("routing:rule", rule.pk)

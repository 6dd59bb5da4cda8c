"""Sign-in, one's own password, and the admins' page of people and teams."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import cast

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from teams import keys, people
from teams.errors import Invalid, NotAllowed
from teams.forms import KeysForm, PersonForm, TeamForm, show_errors
from teams.models import Team, User

View = Callable[..., HttpResponse]
FIRST_ADMIN = "bin/manage createsuperuser"
FORM_METHODS = ["GET", "HEAD", "POST"]


class SignIn(LoginView):
    redirect_authenticated_user = True

    def get_context_data(self, **shown: object) -> dict[str, object]:
        command = "" if User.objects.exists() else FIRST_ADMIN
        return super().get_context_data(first_admin=command, **shown)


class ChangePassword(PasswordChangeView):
    template_name = "teams/password.html"
    success_url = reverse_lazy("preferences")

    def form_valid(self, form: object) -> HttpResponse:
        messages.success(self.request, _("Your password is changed. Your other sessions are signed out."))
        return super().form_valid(form)  # type: ignore[arg-type]


def admin_required(view: View) -> View:
    """Admins only; for everybody else the page does not exist."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not cast("User", request.user).is_admin:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@login_required
@require_http_methods(FORM_METHODS)
def keys_page(request: HttpRequest) -> HttpResponse:
    """Other keys for the same actions, or none."""
    user = User.objects.get(pk=cast("User", request.user).pk)
    if "as_it_was" in request.POST:
        keys.choose(person=user, chosen={key.action: key.default for key in keys.KEYS})
        return redirect("keys")
    form = KeysForm(request.POST or None, person=user)
    if form.is_valid():
        try:
            keys.choose(person=user, chosen=form.cleaned_data)
        except Invalid as error:
            show_errors(form, error.fields)
        else:
            messages.success(request, _("Saved."))
            return redirect("keys")
    return render(request, "teams/keys.html", {"form": form}, status=400 if form.errors else 200)


@admin_required
@require_http_methods(["GET", "HEAD"])
def people_and_teams(request: HttpRequest) -> HttpResponse:
    everybody = User.objects.prefetch_related("memberships__team").order_by("-is_active", "username")
    teams = Team.objects.prefetch_related("memberships__user").order_by("name")
    return render(request, "teams/people.html", {"everybody": everybody, "teams": teams})


@admin_required
@require_http_methods(FORM_METHODS)
def person(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Add a person, or change one."""
    found = get_object_or_404(User, pk=pk) if pk else None
    form = PersonForm(request.POST or None, instance=found or User())
    if form.is_valid() and _save_person(request, form, found):
        messages.success(request, _("Saved."))
        return redirect("people")
    context = {"form": form, "person": found}
    return render(request, "teams/person.html", context, status=400 if form.errors else 200)


def _save_person(request: HttpRequest, form: PersonForm, found: User | None) -> bool:
    by, values = cast("User", request.user), form.cleaned_data
    given = {name: values[name] for name in ("display_name", "email", "is_admin", "password")}
    try:
        if found:
            saved = people.change_person(by=by, person=found, **given)
        else:
            saved = people.add_person(by=by, username=values["username"], **given)
        people.set_roles(by=by, person=saved, roles=form.roles())
    except Invalid as error:
        show_errors(form, error.fields)
        return False
    except NotAllowed as error:
        form.add_error(None, str(error))
        return False
    if saved == by and values["password"]:
        update_session_auth_hash(request, saved)  # who changes their own password here stays
    return True


@admin_required
@require_POST
def reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    found = people.reactivate(by=cast("User", request.user), person=get_object_or_404(User, pk=pk))
    messages.success(request, _("%(who)s can sign in again.") % {"who": found.name})
    return redirect("people")


@admin_required
@require_http_methods(FORM_METHODS)
def team(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Add a team, or change one."""
    found = get_object_or_404(Team, pk=pk) if pk else Team()
    form = TeamForm(request.POST or None, instance=found)
    if form.is_valid():
        try:
            people.save_team(by=cast("User", request.user), team=form.instance)
        except Invalid as error:
            show_errors(form, error.fields)
        else:
            messages.success(request, _("Saved."))
            return redirect("people")
    context = {"form": form, "team": found}
    return render(request, "teams/team.html", context, status=400 if form.errors else 200)

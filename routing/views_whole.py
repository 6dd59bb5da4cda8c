"""Pages about the ruleset as a whole: publish, versions, YAML."""

from __future__ import annotations

from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from routing import rulesets
from routing.errors import InvalidRules, NoSuchVersion
from routing.models import RulesetVersion
from routing.permissions import may_edit_all
from routing.views import View, frame, viewer

SHOWN_VERSIONS = 100
LARGEST_UPLOAD = 10_000_000


def whole_set(view: View) -> View:
    """For those who may edit and see every rule: these pages act on all of them."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not may_edit_all(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@whole_set
@require_POST
def publish(request: HttpRequest) -> HttpResponse:
    try:
        version = rulesets.publish(by=viewer(request), note=request.POST.get("note", "").replace("\0", ""))
    except InvalidRules as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Version %(number)s is live.") % {"number": version.number})
    return redirect("routing:rules")


@whole_set
@require_http_methods(["GET", "HEAD"])
def versions(request: HttpRequest) -> HttpResponse:
    found = RulesetVersion.objects.select_related("published_by")[:SHOWN_VERSIONS]
    return render(request, "routing/versions.html", frame(request, versions=found))


@whole_set
@require_POST
def restore(request: HttpRequest, number: int) -> HttpResponse:
    try:
        version = rulesets.restore(number, by=viewer(request))
    except NoSuchVersion:
        raise Http404 from None
    except InvalidRules as error:
        messages.error(request, str(error))
    else:
        said = {"old": number, "new": version.number}
        messages.success(request, _("The rules of version %(old)s are live again, as version %(new)s.") % said)
    return redirect("routing:versions")


@whole_set
@require_http_methods(["GET", "HEAD", "POST"])
def exchange(request: HttpRequest) -> HttpResponse:
    """The rules as YAML to copy, and a field in which to put others."""
    if request.method != "POST":
        return render(request, "routing/yaml.html", frame(request, yaml=_exported(request)))
    text = _given(request)
    try:
        version = rulesets.import_yaml(text, by=viewer(request))
    except InvalidRules as error:
        return render(request, "routing/yaml.html", frame(request, yaml=text, wrong=error.fields), status=400)
    messages.success(request, _("Version %(number)s is live.") % {"number": version.number})
    return redirect("routing:rules")


def _given(request: HttpRequest) -> str:
    file = request.FILES.get("file")
    if file is not None and (file.size or 0) <= LARGEST_UPLOAD:
        return bytes(file.read()).decode(errors="replace")
    return request.POST.get("yaml", "")


def _exported(request: HttpRequest) -> str:
    try:
        return rulesets.export_yaml()
    except InvalidRules as error:
        messages.error(request, str(error))
        return ""


@whole_set
@require_http_methods(["GET", "HEAD"])
def export(request: HttpRequest) -> HttpResponse:
    return HttpResponse(
        _exported(request),
        content_type="application/yaml; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="rules.yaml"'},
    )

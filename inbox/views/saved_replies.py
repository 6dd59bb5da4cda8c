"""The pages where saved replies are written, and what the composer is offered while somebody types."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inbox import mentions, saved_replies
from inbox.composer_forms import SavedReplyForm
from inbox.models import SavedReply
from inbox.views.respond import find, person, refusals
from teams.errors import Invalid
from teams.forms import show_errors


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    by = person(request)
    rows = saved_replies.usable_by(by).select_related("owner", "team", "changed_by").order_by("team__name", "shortcut")
    shown = [(row, saved_replies.may_change(by, owner=row.owner, team=row.team)) for row in rows]
    return render(request, "inbox/saved_replies.html", {"rows": shown})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@refusals
def edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Write a saved reply, or change one."""
    by = person(request)
    found = saved_replies.find(by, pk) if pk else SavedReply()
    form = SavedReplyForm(request.POST or None, instance=found, by=by)
    if request.method == "POST" and form.is_valid():
        try:
            saved_replies.save(by=by, reply=form.row())
        except Invalid as error:
            show_errors(form, error.fields)
        else:
            messages.success(request, _("Saved."))
            return redirect("inbox:saved-replies")
    may = not pk or saved_replies.may_change(by, owner=found.owner, team=found.team)
    status = 200 if request.method != "POST" else 400
    return render(request, "inbox/saved_reply.html", {"form": form, "reply": found, "may_change": may}, status=status)


@login_required
@require_POST
@refusals
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    gone = saved_replies.delete(by=person(request), pk=pk)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": gone.name})
    return redirect("inbox:saved-replies")


@login_required
@require_safe
@refusals
def offer(request: HttpRequest, pk: int) -> JsonResponse:
    """Saved replies that fit what was typed after the slash, filled in for this item."""
    item = find(request, pk)
    found = saved_replies.search(item, person(request), request.GET.get("q", ""))
    return JsonResponse({"results": [_offered(each) for each in found]})


@login_required
@require_safe
@refusals
def names(request: HttpRequest, pk: int) -> JsonResponse:
    """Colleagues and teams that fit what was typed after the @."""
    people, teams = mentions.offer(find(request, pk), person(request), request.GET.get("q", ""))
    found = [{"insert": f"@{user.username} ", "name": user.name, "hint": f"@{user.username}"} for user in people]
    found += [{"insert": f"@{team.slug} ", "name": team.name, "hint": _("Team")} for team in teams]
    return JsonResponse({"results": found})


def _offered(each: saved_replies.Filled) -> dict[str, object]:
    words = _("Not known here: %(names)s. Fill it in before you send.") % {"names": ", ".join(each.missing)}
    return {
        "insert": each.text,
        "name": each.reply.name,
        "hint": f"/{each.reply.shortcut}",
        "length": each.length,
        "over": each.over,
        "warning": words if each.missing else "",
    }

"""What concerns me: the next item, my notifications, what I handed over, being away."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inbox import left_out, next_up, notify, relay
from inbox.errors import NoRoom, NothingToDo
from inbox.models import Item
from inbox.views.respond import number, person, refusals
from teams import attendance

PAGE = 50


@login_required
@require_POST
@refusals
def next_item(request: HttpRequest) -> HttpResponse:
    """Claim and open the most urgent item I may and can do; what was passed by is said, with the reason."""
    asked = next_up.Asked(person(request))
    try:
        row = next_up.claim_for(asked)
    except NothingToDo as refusal:
        messages.info(request, f"{refusal} {left_out.why(asked)}".strip())
        return redirect("inbox:home")
    except NoRoom as refusal:
        messages.info(request, str(refusal))
        return redirect("inbox:home")
    if passed := left_out.why(asked, row):
        messages.info(request, passed, extra_tags="stays")
    return redirect("inbox:item", pk=row.pk)


@login_required
@require_POST
def away(request: HttpRequest) -> HttpResponse:
    attendance.set_away(person=person(request), away=request.POST.get("away") == "1")
    return redirect("preferences")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def notifications(request: HttpRequest) -> HttpResponse:
    """My notifications, newest first; a POST marks one as read, or all."""
    by = person(request)
    if request.method == "POST":
        notify.mark_read(by=by, notification=number(request, "id"))
        return redirect("inbox:notifications")
    rows = notify.visible(by).select_related("item__team", "item__contact", "item__connection", "connection")
    page = Paginator(rows.order_by("-pk"), PAGE).get_page(request.GET.get("page"))
    return render(request, "inbox/notifications.html", {"page": page, "unread": notify.unread(by)})


@login_required
@require_safe
def handed_over(request: HttpRequest) -> HttpResponse:
    """What I handed over, and what came of it. Of what I may not see: with which team it is."""
    by = person(request)
    mine = relay.sent_by(by).select_related("item__contact", "item__connection")
    page = Paginator(mine, PAGE).get_page(request.GET.get("page"))
    visible = Item.objects.visible_to(by).filter(pk__in=[row.item_id for row in page])
    return render(
        request, "inbox/handed_over.html", {"page": page, "visible": set(visible.values_list("pk", flat=True))}
    )

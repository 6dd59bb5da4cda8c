"""Who is before which item: of those a page shows, and of one; and the signs that a page gives of its own person."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from inbox import presence, queue
from inbox.presence import Seen
from inbox.views.respond import person, refusals, shown

MOST_FACES = 2  # in a row; of more, how many


@dataclass(frozen=True, slots=True)
class Looked:
    """An item with the colleagues before it."""

    pk: int
    there: list[Seen]

    @property
    def typing(self) -> bool:
        return any(seen.typing for seen in self.there)

    @property
    def initials(self) -> str:
        more = len(self.there) - MOST_FACES
        return " ".join([seen.user.initials for seen in self.there[:MOST_FACES]] + ([f"+{more}"] if more > 0 else []))

    @property
    def say(self) -> str:
        typing = _("%(who)s is typing")
        looking = _("%(who)s is looking")
        return ", ".join((typing if seen.typing else looking) % {"who": seen.user.name} for seen in self.there)


@login_required
@require_safe
def looking(request: HttpRequest) -> HttpResponse:
    """Of the items a page shows, those with somebody before them. What the person may not see is left out."""
    found = presence.who_is_there(list(shown(request))[: presence.MOST], viewer=person(request))
    return render(request, "inbox/looking.html", {"items": [Looked(pk, there) for pk, there in found.items() if there]})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@refusals
def there(request: HttpRequest, pk: int) -> HttpResponse:
    """Who else has the item open. A POST says that I have, or type, or have left."""
    by = person(request)
    queue.look_up(pk, by)
    if request.method == "POST" and request.POST.get("gone"):
        presence.gone(item=pk, by=by)
    elif request.method == "POST":
        presence.here(item=pk, by=by, typing=request.POST.get("typing") == "1")
    found = presence.who_is_there([pk], viewer=by).get(pk, [])
    return render(request, "inbox/there.html", {"there": found})

"""Files that nobody will send any more, and bytes that no row knows, are put away in time.

A file of a draft goes with its reply, or when its author removes it. What is left belongs to somebody who never sent
it, or to an item that was finished otherwise; bytes alone are left by a process that ended between writing them and
their row, and by rows that went with their item.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from inbox.live import nudge
from inbox.models import Attachment, DraftFile, Item

KEPT = timedelta(days=30)  # a file of a reply that is not sent; as long as a browser keeps what was typed
KEPT_WHEN_DONE = timedelta(days=7)  # the same, in an item that is resolved or ignored
KEPT_WITHOUT_ROW = timedelta(days=1)  # far longer than an upload or a download takes
BATCH = 200
DRAWERS = 256  # folders of the store, by the first two letters of a name
PAUSE = 60.0  # seconds from one folder to the next: each is looked through about six times a day

_next = 0.0  # when this process looks into a folder again


def discard_unsent(*, limit: int = BATCH) -> int:
    """Delete files of drafts, row and bytes, whose time is over. What a reply is just taking along is left alone."""
    done = ~Q(item__state__in=Item.UNFINISHED)
    over = Q(created_at__lt=Now() - KEPT) | (done & Q(created_at__lt=Now() - KEPT_WHEN_DONE))
    with transaction.atomic():
        due = DraftFile.objects.filter(over).select_related("item").order_by("pk")
        rows = list(due.select_for_update(of=("self",), skip_locked=True)[:limit])
        for row in rows:
            transaction.on_commit(partial(row.path.unlink, missing_ok=True))
            nudge(teams=[row.item.team_id], item=row.item_id)
        DraftFile.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def discard_unknown() -> int:
    """Delete bytes without a row, in one folder of the store at a time."""
    global _next
    now = time.time()
    if now < _next:
        return 0
    _next = now + PAUSE
    return discard_in(Path(settings.MEDIA_ROOT) / f"{int(now / PAUSE) % DRAWERS:02x}", now)


def discard_in(folder: Path, now: float) -> int:
    """The same in this folder. Returns how many files it was."""
    old = _older(folder, now - KEPT_WITHOUT_ROW.total_seconds())
    gone = 0
    while some := list(islice(old, BATCH)):
        found = {UUID(path.name): path for path in some}
        for kind in (Attachment, DraftFile):
            for token in kind.objects.filter(token__in=found).values_list("token", flat=True):
                found.pop(token, None)
        for path in found.values():
            path.unlink(missing_ok=True)
        gone += len(found)
    return gone


def _older(folder: Path, moment: float) -> Iterator[Path]:
    """Our own files in it that nobody has written to since. What bears another kind of name is not ours to delete."""
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if _is_token(entry.name) and entry.is_file(follow_symlinks=False) and entry.stat().st_mtime < moment:
                yield Path(entry.path)


def _is_token(name: str) -> bool:
    try:
        return UUID(name).hex == name
    except ValueError:
        return False

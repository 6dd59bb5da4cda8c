"""Files of a reply that is being written: kept with its draft, checked when they come, gone out with it or put away.

They are stored as what strangers send is: by what their first bytes prove, pictures made anew without the place they
were taken at, under a name of ours. Who may see the item may look at them; their author alone changes them.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import QuerySet
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from connectors import media, registry
from connectors.base import Kind, Limits
from connectors.files import NO_ADDRESS, FileLimits
from inbox import images
from inbox.live import nudge
from inbox.models import Attachment, Connection, DraftFile, Item, Message
from inbox.models.item import ItemQuerySet
from inbox.queue import look_up
from teams.errors import Invalid, NotFound
from teams.models import User

LARGEST = media.FetchLimits().size
LONGEST_ALT = DraftFile.LONGEST_ALT
MOST_SHOWN = 100  # files of drafts in one item


def limits_for(item: Item, account: Connection) -> Limits:
    """What the platform accepts as a reply to this item."""
    limits = registry.get(account.kind).limits(Kind(item.kind), account.bare_account())
    if limits.files and limits.files.fetched and not settings.HTTPS:
        return replace(limits, files=None, no_files=NO_ADDRESS)
    return limits


def add(*, item: int, by: User, file: File[bytes]) -> DraftFile:
    """Keep a file with this person's reply. What cannot go out is refused here, by name and with the reason."""
    row, name = look_up(item, by), media.safe_name(file.name or "") or _("a file")
    taken = _taken(row)
    if (file.size or 0) > largest(taken):
        raise Invalid(file=too_large(largest(taken)) % {"name": name})
    _check_room(row, by, taken)
    body = file.read()
    kind = media.sniff(body)
    if kind not in (taken.types or media.KNOWN_TYPES):
        raise Invalid(file=_("“%(name)s” is of a kind that cannot be sent there.") % {"name": name})
    cleaned = _small_enough(_cleaned(body, kind, name), taken.largest(kind), name)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=by.pk)  # ten tabs at once come one after the other
        _check_room(row, by, taken)
        return _keep(row, by, name, kind, cleaned)


def too_large(most: int) -> str:
    """The refusal of a file of more bytes, with a place for its name."""
    size = filesizeformat(most).replace("%", "%%")
    return _("“%(name)s” is larger than %(size)s.") % {"name": "%(name)s", "size": size}


def largest(taken: FileLimits) -> int:
    """In bytes: what goes there, and what we keep."""
    return min(taken.size, LARGEST)


def of(item: Item, author: User) -> QuerySet[DraftFile]:
    """The files of this person's reply, in the order in which they came."""
    return DraftFile.objects.filter(item=item, author=author).order_by("pk")


def of_all(item: Item) -> QuerySet[DraftFile]:
    """The files of everybody's replies there, person by person. Whoever asks has been let see the item."""
    rows = DraftFile.objects.filter(item=item, author__is_active=True).select_related("author")
    return rows.order_by("author_id", "pk")[:MOST_SHOWN]


def describe(*, item: int, by: User, token: UUID, alt: str) -> None:
    """Say in words what a picture shows."""
    if not DraftFile.objects.filter(item=look_up(item, by), author=by, token=token).update(alt=_words(alt)):
        raise NotFound(_("There is no such file."))


def remove(*, item: int, by: User, token: UUID) -> None:
    seen = look_up(item, by)
    with transaction.atomic():
        row = DraftFile.objects.filter(item=seen, author=by, token=token).first()
        if row is None:
            raise NotFound(_("There is no such file."))
        transaction.on_commit(partial(row.path.unlink, missing_ok=True))
        row.delete()
        _tell(seen)


def named(item: Item, author: User, files: Mapping[UUID, str]) -> list[DraftFile]:
    """The files that a reply takes along, with what their author says they show; all of them, or none."""
    if not files:
        return []
    rows = list(of(item, author).filter(token__in=files).select_for_update())
    if len(rows) != len(files):
        raise Invalid(file=_("A file of this reply was sent or removed in another window. Look at what is left."))
    for row in rows:
        row.alt = _words(files[row.token])
    return rows


def check(rows: Sequence[DraftFile], text: str, limits: Limits, account: Connection) -> None:
    """Refuse what the platform would not take together."""
    taken = limits.files
    if not rows:
        return
    if taken is None:
        raise Invalid(file=no_files(account, limits))
    silent = next((row for row in rows if row.type in taken.wordless), None)
    if text and silent:
        reason = _("There is no place for words beside “%(name)s” there. Send the two one after the other.")
        raise Invalid(file=reason % {"name": silent.name})
    if len(rows) > taken.most:
        raise Invalid(file=_("A reply there takes %(most)s files at most.") % {"most": taken.most})
    if sum(row.size for row in rows) > taken.whole:
        size = filesizeformat(taken.whole)
        raise Invalid(file=_("Together the files are larger than %(size)s, the most that goes there.") % {"size": size})


def no_files(account: Connection, limits: Limits) -> str:
    """Why a reply there is text alone."""
    return _(limits.no_files) % {"platform": registry.get(account.kind).name}


def in_words(limits: Limits) -> str:
    """Which files a reply there takes."""
    taken = limits.files
    if taken is None:
        return ""
    counted = ngettext("At most %(n)s file, of %(size)s.", "At most %(n)s files, of %(size)s each.", taken.most)
    said = [counted % {"n": taken.most, "size": filesizeformat(largest(taken))}]
    if taken.types:
        kinds = ", ".join(sorted({kind.partition("/")[2].upper() for kind in taken.types}))
        said.append(_("Kinds: %(kinds)s.") % {"kinds": kinds})
    if taken.wordless:
        said.append(_silent(taken))
    elif taken.text:
        said.append(_("With %(n)s characters at most.") % {"n": taken.text})
    return " ".join(said)


def go_out(rows: Sequence[DraftFile], message: Message) -> None:
    """From here on they are the message's, under the same names."""
    Attachment.objects.bulk_create(
        Attachment(
            message=message,
            position=position,
            state=Attachment.State.STORED,
            **{name: getattr(row, name) for name in ("token", "type", "name", "size")},
        )
        for position, row in enumerate(rows)
    )
    DraftFile.objects.filter(pk__in=[row.pk for row in rows]).delete()


def told(row: DraftFile) -> dict[str, object]:
    """A file as it stands in its message's `media`."""
    return {"token": str(row.token), "type": row.type, "name": row.name, "size": row.size, "alt": row.alt}


def come_back(message: Message, author: User) -> None:
    """A reply was taken back: its author has copies of its files again. What the thread shows stays as it was."""
    for row in message.attachments.filter(state=Attachment.State.STORED).order_by("position"):
        alt = str(message.media[row.position].get("alt", ""))
        copy = DraftFile(item=message.item, author=author, type=row.type, name=row.name, size=row.size, alt=alt)
        if row.path.is_file():
            _place(copy.path)
            shutil.copyfile(row.path, copy.path)
            copy.save()


def find(token: UUID, items: ItemQuerySet) -> DraftFile | None:
    """A file of a draft in one of these items."""
    return DraftFile.objects.filter(token=token, item__in=items).first()


def _taken(row: Item) -> FileLimits:
    limits = limits_for(row, row.connection)
    if limits.files is None:
        raise Invalid(file=no_files(row.connection, limits))
    return limits.files


def _small_enough(body: bytes, most: int, name: str) -> bytes:
    if len(body) > most:
        raise Invalid(file=too_large(most) % {"name": name})
    return body


def _cleaned(body: bytes, kind: str, name: str) -> bytes:
    try:
        return images.remake(body, kind) if kind in images.TYPES else body
    except images.Unreadable as error:
        raise Invalid(file=_("“%(name)s” is not a picture that can be read.") % {"name": name}) from error


def _check_room(row: Item, by: User, taken: FileLimits) -> None:
    if of(row, by).count() >= taken.most:
        raise Invalid(file=_("A reply there takes %(most)s files, and as many are here.") % {"most": taken.most})


def _keep(row: Item, by: User, name: str, kind: str, body: bytes) -> DraftFile:
    made = DraftFile(item=row, author=by, type=kind, name=name, size=len(body))
    _place(made.path)
    made.path.write_bytes(body)
    made.save()
    _tell(row)
    return made


def _tell(row: Item) -> None:
    """The author's other tabs and whoever has the item open look again."""
    nudge(teams=[row.team_id], item=row.pk)


def _place(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)


def _silent(taken: FileLimits) -> str:
    if taken.wordless >= (taken.types or media.KNOWN_TYPES):
        return _("Without words beside them.")
    if "application/pdf" in taken.wordless:
        return _("Without words beside sound and documents.")
    return _("Without words beside sound.")


def _words(alt: str) -> str:
    return " ".join(alt.replace("\x00", "").split())[:LONGEST_ALT]

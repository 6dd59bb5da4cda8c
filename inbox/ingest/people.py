"""Authors → contacts and their identities, for a whole batch at once."""

from __future__ import annotations

from collections.abc import Iterable

from connectors.base import Author
from inbox.ingest import inserts
from inbox.ingest.read import Found
from inbox.models import Connection, Contact, Identity

# Platforms whose ids are only unique within one account of ours.
NUMBERED_PER_CONNECTION = frozenset({"generic", "slack"})
Key = tuple[str, str]  # scope, external id
SEEN = ("handle", "name", "avatar", "followers", "verified")


def scope_of(connection: Connection) -> str:
    if connection.kind in NUMBERED_PER_CONNECTION:
        return f"{connection.kind}:{connection.pk}"
    return connection.kind


def key_of(found: Found) -> Key | None:
    author = found.entry.author
    return (scope_of(found.connection), author.id[:512]) if author and author.id else None


def meet(batch: Iterable[Found]) -> dict[Key, Identity]:
    """The identities behind a batch, made where they are new and refreshed where they changed."""
    authors = {key: found.entry.author for found in batch if (key := key_of(found)) and found.entry.author}
    known = _known(authors)
    _refresh(known, authors)
    fresh = sorted(key for key in authors if key not in known)
    contacts = [Contact(name=_name(authors[key])) for key in fresh]
    inserts.insert_numbered(contacts)
    made = [_identity(key, authors[key], contact) for key, contact in zip(fresh, contacts, strict=True)]
    inserts.insert_numbered(made)
    return known | {(row.scope, row.external_id): row for row in made}


def _known(authors: dict[Key, Author]) -> dict[Key, Identity]:
    rows = Identity.objects.filter(
        scope__in={scope for scope, _id in authors}, external_id__in={id_ for _scope, id_ in authors}
    )
    return {(row.scope, row.external_id): row for row in rows if (row.scope, row.external_id) in authors}


def _refresh(known: dict[Key, Identity], authors: dict[Key, Author]) -> None:
    """Follow renames; what a delivery does not say is kept."""
    changed = [row for key, row in sorted(known.items()) if _update(row, authors[key])]
    if changed:
        Identity.objects.bulk_update(changed, SEEN)


def _update(row: Identity, author: Author) -> bool:
    told = _told(author)
    news = {field: value for field, value in told.items() if value not in ("", None) and getattr(row, field) != value}
    for field, value in news.items():
        setattr(row, field, value)
    return bool(news)


def _told(author: Author) -> dict[str, object]:
    return {
        "handle": author.handle[:255],
        "name": author.name[:255],
        "avatar": author.avatar,
        "followers": author.followers,
        "verified": author.verified,
    }


def _identity(key: Key, author: Author, contact: Contact) -> Identity:
    return Identity(scope=key[0], external_id=key[1], contact=contact, **_told(author))


def _name(author: Author) -> str:
    return (author.name or author.handle or author.id)[:255]

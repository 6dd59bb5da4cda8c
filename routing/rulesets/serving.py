"""The version in force, compiled once per process and replaced by swapping one reference."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock, Thread
from time import monotonic

from django.db import connection
from django.db.models import Max

from routing.engine.document import Document
from routing.engine.ruleset import Ruleset, engine_tag
from routing.errors import NoSuchVersion
from routing.models import CompiledVersion, RulesetVersion
from teams.models import Team

log = logging.getLogger(__name__)
# How long a process may go without looking for a newer version.
LOOK_EVERY = 1.0


@dataclass(frozen=True, slots=True)
class _Serving:
    ruleset: Ruleset
    row: int | None


_serving: _Serving | None = None
_next_look = 0.0
_looking = Lock()


def current() -> Ruleset:
    """The version in force. While messages come, never waits for a newer one: that is built aside, then swapped in.

    Who has not asked for a while waits for it: what was known then may have been out of force for hours.
    """
    global _next_look
    serving = _serving
    if serving is None:
        return _serve(_latest()).ruleset
    now = monotonic()
    if now >= _next_look and _looking.acquire(blocking=False):
        was_quiet = now >= _next_look + LOOK_EVERY
        try:
            _next_look = now + LOOK_EVERY
            row = _latest()
        except BaseException:
            _looking.release()
            raise
        if row == serving.row:
            _looking.release()
        elif was_quiet:
            _replace(row)
        else:
            Thread(target=_replace_aside, args=[row], name="ruleset", daemon=True).start()
    return (_serving or serving).ruleset


def forget() -> None:
    """Look anew at the next call: this process has just published, or a test begins."""
    global _serving
    _serving = None


def load(version: int) -> Ruleset:
    """Any version, to compute an old decision again."""
    row = RulesetVersion.objects.filter(number=version).values_list("pk", flat=True).first()
    if row is None:
        raise NoSuchVersion(version)
    return _load(row)


def _latest() -> int | None:
    latest: int | None = RulesetVersion.objects.aggregate(latest=Max("pk"))["latest"]
    return latest


def _serve(row: int | None) -> _Serving:
    global _serving, _next_look
    ruleset = _load(row) if row is not None else _empty()
    serving = _Serving(ruleset, row)
    _serving = serving
    _next_look = monotonic() + LOOK_EVERY
    return serving


def _replace(row: int | None) -> None:
    """By whoever looks, and has the lock that says so."""
    try:
        _serve(row)
    except Exception:
        log.exception("the newest ruleset cannot be loaded; the one before stays in force")
    finally:
        _looking.release()


def _replace_aside(row: int | None) -> None:
    try:
        _replace(row)
    finally:
        connection.close()


def _empty() -> Ruleset:
    """Before anything is published, everything goes to the fallback team."""
    return Ruleset.of(Document((), Team.objects.get(is_fallback=True).slug))


@lru_cache(maxsize=8)
def _load(row: int) -> Ruleset:
    tag = engine_tag()
    found = CompiledVersion.objects.filter(version=row, tag=tag).select_related("version").first()
    if found:
        blob = bytes(found.blob)
        if hashlib.sha256(blob).digest() == bytes(found.checksum):
            return Ruleset.from_blob(blob, version=found.version.number)
        log.error("the compiled ruleset %s is damaged; compiling it anew", found.version.number)
    version = RulesetVersion.objects.get(pk=row)
    ruleset = Ruleset.from_json(version.document, version=version.number)
    keep_compiled(version, ruleset)
    return ruleset


def keep_compiled(version: RulesetVersion, ruleset: Ruleset) -> None:
    """Spare the other processes the compiling."""
    blob = ruleset.to_blob()
    compiled = CompiledVersion(version=version, tag=engine_tag(), blob=blob, checksum=hashlib.sha256(blob).digest())
    CompiledVersion.objects.bulk_create(
        [compiled], update_conflicts=True, unique_fields=["version", "tag"], update_fields=["blob", "checksum"]
    )

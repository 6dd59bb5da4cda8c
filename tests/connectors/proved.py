"""Which line of the contract each connector's tests prove, read from the test classes themselves.

Where a platform has no such thing, `WHY` says so; where a test of its own proves a line, `OWN` names it.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import tests.connectors
from connectors import registry
from tests.connectors.contract import ParseContract, PollContract, SendContract, VerifyContract
from tests.connectors.contract.base import Base
from tests.connectors.meta_contract import MetaContract

YES, NO = "yes", "–"
LINES = {
    "signature": "good, missing, hostile, another connection's and a rotated secret; a changed body",
    "handshake": "the platform's question before it sends",
    "batch": "one bad entry costs its neighbours nothing",
    "duplicates": "what comes twice is the same entry",
    "outbound": "our own reply, or a colleague's in the platform's own app",
    "edit": "names the same object and wins over its creation",
    "delete": "names the same object",
    "unknown": "a kind that nobody has seen is kept as ignored",
    "fields": "text, author, time, parent, thread, rating, media, address; no wrong type raises anything",
    "reply": "goes out once and whole; another reply under the same key is another one",
    "too long": "never leaves",
    "rate": "a rate limit, with its pause",
    "refused": "for good",
    "window": "a closed window is named",
    "revoked": "a token that ended is named",
    "timeout": "silence after the post is unknown",
}
ASKED = "it is asked, and sends no deliveries"
WHY = {
    ("generic", "unknown"): "a kind outside the five breaks its entry, with the reason",
    ("telegram", "handshake"): "Telegram asks nothing first",
    ("telegram", "batch"): "one update a delivery",
    ("messenger", "delete"): "Messenger tells of no deletions",
    ("threads", "edit"): "Threads tells of no edits",
    ("line", "outbound"): "LINE tells a bot nothing of what its owner writes",
    ("slack", "batch"): "one event a delivery",
    ("twilio", "handshake"): "Twilio asks nothing first",
    ("twilio", "batch"): "one message a delivery",
    ("twilio", "outbound"): "Twilio tells of what comes in; of ours only the status",
    ("twilio", "edit"): "a text message cannot be edited",
    ("twilio", "delete"): "a text message cannot be taken back",
    ("trustpilot", "handshake"): "Trustpilot asks nothing first",
    ("email", "handshake"): "a provider asks nothing first",
    ("email", "edit"): "a mail cannot be edited",
    ("email", "delete"): "a mail cannot be taken back",
    ("email", "batch"): "one mail a delivery",
    ("bluesky", "edit"): "notifications tell of no edits",
    ("reddit", "edit"): "the inbox shows what came, not what became of it",
    ("bluesky", "outbound"): "notifications tell of what others write",
    ("mastodon", "outbound"): "notifications tell of what others write",
    ("mastodon", "delete"): "notifications tell of no deletions",
    ("bluesky", "delete"): "notifications tell of no deletions",
    ("youtube", "delete"): "the list shows what is there, not what is gone",
}
REVIEWS = ("google_play", "app_store", "google_business")
WHY |= {(kind, "delete"): "the list shows what is there, not what is gone" for kind in REVIEWS}
WHY |= {(kind, "unknown"): "a list of one kind" for kind in (*REVIEWS, "youtube")}
NO_WINDOW = "may be answered for ever"
NO_LENGTH = "no limit on length"
OWN = {
    ("generic", "handshake"): "tests.inbox.test_door_options:test_a_sender_hears_that_it_may_post",
    ("line", "handshake"): "tests.connectors.test_line:test_the_consoles_test_button_is_nothing_at_all",
    ("slack", "handshake"): "tests.connectors.test_slack:test_the_handshake_is_answered_only_when_signed",
    ("x", "handshake"): "tests.connectors.test_x:test_the_challenge_is_answered",
    ("discord", "handshake"): "tests.connectors.test_discord:test_a_ping_is_answered_only_when_signed",
    ("trustpilot", "signature"): "tests.connectors.test_trustpilot:test_the_token_in_the_address_proves_a_delivery",
    ("mastodon", "unknown"): "tests.connectors.test_mastodon:test_other_notifications_ask_for_nothing",
    ("bluesky", "unknown"): "tests.connectors.test_bluesky:test_a_like_asks_for_nothing",
    ("reddit", "unknown"): "tests.connectors.test_reddit:test_a_thing_of_another_kind_asks_for_nothing",
    ("reddit", "delete"): "tests.connectors.test_reddit:test_what_was_deleted_is_a_deletion",
    ("reddit", "outbound"): "tests.connectors.test_reddit:test_our_own_words_are_outbound",
    ("email", "reply"): "tests.connectors.test_email:test_an_answer_goes_out_once_and_whole",
    ("email", "rate"): "tests.inbox.test_mail_sending:test_what_went_wrong_has_a_name",
    ("email", "refused"): "tests.connectors.test_email:test_the_servers_word_decides",
    ("email", "revoked"): "tests.connectors.test_email:test_a_wrong_password_ends_our_access",
    ("email", "timeout"): "tests.connectors.test_email:test_silence_after_the_last_byte_is_an_unknown_outcome",
}
PARSED = {"outbound": "echoed", "edit": "edited", "delete": "deleted", "unknown": "unknown"}
POLLED = {"outbound": "answer_there", "edit": "rewrite"}


def classes() -> dict[str, list[type[Base]]]:
    """The test classes of each kind."""
    found: dict[str, list[type[Base]]] = {kind: [] for kind in registry.CONNECTORS}
    for module in pkgutil.iter_modules(tests.connectors.__path__, "tests.connectors."):
        for name, each in vars(importlib.import_module(module.name)).items():
            ours = inspect.isclass(each) and issubclass(each, Base) and each.__module__ == module.name
            if name.startswith("Test") and ours and hasattr(each, "kind"):
                found[each.kind].append(each)
    return found


def proved(kind: str, line: str) -> str:
    """`yes`, or why the platform has no such thing; "" is a hole."""
    if any(_proves(each, line) for each in classes()[kind]) or (kind, line) in OWN:
        return YES
    return next(_excuses(kind, line), "")


def _excuses(kind: str, line: str) -> Iterator[str]:
    if (kind, line) in WHY:
        yield WHY[kind, line]
    if line in {"signature", "handshake"} and not any(issubclass(each, ParseContract) for each in classes()[kind]):
        yield ASKED
    if line == "window":
        yield NO_WINDOW
    if line == "too long":
        yield NO_LENGTH


def _proves(tested: type[Any], line: str) -> bool:
    if line == "signature":
        return issubclass(tested, VerifyContract)
    if line == "handshake":
        return issubclass(tested, MetaContract)
    if line == "batch":
        return issubclass(tested, PollContract) or (issubclass(tested, ParseContract) and tested().batch(7) is not None)
    if line in {"duplicates", "fields"}:
        return issubclass(tested, ParseContract | PollContract)
    if line in PARSED:
        return _told(tested, line) or _asked(tested, line)
    return issubclass(tested, SendContract) and _sends(tested, line)


def _told(tested: type[Any], line: str) -> bool:
    return issubclass(tested, ParseContract) and getattr(tested(), PARSED[line])() is not None


def _asked(tested: type[Any], line: str) -> bool:
    if not issubclass(tested, PollContract) or line not in POLLED:
        return False
    platform = tested.poll_server_class()
    try:
        for number in (1, 2):
            tested().write(platform, number)
        return getattr(tested(), POLLED[line])(platform) is not None
    finally:
        platform.close()


def _sends(tested: type[Any], line: str) -> bool:
    if line == "too long":
        return tested.length is not None
    return line != "window" or "window_closed" in tested.server_class.problems


def table() -> str:
    """For docs/connectors/README.md: a dot for what is proved, a number for why there is no such thing."""
    reasons: list[str] = []
    rows = [f"| connector | {' | '.join(LINES)} |", f"|---|{'---|' * len(LINES)}"]
    rows += [
        f"| {kind} | {' | '.join(_cell(proved(kind, line), reasons) for line in LINES)} |"
        for kind in registry.CONNECTORS
    ]
    meanings = [f"* *{line}*: {meaning}" for line, meaning in LINES.items()]
    notes = [f"{number}. {reason}" for number, reason in enumerate(reasons, 1)]
    return "\n".join([*rows, "", *meanings, "", *notes])


def _cell(said: str, reasons: list[str]) -> str:
    if said == YES:
        return "●"
    if said not in reasons:
        reasons.append(said)
    return str(reasons.index(said) + 1)

"""Every page there is, with what each address is filled with: what axe reads.

A page that is in the URLconf and not here fails `test_pages`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

PAGES = (
    "/", "/?q=help", "/?q=nothing-like-it", "/queue/mine/", "/queue/unclaimed/", "/queue/snoozed/", "/queue/done/",
    "/team/support/?assignee=none", "/views/{view}/", "/queues/", "/notifications/", "/handed-over/", "/unsent/",
    "/items/{item}/", "/items/{item}/hand-over/", "/items/{item}/return/", "/items/{item}/snooze/",
    "/items/{item}/skip/", "/items/0/",
    "/rules/", "/rules/?whole=1", "/rules/new/", "/rules/{rule}/", "/rules/past/", "/rules/versions/", "/rules/yaml/",
    "/saved-replies/", "/saved-replies/new/", "/saved-replies/{saved}/",
    "/connections/", "/connections/{connection}/", "/connections/new/", "/connections/new/telegram/",
    "/connections/{connection}/events/", "/connections/dead/", "/connections/events/{event}/",
    "/people/", "/people/new/", "/people/{person}/", "/people/reasons/", "/people/targets/",
    "/people/teams/new/", "/people/teams/{team}/", "/people/teams/{team}/duty/", "/people/teams/{team}/targets/",
    "/coverage/", "/coverage/?week=2026-06-01", "/ledger/",
    "/preferences/", "/preferences/keys/", "/preferences/password/",
)  # fmt: skip
AT_THE_DOOR = "/sign-in/"


@dataclass(frozen=True)
class Shown:
    """The ids in the addresses."""

    item: int = 1
    view: int = 1
    rule: int = 1
    saved: int = 1
    connection: int = 1
    event: int = 1
    person: int = 1
    team: int = 1

    def addresses(self) -> list[str]:
        return [page.format_map(asdict(self)) for page in PAGES]

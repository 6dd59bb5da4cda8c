"""Moss & Meeple, a small brand that does not exist: its people here, its connections, its rules."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction

from inbox import connections
from inbox.demo import desk
from inbox.models import Connection
from routing import rulesets
from teams import people
from teams.models import Membership, Team, User

HERE = Path(__file__).parent
SUPPORT, MARKETING = "support", "marketing"
TEAMS = {SUPPORT: ("Support", 205), MARKETING: ("Marketing", 330)}
APPS = ("Meeple Companion app", "Shop reviews", "Players’ forum", "Social mentions")
BOT = "Telegram bot"
BOT_TOKEN = "1000001:demo-only-and-known-to-everybody"  # noqa: S105 - of a bot that does not exist


@dataclass(frozen=True, slots=True)
class Person:
    """A login of the demo. Its password is printed and known to everybody: never for real work."""

    username: str
    name: str
    password: str
    team: str = ""
    leads: bool = False


PEOPLE = (
    Person("ada", "Ada Marsh", "first-leg-of-four"),
    Person("sam", "Sam Okoye", "quiet-baton-seven", SUPPORT),
    Person("sue", "Sue Lindgren", "steady-hands-nine", SUPPORT, leads=True),
    Person("max", "Max Ferrer", "loud-shoes-eleven", MARKETING),
    Person("mia", "Mia Tanaka", "last-corner-three", MARKETING, leads=True),
)


@transaction.atomic
def set_up() -> dict[str, Connection]:
    """Make what is not there yet, through the services that people use; returns the connections by name."""
    ada = _admin()
    teams = {slug: _team(ada, slug) for slug in TEAMS}
    for person in PEOPLE[1:]:
        _person(ada, person, teams)
    found = {connection.name: connection for connection in own_connections()}
    if not found:
        rulesets.import_yaml((HERE / "rules.yaml").read_text(encoding="utf-8"), by=ada, note="Demo")
        desk.set_up(ada)
    return {name: found.get(name) or _connect(name, ada) for name in (*APPS, BOT)}


def own_connections() -> list[Connection]:
    """The demo's connections: named as above, and answered by the demo itself."""
    return [row for row in Connection.objects.filter(name__in=(*APPS, BOT)) if is_ours(row)]


def is_ours(connection: Connection) -> bool:
    return any(str(value).startswith(_here("")) for value in connection.settings.values())


def logins() -> list[Person]:
    """The people who can still sign in with the printed password."""
    known = {user.username: user for user in User.objects.filter(username__in=[p.username for p in PEOPLE])}
    return [
        person
        for person in PEOPLE
        if (user := known.get(person.username)) and user.is_active and user.check_password(person.password)
    ]


def _here(path: str) -> str:
    return f"{settings.BASE_URL}/demo/{path}"


def _admin() -> User:
    known = User.objects.filter(username=PEOPLE[0].username).first()
    if known:
        return known
    ada = User(username=PEOPLE[0].username, display_name=PEOPLE[0].name, is_admin=True)
    ada.set_password(PEOPLE[0].password)
    ada.save()
    return ada


def _team(by: User, slug: str) -> Team:
    name, hue = TEAMS[slug]
    known = Team.objects.filter(slug=slug).first()
    return known or people.save_team(by=by, team=Team(slug=slug, name=name, hue=hue))


def _person(by: User, person: Person, teams: dict[str, Team]) -> None:
    if User.objects.filter(username=person.username).exists():
        return
    user = people.add_person(by=by, username=person.username, password=person.password, display_name=person.name)
    role = Membership.Role.LEAD if person.leads else Membership.Role.AGENT
    people.set_roles(by=by, person=user, roles={teams[person.team].pk: role})


def _connect(name: str, by: User) -> Connection:
    if name == BOT:
        given = {"api_base": _here("bot-api"), "bot_token": BOT_TOKEN}
        return connections.add_connection(kind="telegram", name=name, settings=given, by=by).connection
    row = connections.add_connection(kind="generic", name=name, by=by).connection
    address = {"reply_url": _here(f"app/{row.key}/")}
    return connections.change_connection(connection=row, name=name, settings=address, by=by)

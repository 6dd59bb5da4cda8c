"""Every connector there is. A new platform is one file and one line here."""

from __future__ import annotations

from connectors.app_store import AppStore
from connectors.base import Connector
from connectors.bluesky import Bluesky
from connectors.discord import Discord
from connectors.email import Email
from connectors.facebook import Facebook, Messenger
from connectors.generic import Generic
from connectors.google_business import GoogleBusiness
from connectors.google_play import GooglePlay
from connectors.instagram import Instagram
from connectors.line import Line
from connectors.mastodon import Mastodon
from connectors.reddit import Reddit
from connectors.slack import Slack
from connectors.telegram import Telegram
from connectors.threads import Threads
from connectors.trustpilot import Trustpilot
from connectors.twilio import Twilio
from connectors.whatsapp import WhatsApp
from connectors.x import X
from connectors.youtube import YouTube

CONNECTORS: dict[str, Connector] = {
    "generic": Generic(),
    "telegram": Telegram(),
    "facebook": Facebook(),
    "messenger": Messenger(),
    "instagram": Instagram(),
    "threads": Threads(),
    "whatsapp": WhatsApp(),
    "line": Line(),
    "slack": Slack(),
    "x": X(),
    "discord": Discord(),
    "twilio": Twilio(),
    "trustpilot": Trustpilot(),
    "email": Email(),
    "mastodon": Mastodon(),
    "bluesky": Bluesky(),
    "reddit": Reddit(),
    "youtube": YouTube(),
    "google_play": GooglePlay(),
    "app_store": AppStore(),
    "google_business": GoogleBusiness(),
}


class UnknownKind(KeyError):
    """No connector is called that."""


def get(kind: str) -> Connector:
    try:
        return CONNECTORS[kind]
    except KeyError:
        raise UnknownKind(kind) from None

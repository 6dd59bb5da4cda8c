"""Forms for connections: their fields come from what each connector says it needs, their words from its guide."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from connectors.base import Connector
from connectors.guides import GUIDES
from inbox.connections import MAIN, OURS, OWN_ID
from inbox.models import Connection

LABELS = {
    OWN_ID: _("Our own id on the platform"),
    MAIN: _("Signing secret"),
    "access_token": _("Access token"),
    "access_token_secret": _("Access token secret"),
    "account_sid": _("Account SID"),
    "address": _("Address"),
    "api_base": _("Address of the platform’s API"),
    "api_key": _("API key"),
    "api_secret": _("API secret"),
    "api_version": _("Version of the platform’s API"),
    "app_password": _("App password"),
    "app_secret": _("App secret"),
    "auth_token": _("Auth token"),
    "bot_token": _("Bot token"),
    "channel_secret": _("Channel secret"),
    "channel_token": _("Channel access token"),
    "channels": _("Channels"),
    "client_id": _("Client ID"),
    "client_secret": _("Client secret"),
    "consumer_key": _("API key"),
    "consumer_secret": _("API key secret"),
    "data_base": _("Address for files"),
    "from_name": _("Name of the sender"),
    "human_agent": _("Human agent tag"),
    "identifier": _("Handle or DID"),
    "issuer_id": _("Issuer ID"),
    "key_id": _("Key ID"),
    "login": _("Login"),
    "login_base": _("Address for logging in"),
    "longest_post": _("Longest post"),
    "max_characters": _("Most characters"),
    "messaging_service_sid": _("Messaging service SID"),
    "poll": _("Ask for mentions"),
    "private_key": _("Private key"),
    "provider": _("Mail provider"),
    "provider_domain": _("Sending domain"),
    "public_key": _("Public key"),
    "refresh_token": _("Refresh token"),
    "reply_url": _("Reply address"),
    "service_account": _("Service account"),
    "signing_secret": _("Signing secret"),
    "smtp_host": _("SMTP server"),
    "smtp_password": _("SMTP password"),
    "smtp_port": _("SMTP port"),
    "smtp_security": _("SMTP security"),
    "smtp_user": _("SMTP user"),
    "url_token": _("Token in the address"),
    "username": _("Username"),
    "verify_token": _("Verify token"),
    "webhook_key": _("Signing key"),
}
RARE = frozenset({"api_base", "api_version", "data_base", "login_base"})
SWITCHES = frozenset({"human_agent", "poll"})
CHOICES = {
    "smtp_security": (("", "STARTTLS"), ("tls", "TLS"), ("none", _("none"))),
    "provider": (
        ("", _("none")),
        ("mailersend", "MailerSend"),
        ("mailgun", "Mailgun"),
        ("mailjet", "Mailjet"),
        ("mandrill", "Mandrill"),
        ("postal", "Postal"),
        ("postmark", "Postmark"),
        ("sendgrid", "SendGrid"),
        ("sparkpost", "SparkPost"),
    ),
}
LONG = frozenset({"private_key", "service_account", "webhook_key"})  # of several lines
_NAMES = re.compile(rf"\b({'|'.join(sorted(LABELS, key=len, reverse=True))})\b")
_ALSO_WORDS = frozenset({"address", "channels", "identifier", "poll", "provider", "secret", "username"})


def label_of(name: str) -> str:
    return str(LABELS.get(name, name.replace("_", " ").capitalize()))


def steps(connector: Connector, url: str) -> list[str]:
    """What to do on the platform, in the reader's language, with the names that the fields have on the page."""
    told = GUIDES[connector.kind].told("\0", gettext)
    return [_labelled(step, connector).replace("\0", url) for step in told]


def _labelled(text: str, connector: Connector) -> str:
    fields = {*connector.secrets, *connector.settings} - _ALSO_WORDS
    return _NAMES.sub(lambda found: _quoted(label_of(found[0])) if found[0] in fields else found[0], text)


def _quoted(name: str) -> str:
    return gettext("“%(name)s”") % {"name": name}


def takes_deliveries(kind: str) -> bool:
    """Whether the platform is told an address of ours; the others are asked."""
    return any("{url}" in step for step in GUIDES[kind].steps)


def help_of(connector: Connector, name: str) -> str:
    """What the guide says of a field, as a sentence."""
    said = GUIDES[connector.kind].fields.get(name, "")
    words = _labelled(gettext(said), connector) if said else ""
    words = gettext("%(words)s.") % {"words": words[:1].upper() + words[1:]} if words else ""
    if name in OURS:
        words = _then(words, gettext("Leave it empty and we make a good one."))
    if name == OWN_ID:
        words = _then(words, gettext("What it writes itself is then never taken for a customer’s message."))
    return words


def _then(words: str, more: str) -> str:
    return gettext("%(words)s %(more)s") % {"words": words, "more": more} if words else more


class ConnectionForm(forms.Form):
    """A connection's name, settings and secrets. Of an existing one, secrets are changed elsewhere."""

    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("As colleagues should see it, like @yourbrand.")
    )

    def __init__(self, connector: Connector, *args: Any, connection: Connection | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.connector, self.connection = connector, connection
        for name in () if connection else connector.secrets:
            self.fields[name] = secret_field(name, help_of(connector, name))
        own_id = (OWN_ID,) if OWN_ID in GUIDES[connector.kind].fields else ()
        for name in (*own_id, *connector.settings):
            self.fields[name] = self._setting(name)
        if connection:
            self.fields["name"].initial = connection.name

    @property
    def usual(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in RARE]

    @property
    def rare(self) -> list[forms.BoundField]:
        return [field for field in self if field.name in RARE]

    def settings(self) -> dict[str, str]:
        """Everything but the name and the main secret; what is empty is not set."""
        values = {name: value for name, value in self.cleaned_data.items() if name not in {"name", MAIN}}
        return {name: "yes" if value is True else value for name, value in values.items() if value}

    def _now(self, name: str) -> str:
        if self.connection is None:
            return ""
        return self.connection.external_id if name == OWN_ID else str(self.connection.settings.get(name, ""))

    def _setting(self, name: str) -> forms.Field:
        known: dict[str, Any] = {
            "label": label_of(name),
            "help_text": help_of(self.connector, name),
            "required": False,
        }
        if name in SWITCHES:
            return forms.BooleanField(initial=bool(self._now(name)), **known)
        if name in CHOICES:
            return forms.ChoiceField(choices=CHOICES[name], initial=self._now(name), **known)
        return forms.CharField(initial=self._now(name), widget=forms.TextInput(attrs={"spellcheck": "false"}), **known)


class SecretForm(forms.Form):
    """A new value of one secret; an empty one is made up where the platform lets us choose."""

    def __init__(self, name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": f"secret-{name}-%s", **kwargs})
        self.fields["value"] = secret_field(name, "", required=name not in OURS)
        self.fields["value"].label = label_of(name)
        self.fields["value"].widget.attrs["placeholder"] = (
            gettext("New value, or empty for a made-up one") if name in OURS else gettext("New value")
        )


def secret_field(name: str, help_text: str, *, required: bool = False) -> forms.CharField:
    """A value that is typed and never shown again. Keys of several lines keep their line breaks."""
    attrs = {"autocomplete": "off", "spellcheck": "false"}
    widget = forms.Textarea(attrs={**attrs, "rows": "5"}) if name in LONG else forms.TextInput(attrs=attrs)
    return forms.CharField(label=label_of(name), help_text=help_text, required=required, widget=widget)

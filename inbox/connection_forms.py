"""Forms for connections: their fields come from what each connector says it needs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from connectors.base import Connector
from inbox.connections import MAIN, OWN_ID
from inbox.models import Connection

LABELS = {
    "reply_url": _("Reply address"),
    "bot_token": _("Bot token"),
    "app_secret": _("App secret"),
    "verify_token": _("Verify token"),
    "access_token": _("Access token"),
    "username": _("Username"),
    "api_base": _("Address of the platform’s API"),
    "api_version": _("Version of the platform’s API"),
    OWN_ID: _("Our own id on the platform"),
    MAIN: _("Signing secret"),
}
HELP = {
    "reply_url": _("Replies are posted there, signed. Without it this connection can only receive."),
    "bot_token": _("BotFather gives it."),
    OWN_ID: _("What this account writes itself is then never taken for a customer’s message."),
    MAIN: _("Leave it empty and we make a good one."),
}
RARE = frozenset({"api_base", "api_version"})


def label_of(name: str) -> str:
    return str(LABELS.get(name, name.replace("_", " ").capitalize()))


class ConnectionForm(forms.Form):
    """A connection's name, settings and secrets. Of an existing one, secrets are changed elsewhere."""

    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("As colleagues should see it, like @yourbrand.")
    )

    def __init__(self, connector: Connector, *args: Any, connection: Connection | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.connector, self.connection = connector, connection
        for name in (*connector.settings, OWN_ID):
            self.fields[name] = self._text(name, initial=self._now(name))
        if connection:
            self.fields["name"].initial = connection.name
        else:
            for name in connector.secrets:
                self.fields[name] = self._text(name, secret=True)

    @property
    def usual(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in RARE]

    @property
    def rare(self) -> list[forms.BoundField]:
        return [field for field in self if field.name in RARE]

    def settings(self) -> dict[str, str]:
        """Everything but the name and the main secret; what is empty is not set."""
        values = {name: value for name, value in self.cleaned_data.items() if name not in {"name", MAIN}}
        return {name: value for name, value in values.items() if value}

    def _now(self, name: str) -> str:
        if self.connection is None:
            return ""
        return self.connection.external_id if name == OWN_ID else str(self.connection.settings.get(name, ""))

    def _text(self, name: str, *, initial: str = "", secret: bool = False) -> forms.CharField:
        hidden = {"autocomplete": "off", "spellcheck": "false"}
        return forms.CharField(
            label=label_of(name),
            help_text=str(HELP.get(name, "")),
            required=False,
            initial=initial,
            widget=forms.TextInput(attrs=hidden if secret else {"spellcheck": "false"}),
        )


class SecretForm(forms.Form):
    """A new value of one secret; an empty one is made up where the platform lets us choose."""

    value = forms.CharField(
        required=False, strip=True, widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    )

    def __init__(self, name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["value"].label = gettext("New value")
        self.fields["value"].required = name != MAIN

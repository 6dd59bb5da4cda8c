"""How the platforms that have to be asked are connected."""

from __future__ import annotations

from connectors.guide import Guide, gettext_noop

POLLED: dict[str, Guide] = {
    "mastodon": Guide(
        (
            gettext_noop(
                "In the account's preferences open Development, create an application with the rights "
                "read:notifications, read:statuses and write:statuses, and copy its access token."
            ),
        ),
        {
            "access_token": gettext_noop("of that application"),
            "api_base": gettext_noop("the server, https://…"),
            "max_characters": gettext_noop("500 unless the server allows more"),
            "external_id": gettext_noop("the account's id on its server"),
        },
    ),
    "bluesky": Guide(
        (gettext_noop("Under Settings, Privacy and security, create an app password."),),
        {
            "app_password": gettext_noop("never the account's own"),
            "identifier": gettext_noop("handle or DID"),
            "api_base": gettext_noop("another server"),
            "external_id": gettext_noop("the DID: what it writes is outbound"),
        },
    ),
    "reddit": Guide(
        (
            gettext_noop(
                "Create an app at reddit.com/prefs/apps and get a permanent refresh token with the scopes "
                "privatemessages, read and submit."
            ),
        ),
        {
            "client_secret": gettext_noop("of the app"),
            "refresh_token": gettext_noop("of the account"),
            "client_id": gettext_noop("of the app"),
            "username": gettext_noop("the account: what it writes is outbound"),
        },
    ),
    "youtube": Guide(
        (
            gettext_noop(
                "In the Google Cloud console switch on the YouTube Data API v3, create an OAuth client "
                "and get a refresh token with the scope youtube.force-ssl for the channel's owner."
            ),
        ),
        {
            "refresh_token": gettext_noop("of the owner"),
            "client_secret": gettext_noop("of the OAuth client"),
            "client_id": gettext_noop("of the OAuth client"),
            "external_id": gettext_noop("the channel's id"),
        },
    ),
    "google_play": Guide(
        (gettext_noop("Create a service account with a JSON key and give it Reply to reviews in the Play Console."),),
        {
            "service_account": gettext_noop("the whole key file"),
            "external_id": gettext_noop("the package name"),
        },
    ),
    "app_store": Guide(
        (gettext_noop("In App Store Connect create an API key with the role Customer Support and download it."),),
        {
            "private_key": gettext_noop("the .p8 file"),
            "key_id": gettext_noop("of the key"),
            "issuer_id": gettext_noop("of the team"),
            "external_id": gettext_noop("the app's Apple ID"),
        },
    ),
    "google_business": Guide(
        (
            gettext_noop(
                "Ask Google for access to the Business Profile APIs, create an OAuth client and get a "
                "refresh token with the scope business.manage."
            ),
        ),
        {
            "refresh_token": gettext_noop("of a manager"),
            "client_secret": gettext_noop("of the OAuth client"),
            "client_id": gettext_noop("of the OAuth client"),
            "external_id": gettext_noop("accounts/…/locations/…"),
        },
    ),
}

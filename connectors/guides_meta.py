"""How Meta's platforms are connected: the same steps for each, with other names."""

from __future__ import annotations

from connectors.guide import Guide, gettext_noop

_STEPS = (
    gettext_noop(
        "In the Meta app dashboard open Webhooks, choose the object {product}, and paste {url} as Callback URL."
    ),
    gettext_noop(
        "Make up a long random word, enter it here as verify_token and there as Verify token. "
        "Meta calls the address at once; it answers the challenge."
    ),
    gettext_noop("Subscribe to the fields {watched}."),
    gettext_noop(
        "Copy App secret (App settings, Basic) to app_secret and a long-lived token to "
        "access_token. Subscribe the account itself with POST /<id>/subscribed_apps; the app has "
        "to be live and to have advanced access."
    ),
)
_FIELDS = {
    "app_secret": gettext_noop("signs every delivery"),
    "verify_token": gettext_noop("your own word, for the handshake"),
    "access_token": gettext_noop("for replies"),
    "api_version": gettext_noop("v24.0 unless set"),
    "api_base": gettext_noop("another host, for tests"),
}
_AGENT = {"human_agent": gettext_noop("yes when Meta granted the human agent tag: 7 days instead of 24 hours")}

META: dict[str, Guide] = {
    "facebook": Guide(
        _STEPS,
        {**_FIELDS, **_AGENT, "external_id": gettext_noop("the page's id")},
        {
            "product": "Page",
            "watched": "feed, mention, ratings, messages, message_echoes, message_edits, message_reactions",
        },
    ),
    "messenger": Guide(
        _STEPS,
        {**_FIELDS, **_AGENT, "external_id": gettext_noop("the page's id")},
        {
            "product": "Page",
            "watched": "messages, messaging_postbacks, message_echoes, message_edits, message_reactions, "
            "message_deliveries, message_reads",
        },
    ),
    "instagram": Guide(
        _STEPS,
        {**_FIELDS, **_AGENT, "external_id": gettext_noop("the professional account's id")},
        {
            "product": "Instagram",
            "watched": "comments, live_comments, mentions, messages, message_reactions, messaging_postbacks",
        },
    ),
    "threads": Guide(
        _STEPS,
        {
            **_FIELDS,
            "external_id": gettext_noop("the profile's id"),
            "username": gettext_noop("your handle: what it writes is outbound"),
        },
        {"product": "Threads", "watched": "replies, mentions, delete"},
    ),
    "whatsapp": Guide(
        _STEPS,
        {**_FIELDS, "external_id": gettext_noop("the phone number id")},
        {"product": "WhatsApp Business Account", "watched": "messages, smb_message_echoes, user_id_update"},
    ),
}

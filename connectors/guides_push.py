"""How the platforms that send deliveries are connected."""

from __future__ import annotations

from connectors.guide import Guide, gettext_noop

PUSHED: dict[str, Guide] = {
    "generic": Guide(
        (
            gettext_noop(
                "Sign the JSON below with the connection's secret and POST it to {url}. Libraries for it "
                "exist in most languages (standardwebhooks.com)."
            ),
            gettext_noop(
                "Set reply_url to an address of yours that takes replies; they are signed with the same secret."
            ),
        ),
        {
            "secret": gettext_noop("whsec_ followed by base64; several may be valid while you rotate"),
            "reply_url": gettext_noop("where replies are posted"),
            "external_id": gettext_noop("your own author id: what it writes is outbound"),
        },
    ),
    "telegram": Guide(
        (
            gettext_noop("Talk to @BotFather, create a bot, copy its token to bot_token."),
            gettext_noop("Make up a word of letters, digits, _ and - for secret."),
            gettext_noop(
                "Call setWebhook with {url} as url, the word as secret_token, and allowed_updates with "
                "message_reaction where you want reactions."
            ),
        ),
        {
            "secret": gettext_noop("the secret token, compared in constant time"),
            "bot_token": gettext_noop("for replies and files"),
            "external_id": gettext_noop("the bot's id, the digits before the colon of its token"),
            "api_base": gettext_noop("another Bot API server"),
        },
    ),
    "x": Guide(
        (
            gettext_noop(
                "Create a project and an app at developer.x.com with read and write and direct message rights."
            ),
            gettext_noop(
                "Register {url} with POST /2/webhooks; X asks for the challenge (CRC) at once and again every so often."
            ),
            gettext_noop(
                "Subscribe to post.mention.create, post.reply.create, post.quote.create, dm.received, "
                "dm.sent and oauth.revoke with POST /2/activity/subscriptions."
            ),
            gettext_noop("Without webhooks set poll to yes."),
        ),
        {
            "consumer_secret": gettext_noop("signs deliveries and challenges; also called API key secret"),
            "access_token": gettext_noop("of the account that replies (OAuth 1.0a)"),
            "access_token_secret": gettext_noop("its secret"),
            "consumer_key": gettext_noop("API key"),
            "poll": gettext_noop("yes asks for mentions; every post read is paid for"),
            "longest_post": gettext_noop("280 unless your account may write more"),
            "external_id": gettext_noop("the account's numeric id"),
        },
    ),
    "line": Guide(
        (
            gettext_noop(
                "In the LINE Developers console open the Messaging API channel and paste {url} as Webhook "
                "URL. Press Verify."
            ),
            gettext_noop("Switch on Use webhook and Webhook redelivery: without it LINE repeats nothing."),
            gettext_noop("Copy Channel secret and a long-lived Channel access token."),
        ),
        {
            "channel_secret": gettext_noop("signs deliveries"),
            "channel_token": gettext_noop("for replies and files"),
            "api_base": gettext_noop("another host"),
            "data_base": gettext_noop("another host for files"),
        },
    ),
    "slack": Guide(
        (
            gettext_noop(
                "Create an app at api.slack.com/apps with the bot scopes chat:write, app_mentions:read, "
                "channels:history, im:history, files:read, files:write and reactions:read."
            ),
            gettext_noop(
                "Under Event Subscriptions paste {url}; Slack verifies it at once. Subscribe to "
                "app_mention, message.channels, message.im, reaction_added, tokens_revoked, "
                "app_uninstalled."
            ),
            gettext_noop("Install it and copy Signing Secret and Bot User OAuth Token."),
        ),
        {
            "signing_secret": gettext_noop("signs deliveries"),
            "bot_token": gettext_noop("for replies and files, begins with xoxb-"),
            "external_id": gettext_noop("the bot's user id: what it writes is outbound"),
        },
    ),
    "discord": Guide(
        (
            gettext_noop(
                "Create an application and a bot at discord.com/developers, with the Message Content "
                "intent, and invite it with View Channels, Read Message History and Send Messages."
            ),
            gettext_noop("Copy Public Key and the bot's token; name the channels by id, separated by commas."),
            gettext_noop("For events paste {url} under Webhooks; Discord probes it with bad signatures too."),
        ),
        {
            "public_key": gettext_noop("64 hexadecimal digits; checks Ed25519 signatures"),
            "bot_token": gettext_noop("for asking and replies"),
            "channels": gettext_noop("channel ids; none means nothing is asked for"),
            "external_id": gettext_noop("the bot's user id"),
        },
    ),
    "twilio": Guide(
        (
            gettext_noop(
                "In the console open the number or the messaging service and paste {url} under A message "
                "comes in (HTTP POST) and as status callback."
            ),
            gettext_noop("Copy Account SID and Auth Token."),
        ),
        {
            "auth_token": gettext_noop("signs deliveries and logs in"),
            "account_sid": gettext_noop("begins with AC"),
            "messaging_service_sid": gettext_noop("sends in place of the number"),
            "external_id": gettext_noop("the number, as +386… or whatsapp:+386…"),
        },
    ),
    "trustpilot": Guide(
        (
            gettext_noop(
                "In the business app open Integrations, Developers, Webhooks, and paste {url} followed by "
                "?token= and your url_token for each of created, updated and deleted."
            ),
            gettext_noop("For replies copy the API key and secret."),
        ),
        {
            "url_token": gettext_noop("a long random word in the address; Trustpilot signs nothing"),
            "api_secret": gettext_noop("for replies and for asking"),
            "api_key": gettext_noop("belongs to it"),
            "external_id": gettext_noop("the business unit's id; with api_secret reviews are asked for too"),
        },
    ),
    "email": Guide(
        (
            gettext_noop(
                "With a provider: choose it here, have it post inbound mail to {url} and reports of delivery to "
                "{url}?about=delivery."
            ),
            gettext_noop(
                "Where the provider signs (Mailgun, Mandrill, MailerSend, Postal), copy its key to webhook_key; "
                "to the others give the address with user:password@ after https://, and enter the same as login."
            ),
            gettext_noop(
                "Without a provider: have each mail forwarded as it travelled (raw MIME, message/rfc822) by POST to "
                "{url} with basic auth, and enter login as user:password."
            ),
            gettext_noop("For replies enter the provider's api_key, or an outgoing server."),
        ),
        {
            "login": gettext_noop("user:password of the inbound address"),
            "webhook_key": gettext_noop("with which the provider signs what it posts"),
            "api_key": gettext_noop("of the provider, for sending; Mailjet's two with a colon between them"),
            "smtp_password": gettext_noop("for sending without the provider's API"),
            "provider": gettext_noop("who receives and sends for you; none means raw mails and SMTP"),
            "provider_domain": gettext_noop("the sending domain, where it is not the one of the address (Mailgun)"),
            "api_base": gettext_noop("another address of the provider's API, such as Mailgun's in Europe"),
            "address": gettext_noop("yours: it is the sender, and what it wrote is outbound"),
            "from_name": gettext_noop("shown beside it"),
            "smtp_host": gettext_noop("outgoing server"),
            "smtp_port": gettext_noop("587 unless set"),
            "smtp_user": gettext_noop("login name"),
            "smtp_security": gettext_noop("starttls unless set; tls, none"),
            "authserv_id": gettext_noop("how your mail server calls itself in Authentication-Results"),
        },
    ),
}

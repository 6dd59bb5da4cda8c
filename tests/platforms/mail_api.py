"""The sending APIs of mail providers, in the parts that a reply needs. From their own documentation: Mailgun
(documentation.mailgun.com, Messages), Postmark (postmarkapp.com/developer/api), SendGrid (docs.sendgrid.com, Mail
Send), Mandrill (mailchimp.com/developer/transactional, Send new message), Mailjet (dev.mailjet.com, Send API v3.1),
SparkPost (developers.sparkpost.com, Transmissions), MailerSend (developers.mailersend.com, Email).
"""

from __future__ import annotations

import base64
import json
import mimetypes
from typing import Any, ClassVar

from tests.platforms.server import PlatformServer, Request, Response

MAILGUN_KEY, POSTMARK_TOKEN = "key-lamps", "server-token-lamps"
KEY, MAILJET_PAIR = "token-lamps", "public-lamps:private-lamps"
AFTER = {"retry-after": "17"}
SUPPRESSED = {"type": "ALL_SUPPRESSED", "recipients": [{"email": "noor@home.example", "reasons": ["blocklisted"]}]}


class MailProvider(PlatformServer):
    key: ClassVar[str] = KEY
    wrong_key: ClassVar[str] = "another"
    asks_to_wait: ClassVar[int | None] = 17  # seconds
    answers_with_words: ClassVar[bool] = True  # otherwise the status is all it says
    file_fields: ClassVar[tuple[str, str, str]]  # what it calls the name, the type and the bytes of an attachment

    def __init__(self) -> None:
        super().__init__()
        self.attached: list[tuple[str, str, bytes]] = []

    def attach(self, files: list[dict[str, str]]) -> None:
        """Keep what came as base64 within the JSON."""
        name, kind, content = self.file_fields
        self.attached += [(each[name], each[kind], base64.b64decode(each[content], validate=True)) for each in files]


def _basic(login: str) -> str:
    return f"Basic {base64.b64encode(login.encode()).decode()}"


def _from(sender: dict[str, str], address: str = "email", name: str = "name") -> str:
    return f"{sender[name]} <{sender[address]}>"


def _told(headers: dict[str, str]) -> dict[str, str]:
    return {
        "message_id": headers["Message-ID"],
        "in_reply_to": headers["In-Reply-To"],
        "references": headers["References"],
    }


class MailgunServer(MailProvider):
    key = MAILGUN_KEY
    problems: ClassVar[dict[str, Response]] = {
        "rate_limited": Response(429, {"message": "Too many requests"}, AFTER),
        "refused": Response(400, {"message": "'to' parameter is not a valid address"}),
        "revoked": Response(401, {"message": "Forbidden"}),
    }

    def answer(self, request: Request) -> Response:
        if (
            request.headers.get("authorization") != _basic(f"api:{MAILGUN_KEY}")
            or request.path != "/v3/lamps.example/messages"
        ):
            return self.problems["revoked"]
        given = self.with_files(request) if request.headers["content-type"].startswith("multipart") else request.form
        form = {name.replace("Id", "ID"): value for name, value in given.items()}
        self.accepted.append(
            {
                "to": form["to"],
                "from": form["from"],
                "subject": form["subject"],
                "text": form["text"],
                "message_id": form["h:Message-ID"],
                "in_reply_to": form["h:In-Reply-To"],
                "references": form["h:References"],
                "key": form["v:relaybox_reply"],
            }
        )
        return Response(200, {"id": form["h:Message-ID"], "message": "Queued. Thank you."})

    def with_files(self, request: Request) -> dict[str, str]:
        """A mail with attachments comes as multipart/form-data, each of them in a part named `attachment`."""
        for name, part in request.all_parts:
            if name == "attachment":
                self.attached.append((part.name, part.type, part.body))
        return {name: part.text for name, part in request.all_parts if name != "attachment"}


class PostmarkServer(MailProvider):
    key = POSTMARK_TOKEN
    file_fields = ("Name", "ContentType", "Content")
    problems: ClassVar[dict[str, Response]] = {
        "rate_limited": Response(429, {"ErrorCode": 429, "Message": "Rate limit exceeded"}, AFTER),
        "refused": Response(422, {"ErrorCode": 405, "Message": "Not allowed to send"}),
        "revoked": Response(401, {"ErrorCode": 10, "Message": "Bad or missing server token"}),
    }

    def answer(self, request: Request) -> Response:
        if request.headers.get("x-postmark-server-token") != POSTMARK_TOKEN or request.path != "/v3/email":
            return self.problems["revoked"]
        post: dict[str, Any] = request.json
        headers = {each["Name"]: each["Value"] for each in post["Headers"]}
        self.attach(post.get("Attachments", []))
        self.accepted.append(
            {
                "to": post["To"],
                "from": post["From"],
                "subject": post["Subject"],
                "text": post["TextBody"],
                "key": post["Metadata"]["relaybox_reply"],
                **_told(headers),
            }
        )
        return Response(200, {"ErrorCode": 0, "Message": "OK", "MessageID": "pm-1", "To": post["To"]})


class SendGridServer(MailProvider):
    asks_to_wait = None  # it names the moment in a header of its own, X-RateLimit-Reset
    answers_with_words = False  # 202 and nothing else
    file_fields = ("filename", "type", "content")
    problems: ClassVar[dict[str, Response]] = {
        "rate_limited": Response(429, {"errors": [{"field": None, "message": "too many requests"}]}),
        "refused": Response(400, {"errors": [{"field": "from", "message": "Invalid from address"}]}),
        "revoked": Response(401, {"errors": [{"message": "The provided authorization grant is invalid"}]}),
    }

    def answer(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {KEY}" or request.path != "/v3/mail/send":
            return self.problems["revoked"]
        post: dict[str, Any] = request.json
        (person,) = post["personalizations"]
        (content,) = post["content"]
        self.attach(post.get("attachments", []))
        self.accepted.append(
            {
                "to": person["to"][0]["email"],
                "from": _from(post["from"]),
                "subject": post["subject"],
                "text": content["value"],
                "key": post["custom_args"]["relaybox_reply"],
                **_told(post["headers"]),
            }
        )
        return Response(202, None, {"x-message-id": "sg-1"})


class MandrillServer(MailProvider):
    """Its errors come as 500, whatever they are, and have a name."""

    file_fields = ("name", "type", "content")
    asks_to_wait = None
    problems: ClassVar[dict[str, Response]] = {
        "rate_limited": Response(429, {"status": "error", "code": -1, "name": "TooManyRequests", "message": "Slow"}),
        "refused": Response(500, {"status": "error", "code": -2, "name": "ValidationError", "message": "from_email"}),
        "revoked": Response(500, {"status": "error", "code": -1, "name": "Invalid_Key", "message": "Invalid API key"}),
        "rejected": Response(200, [{"email": "noor@home.example", "status": "rejected", "reject_reason": "spam"}]),
    }

    def answer(self, request: Request) -> Response:
        post: dict[str, Any] = request.json
        if post["key"] != KEY or request.path != "/v3/messages/send.json":
            return self.problems["revoked"]
        message = post["message"]
        (to,) = message["to"]
        self.attach(message.get("attachments", []))
        self.accepted.append(
            {
                "to": to["email"],
                "from": _from(message, "from_email", "from_name"),
                "subject": message["subject"],
                "text": message["text"],
                "key": message["metadata"]["relaybox_reply"],
                **_told(message["headers"]),
            }
        )
        return Response(200, [{"email": to["email"], "status": "sent", "_id": "md-1"}])


class MailjetServer(MailProvider):
    key = MAILJET_PAIR
    wrong_key = "public-lamps:another"
    file_fields = ("Filename", "ContentType", "Base64Content")
    problems: ClassVar[dict[str, Response]] = {
        "rate_limited": Response(429, {"ErrorCode": "429", "ErrorMessage": "Too many requests"}, AFTER),
        "refused": Response(400, {"Messages": [{"Status": "error", "Errors": [{"ErrorCode": "mj-0013"}]}]}),
        "revoked": Response(401, {"ErrorCode": "mj-0002", "ErrorMessage": "API key authentication failure"}),
    }

    def answer(self, request: Request) -> Response:
        if request.headers.get("authorization") != _basic(MAILJET_PAIR) or request.path != "/v3/send":
            return self.problems["revoked"]
        post: dict[str, Any] = request.json["Globals"]
        (message,) = request.json["Messages"]
        (to,) = message["To"]
        self.attach(post.get("Attachments", []))
        self.accepted.append(
            {
                "to": to["Email"],
                "from": _from(post["From"], "Email", "Name"),
                "subject": post["Subject"],
                "text": post["TextPart"],
                "key": json.loads(post["EventPayload"])["relaybox_reply"],
                **_told(post["Headers"]),
            }
        )
        told = {"Email": to["Email"], "MessageID": 1, "MessageUUID": "mj-1"}
        return Response(200, {"Messages": [{"Status": "success", "To": [told]}]})


class SparkPostServer(MailProvider):
    file_fields = ("name", "type", "data")
    problems: ClassVar[dict[str, Response]] = {
        "rate_limited": Response(429, {"errors": [{"message": "Too many requests"}]}, AFTER),
        "refused": Response(422, {"errors": [{"message": "invalid data format/type", "code": "1300"}]}),
        "revoked": Response(401, {"errors": [{"message": "Unauthorized."}]}),
        "rejected": Response(
            200, {"results": {"total_accepted_recipients": 0, "total_rejected_recipients": 1, "id": "sp-2"}}
        ),
    }

    def answer(self, request: Request) -> Response:
        if request.headers.get("authorization") != KEY or request.path != "/v3/transmissions/":
            return self.problems["revoked"]
        post: dict[str, Any] = request.json
        (to,) = post["recipients"]
        self.attach(post["content"].get("attachments", []))
        self.accepted.append(
            {
                "to": to["address"]["email"],
                "from": post["content"]["from"],
                "subject": post["content"]["subject"],
                "text": post["content"]["text"],
                "key": post["metadata"]["relaybox_reply"],
                **_told(post["content"]["headers"]),
            }
        )
        results = {"total_accepted_recipients": 1, "total_rejected_recipients": 0, "id": "sp-1"}
        return Response(200, {"results": results})


class MailerSendServer(MailProvider):
    """Headers of one's own are for enterprise accounts; it gives the mail its own Message-ID."""

    answers_with_words = False
    problems: ClassVar[dict[str, Response]] = {
        "rate_limited": Response(429, {"message": "Too Many Attempts."}, AFTER),
        "refused": Response(422, {"message": "The from.email must be verified.", "errors": {"from.email": ["x"]}}),
        "revoked": Response(401, {"message": "Unauthenticated."}),
        "rejected": Response(202, {"message": "There are some warnings.", "warnings": [SUPPRESSED]}),
    }

    def answer(self, request: Request) -> Response:
        post: dict[str, Any] = request.json
        if request.headers.get("authorization") != f"Bearer {KEY}" or request.path != "/v3/email":
            return self.problems["revoked"]
        if "headers" in post:
            return Response(403, {"message": "The headers field is available to enterprise accounts only."})
        for each in post.get("attachments", []):  # it has no field for a type: it goes by the name's ending
            kind = mimetypes.guess_type(each["filename"])[0] or ""
            self.attached.append((each["filename"], kind, base64.b64decode(each["content"], validate=True)))
        self.accepted.append(
            {
                "to": post["to"][0]["email"],
                "from": _from(post["from"]),
                "subject": post["subject"],
                "text": post["text"],
                "key": post["tags"][0],
                "in_reply_to": post["in_reply_to"],
            }
        )
        return Response(202, b"", {"x-message-id": "ms-1", "content-type": "text/html"})

"""The sending APIs of Mailgun (documentation.mailgun.com, Messages) and Postmark (postmarkapp.com/developer/api),
in the parts that a reply needs."""

from __future__ import annotations

import base64
from typing import Any, ClassVar

from tests.platforms.server import PlatformServer, Request, Response

MAILGUN_KEY, POSTMARK_TOKEN = "key-lamps", "server-token-lamps"


class MailgunServer(PlatformServer):
    key = MAILGUN_KEY
    problems: ClassVar[dict[str, Response]] = {
        "rate_limited": Response(429, {"message": "Too many requests"}, {"retry-after": "17"}),
        "refused": Response(400, {"message": "'to' parameter is not a valid address"}),
        "revoked": Response(401, {"message": "Forbidden"}),
    }

    def answer(self, request: Request) -> Response:
        login = base64.b64encode(f"api:{MAILGUN_KEY}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {login}" or request.path != "/v3/lamps.example/messages":
            return self.problems["revoked"]
        form = {name.replace("Id", "ID"): value for name, value in request.form.items()}
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


class PostmarkServer(PlatformServer):
    key = POSTMARK_TOKEN
    problems: ClassVar[dict[str, Response]] = {
        "rate_limited": Response(429, {"ErrorCode": 429, "Message": "Rate limit exceeded"}, {"retry-after": "17"}),
        "refused": Response(422, {"ErrorCode": 405, "Message": "Not allowed to send"}),
        "revoked": Response(401, {"ErrorCode": 10, "Message": "Bad or missing server token"}),
    }

    def answer(self, request: Request) -> Response:
        if request.headers.get("x-postmark-server-token") != POSTMARK_TOKEN or request.path != "/v3/email":
            return self.problems["revoked"]
        post: dict[str, Any] = request.json
        headers = {each["Name"]: each["Value"] for each in post["Headers"]}
        self.accepted.append(
            {
                "to": post["To"],
                "from": post["From"],
                "subject": post["Subject"],
                "text": post["TextBody"],
                "message_id": headers["Message-ID"],
                "in_reply_to": headers["In-Reply-To"],
                "references": headers["References"],
                "key": post["Metadata"]["relaybox_reply"],
            }
        )
        return Response(200, {"ErrorCode": 0, "Message": "OK", "MessageID": "pm-1", "To": post["To"]})

"""Twilio's Messages resource (twilio.com/docs/messaging/api/message-resource)."""

from __future__ import annotations

import base64
from typing import ClassVar

from tests.platforms.server import PlatformServer, Request, Response

SID, TOKEN = "AC41", "lamp-auth-token"
LONGEST, MOST_FILES = 1600, 10


def error(status: int, code: int, message: str, **headers: str) -> Response:
    return Response(status, {"code": code, "message": message, "status": status}, headers)


class TwilioServer(PlatformServer):
    problems: ClassVar[dict[str, Response]] = {
        "rate_limited": Response(429, {"code": 20429, "message": "Too Many Requests"}, {"retry-after": "17"}),
        "refused": error(400, 21610, "Attempt to send to unsubscribed recipient"),
        "revoked": error(401, 20003, "Authenticate"),
        "window_closed": error(400, 63016, "Failed to send freeform message outside the allowed window"),
    }

    def answer(self, request: Request) -> Response:
        login = base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {login}":
            return self.problems["revoked"]
        form = request.form
        if request.path != f"/2010-04-01/Accounts/{SID}/Messages.json" or not form.get("From"):
            return error(400, 21603, "A 'From' phone number is required")
        files = [value for name, value in request.all_fields if name == "MediaUrl"]
        if len(form.get("Body", "")) > LONGEST:
            return error(400, 21617, "The concatenated message body exceeds the 1600 character limit")
        if not form.get("Body") and not files:
            return error(400, 21619, "A text message body or media urls must be specified.")
        if len(files) > (1 if form["To"].startswith("whatsapp:") else MOST_FILES):
            return error(400, 21623, "Number of media files exceeds allowed limit")
        self.accepted.append({**form, "MediaUrl": files} if files else form)
        return Response(201, {"sid": "SMout1", "status": "queued"})

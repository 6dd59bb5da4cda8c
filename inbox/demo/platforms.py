"""The other side of the demo's connections: where replies of the demo go, so that they really leave.

`/demo/app/<key>/` is the brand's own app: it checks the signature of a reply as a customer's
receiver would, and keeps nothing. `/demo/bot-api/` answers sendMessage as Telegram does. Both are
there for the demo's own connections alone; for every other key there is nothing at these addresses.
"""

from __future__ import annotations

import json
import time
from hmac import compare_digest

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from connectors import registry
from connectors.base import Delivery, NotConfigured, SignatureError
from inbox.demo import brand


@csrf_exempt
@require_POST
def app(request: HttpRequest, key: str) -> HttpResponse:
    connection = next((row for row in brand.own_connections() if row.key == key and row.kind == "generic"), None)
    if connection is None:
        raise Http404
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        name = registry.get("generic").verify(Delivery(request.body, headers), connection.account())
    except (SignatureError, NotConfigured):
        return HttpResponse("The signature does not fit.", status=401, content_type="text/plain")
    return JsonResponse({"id": f"shown-{name}"})


@csrf_exempt
@require_POST
def bot_api(request: HttpRequest, token: str) -> HttpResponse:
    chat = _chat(request.body)
    bots = [row for row in brand.own_connections() if row.kind == "telegram"]
    if not any(_has(row.account().secret("bot_token"), token) for row in bots):
        raise Http404
    if chat is None:
        refusal = {"ok": False, "error_code": 400, "description": "Bad Request: chat_id is empty"}
        return JsonResponse(refusal, status=400)
    number = time.time_ns() // 1000
    return JsonResponse({"ok": True, "result": {"message_id": number, "date": int(time.time()), "chat": {"id": chat}}})


def _has(secret: str, token: str) -> bool:
    return bool(secret) and compare_digest(secret.encode(), token.encode())


def _chat(body: bytes) -> object:
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return sent.get("chat_id") if isinstance(sent, dict) else None

"""Answers 200 to everything, or dies at once when it is told to."""

import os
import sys

if os.environ.get("TINY_WEB_FAILS"):
    sys.exit("the web server has nothing to serve")


async def application(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"tiny"})

"""Replies over HTTP: write one, take it back, settle what is unknown."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from inbox import replies
from inbox.api.given import IDEMPOTENCY_KEY, Nothing, Reply
from inbox.api.items import told_of, viewer
from inbox.api.shapes import ReplyShape
from inbox.models import Outbound
from teams.api_errors import WRITING
from teams.api_fields import check
from teams.errors import Invalid


class Replies(APIView):
    @extend_schema(
        operation_id="items_reply",
        parameters=[IDEMPOTENCY_KEY],
        request=Reply,
        responses={200: ReplyShape, 201: ReplyShape, **WRITING},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Answer the customer: 201 with the new reply, 200 when its key was used for this very text before."""
        by, key = viewer(request), request.headers.get("Idempotency-Key", "").strip() or f"api-{uuid.uuid4()}"
        with told_of(pk, by):
            data = check(Reply, request.data)
        try:
            outbound, is_new = replies.reply_once(item=pk, by=by, text=data["text"], key=key, seen=data.get("version"))
        except Invalid as error:
            raise _in_header(error) from error
        return Response(ReplyShape(outbound).data, status=201 if is_new else 200)


class _Settle(APIView):
    service: Callable[..., Outbound]

    def post(self, request: Request, pk: int) -> Response:
        check(Nothing, request.data)
        return Response(ReplyShape(type(self).service(outbound=pk, by=viewer(request))).data)


class TakeBack(_Settle):
    """Undo a reply that has not left yet."""

    service = staticmethod(replies.take_back)


class MarkSent(_Settle):
    """You looked at the platform and the reply is there."""

    service = staticmethod(replies.mark_sent)


class SendAgain(_Settle):
    """Try once more what failed, or what may have gone out."""

    service = staticmethod(replies.send_again)


SETTLING: dict[str, type[_Settle]] = {"take-back": TakeBack, "mark-sent": MarkSent, "send-again": SendAgain}
for _name, _view in SETTLING.items():
    _described = extend_schema(
        operation_id=f"replies_{_name.replace('-', '_')}",
        description=_view.__doc__,
        request=Nothing,
        responses={200: ReplyShape, **WRITING},
    )
    extend_schema_view(post=_described)(_view)


def _in_header(error: Invalid) -> Invalid:
    """A key comes in a header here, so the header is what is wrong."""
    fields = {"Idempotency-Key" if name == "key" else name: text for name, text in error.fields.items()}
    return Invalid(**fields)

"""The addresses of the API's inbox part."""

from __future__ import annotations

from django.urls import path

from inbox.api.connections import ConnectionList
from inbox.api.desk import DESK_ACTIONS, Bulk, Next, Presence, Undo
from inbox.api.events import EventDetail, EventList, Replay
from inbox.api.inapp import Messages
from inbox.api.items import ACTIONS, ItemDetail, ItemList
from inbox.api.mine import Away, Notifications, Sent
from inbox.api.replies import SETTLING, Replies

ON_ITEMS = {**ACTIONS, **DESK_ACTIONS}

urlpatterns = [
    path("items/", ItemList.as_view(), name="items"),
    path("items/next/", Next.as_view(), name="items-next"),
    path("items/bulk/", Bulk.as_view(), name="items-bulk"),
    path("items/undo/", Undo.as_view(), name="items-undo"),
    path("items/<int:pk>/", ItemDetail.as_view(), name="item"),
    path("items/<int:pk>/presence/", Presence.as_view(), name="item-presence"),
    path("items/<int:pk>/replies/", Replies.as_view(), name="item-replies"),
    *[path(f"items/<int:pk>/{name}/", view.as_view(), name=f"item-{name}") for name, view in ON_ITEMS.items()],
    *[path(f"replies/<int:pk>/{name}/", view.as_view(), name=f"reply-{name}") for name, view in SETTLING.items()],
    path("handoffs/", Sent.as_view(), name="handoffs"),
    path("notifications/", Notifications.as_view(), name="notifications"),
    path("me/away/", Away.as_view(), name="away"),
    path("connections/", ConnectionList.as_view(), name="connections"),
    path("connections/<int:pk>/messages/", Messages.as_view(), name="connection-messages"),
    path("events/", EventList.as_view(), name="events"),
    path("events/<int:pk>/", EventDetail.as_view(), name="event"),
    path("events/<int:pk>/replay/", Replay.as_view(), name="event-replay"),
]

"""What the inbox remembers. One module per part of the flow: in, queue, history, out."""

from inbox.models.attachment import Attachment, DraftFile
from inbox.models.connection import Connection, ConnectionSecret
from inbox.models.desk import HandoffReason, Skip, Target, Undo
from inbox.models.draft import Draft
from inbox.models.event import EarlyChange, Event, MovedThread
from inbox.models.history import Activity, Decision, Handoff
from inbox.models.item import Contact, Identity, Item, Message, MessageRevision
from inbox.models.mention import Mention
from inbox.models.notification import Notification, NotificationChoice
from inbox.models.outbound import Attempt, Outbound
from inbox.models.push import Push, PushKey, PushSubscription
from inbox.models.reading import ItemRead
from inbox.models.saved_reply import SavedReply
from inbox.models.signs import Arrival, DoorRefusal
from inbox.models.view import SavedView

__all__ = [
    "Activity",
    "Arrival",
    "Attachment",
    "Attempt",
    "Connection",
    "ConnectionSecret",
    "Contact",
    "Decision",
    "DoorRefusal",
    "Draft",
    "DraftFile",
    "EarlyChange",
    "Event",
    "Handoff",
    "HandoffReason",
    "Identity",
    "Item",
    "ItemRead",
    "Mention",
    "Message",
    "MessageRevision",
    "MovedThread",
    "Notification",
    "NotificationChoice",
    "Outbound",
    "Push",
    "PushKey",
    "PushSubscription",
    "SavedReply",
    "SavedView",
    "Skip",
    "Target",
    "Undo",
]

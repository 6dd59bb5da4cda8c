"""Web Push: what concerns a person, to the browsers that they asked to be told by."""

from inbox.push.keys import public_key
from inbox.push.sending import send_due
from inbox.push.subscriptions import remove, subscribe

__all__ = ["public_key", "remove", "send_due", "subscribe"]

"""The door of a connection: verify, store, commit, answer. Nothing here looks into what arrived."""

from inbox.webhooks.app import Door

__all__ = ["Door"]

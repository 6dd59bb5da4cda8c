"""Event → Message and Item. `digest` is the one way in, for workers, sweepers and `drain` alike."""

from inbox.ingest.intake import digest, digest_due

__all__ = ["digest", "digest_due"]

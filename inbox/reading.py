"""What a person has read: opening an item reads it, and what comes later is unread again."""

from __future__ import annotations

from django.db import connection
from django.utils import timezone

from inbox.live import nudge
from inbox.models import Item
from teams.models import User

# One statement for all that opening an item settles: pages ask the database seldom.
OPENED = """
WITH looked AS (
  INSERT INTO inbox_itemread (item_id, user_id, until) VALUES (%(item)s, %(user)s, %(until)s)
  ON CONFLICT (item_id, user_id) DO UPDATE SET until = EXCLUDED.until WHERE inbox_itemread.until < EXCLUDED.until
), named AS (
  UPDATE inbox_mention SET seen_at = now() WHERE item_id = %(item)s AND user_id = %(user)s AND seen_at IS NULL
), told AS (
  UPDATE inbox_notification SET read_at = now()
  WHERE item_id = %(item)s AND user_id = %(user)s AND read_at IS NULL RETURNING 1
), there AS (
  UPDATE teams_user SET seen_at = now() WHERE id = %(user)s AND %(there)s
)
SELECT count(*) FROM told
"""


def opened(*, item: Item, by: User, there: bool = False) -> None:
    """This person has the item before them: what has come, who named them and what they were told of it is read.

    `there` notes besides that they are there, as `attendance.saw` does.
    """
    with connection.cursor() as cursor:
        cursor.execute(OPENED, {"item": item.pk, "user": by.pk, "until": item.last_message_at, "there": there})
        (told,) = cursor.fetchone()
    if there:
        by.seen_at = timezone.now()
    if told:
        nudge(teams=[], users=[by.pk])

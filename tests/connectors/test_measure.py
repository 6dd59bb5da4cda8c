from __future__ import annotations

import pytest

from connectors.base import Limits, TooLong
from connectors.measure import check, length

FAMILY = "👨‍👩‍👧‍👦"


@pytest.mark.parametrize(
    ("text", "characters", "size", "utf16", "graphemes", "weight"),
    [
        ("", 0, 0, 0, 0, 0),
        ("lamp", 4, 4, 4, 4, 4),
        ("café", 4, 5, 4, 4, 4),
        ("cafe\u0301", 5, 6, 5, 4, 4),
        ("灯が鳴る", 4, 12, 4, 4, 8),
        ("👍", 1, 4, 2, 1, 2),
        ("👍🏽", 2, 8, 4, 1, 2),
        (FAMILY, 7, 25, 11, 1, 2),
        ("🇸🇮🇸🇮", 4, 16, 8, 2, 4),
        ("a\r\nb", 4, 4, 4, 3, 4),
        ("see https://lamps.example/a/very/long/path?that=counts", 54, 54, 54, 54, 27),
        ("https://灯.example/灯 hum", 23, 27, 23, 23, 27),
        ("“hm”–…", 6, 14, 6, 6, 7),
        ("1️⃣", 3, 7, 3, 1, 2),
    ],
)
def test_each_unit_counts_its_own_way(
    text: str, characters: int, size: int, utf16: int, graphemes: int, weight: int
) -> None:
    units = ("characters", "bytes", "utf16", "graphemes", "x_weight")
    assert [length(text, unit) for unit in units] == [characters, size, utf16, graphemes, weight]


def test_a_text_at_the_limit_passes_and_one_more_does_not() -> None:
    check(FAMILY * 3, Limits(length=3, unit="graphemes"))
    with pytest.raises(TooLong, match="4 graphemes, and 3"):
        check(FAMILY * 4, Limits(length=3, unit="graphemes"))


def test_no_limit_is_no_limit() -> None:
    check("a" * 100_000, Limits())

"""A benchmark that misses a target says which, and the command that ran it fails."""

from __future__ import annotations

import pytest

from bench.targets import MISSED, Target, told
from config.services import bench


def test_each_target_stands_beside_its_figure():
    found = told([Target("page, ms", 250.0, 300, work=120.0), Target("ratio", 1.3, 1.2), Target("closed", 0, 0)])
    first = {"what": "page, ms", "measured": 250.0, "most": 300, "work": 120.0, "verdict": "reached"}
    assert found["targets"][0] == first
    assert [each["verdict"] for each in found["targets"]] == ["reached", "not reached", "reached"]
    assert found["not_reached"] == ["ratio"]


@pytest.mark.parametrize(("work", "begins"), [(120.0, "not reached on a machine this busy"), (310.0, "not reached")])
def test_a_busy_machine_does_not_make_a_target_reached(work: float, begins: str):
    late = Target("page, ms", 900.0, 300, work=work)
    assert late.reached is False
    assert late.verdict.partition(";")[0] == begins
    assert told([late])["not_reached"] == ["page, ms"]


@pytest.mark.parametrize(
    ("figures", "failed"),
    [
        ({"error": "ended with code 1"}, True),
        ({"not_reached": ["ratio"]}, True),
        ({"not_reached": []}, False),
        ({"events": 3}, False),
        (3, False),
    ],
)
def test_what_is_missed_fails_the_command(figures: object, failed: bool):
    assert bench.failed(figures) is failed


def test_both_sides_know_the_code_of_a_missed_target():
    assert bench.MISSED == MISSED

"""Templates can be read beside their diff: no line of one is longer than a screen is wide."""

from __future__ import annotations

from tests.config.conftest import ROOT

LONGEST = 160  # characters


def test_no_line_of_a_template_is_too_long() -> None:
    templates = sorted((ROOT / "templates").rglob("*.html"))
    assert len(templates) > 100
    lines = [(path, number, line) for path in templates for number, line in enumerate(path.read_text().splitlines(), 1)]
    long = [f"{path.relative_to(ROOT)}:{number}" for path, number, line in lines if len(line) > LONGEST]
    assert long == []

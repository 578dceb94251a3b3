"""Numbers as one line: exact widths, spikes that survive, and missing values that stay missing."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.theme import GLYPHS
from tui.widgets.spark import bar, phase_bar, spark

numbers = st.none() | st.floats(allow_nan=True, allow_infinity=True)


@given(st.lists(numbers, max_size=300), st.integers(0, 80), st.sampled_from(["unicode", "ascii"]))
def test_a_sparkline_has_its_width_and_only_its_own_signs(values: list[float | None], width: int, kind: str) -> None:
    glyphs = GLYPHS[kind]
    line = spark(values, width, glyphs=glyphs)
    assert len(line) == width
    assert set(line) <= {*glyphs.sparks, glyphs.missing}


@given(st.integers(1, 60), st.integers(0, 999))
def test_one_spike_among_a_thousand_values_is_seen_at_any_width(width: int, at: int) -> None:
    values = [1.0] * 1000
    values[at] = 100.0
    line = spark(values, width)
    assert line.count("█") == 1
    assert line.index("█") == next(each for each in range(width) if (each + 1) * 1000 // width > at)


def test_missing_values_are_dots_and_a_short_row_stands_at_the_right() -> None:
    assert spark([1, None, 4, math.nan, 8], 8) == "···▁·▄·█"
    assert spark([], 3) == "···"
    assert spark([0, 0], 2) == "▁▁"
    assert spark([5], 1, top=10) == "▄"


@pytest.mark.parametrize(
    ("share", "drawn"), [(0, ""), (0.001, "▏"), (0.5, "██"), (1, "████"), (7, "████"), (-1, ""), (None, "·")]
)
def test_a_bar_shows_every_share_above_nothing(share: float | None, drawn: str) -> None:
    assert bar(share, 4) == drawn


@pytest.mark.parametrize("width", [0, 5, 38, 78, 198])
@pytest.mark.parametrize("kind", ["unicode", "ascii"])
def test_phases_fit_every_width_and_the_longest_has_the_longest_bar(width: int, kind: str) -> None:
    phases = [("dns", 12.0), ("tcp", 21.0), ("tls", None), ("wait", 241.0), ("recv", 22.4)]
    line = phase_bar(phases, width, glyphs=GLYPHS[kind])
    assert len(line) == width
    assert kind == "unicode" or line.isascii()
    if width >= 78:
        full = GLYPHS[kind].bar
        assert line.split("wait ")[1].split(" ")[0].count(full) > line.split("tcp ")[1].split(" ")[0].count(full)
        assert "241" in line

"""Trends: spikes survive, gaps stay gaps, marks stand on the time axis, and every size is kept."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.style import Style

from tests.tui.widgets.stage import SIZES, Stage, is_harmless, role, screen_lines
from tui.theme import GLYPHS
from tui.widgets.chart import (
    GUTTER,
    Chart,
    ChartKind,
    Look,
    Mark,
    Point,
    Trend,
    Window,
    WindowChanged,
    decimate,
    draw,
    short_number,
    whole,
)

START = 1_795_000_000.0
DAY = 86_400.0


def series(number: int) -> Style:
    return Style(color=["blue", "yellow", "green", "magenta"][number])


def look(kind: ChartKind = "braille") -> Look:
    return Look(role, series, kind, GLYPHS["ascii" if kind == "ascii" else "unicode"])


def minutes(count: int = 1440, without: range = range(0), spike: int | None = None) -> tuple[Point, ...]:
    values = [300 + 100 * math.sin(at / 120) for at in range(count)]
    if spike is not None:
        values[spike] = 900.0
    return tuple((START + at * 60, None if at in without else value) for at, value in enumerate(values))


def trend(**given: object) -> Trend:
    points = given.pop("points", minutes())
    return Trend("TTFB", "ms", points, 60, **given)  # type: ignore[arg-type]


def canvas(lines: list[str]) -> list[str]:
    return [line[GUTTER:] for line in lines[1:-2]]


values = st.none() | st.floats(-1e9, 1e9)


@given(st.lists(values, max_size=300), st.integers(1, 90))
def test_decimation_keeps_every_spike_and_invents_none(numbers: list[float | None], columns: int) -> None:
    points = [(float(at), value) for at, value in enumerate(numbers)]
    known = [each for each in numbers if each is not None]
    buckets = [each for each in decimate(points, columns) if each is not None]
    assert bool(buckets) is bool(known)
    if known:
        assert max(each.high for each in buckets) == max(known)
        assert min(each.low for each in buckets) == min(known)
        assert all(each.low <= each.median <= each.high for each in buckets)
        assert sum(each.last - each.first >= 0 for each in buckets) == len(buckets)


@given(st.integers(0, 1439), st.integers(20, 200))
def test_each_value_is_in_the_bucket_of_its_time(spike: int, columns: int) -> None:
    window = Window(START, START + DAY)
    buckets = decimate(minutes(spike=spike), columns, window)
    assert [at for at, each in enumerate(buckets) if each and each.high == 900] == [spike * columns // 1440]


@pytest.mark.parametrize("kind", ["braille", "block", "ascii"])
@pytest.mark.parametrize("spike", [5, 700, 1439])
def test_a_single_spike_of_a_day_reaches_its_height_in_the_drawing(kind: ChartKind, spike: int) -> None:
    lines = [each.plain for each in draw(trend(points=minutes(spike=spike)), 80, 16, look(kind))]
    high = [line for line in canvas(lines)[:4] if line.strip()]
    assert high
    column = spike * (80 - GUTTER) // 1440
    assert all(abs(len(line.rstrip()) - 1 - column) <= 1 for line in high)


@pytest.mark.parametrize("kind", ["braille", "block", "ascii"])
def test_no_line_is_drawn_through_missing_data(kind: ChartKind) -> None:
    lines = [each.plain for each in draw(trend(points=minutes(without=range(600, 900))), 80, 16, look(kind))]
    drawn = ["".join(line[at] for line in canvas(lines)).strip() for at in range(72)]
    assert not any(drawn[32:44])
    assert all(drawn[2:29])
    assert all(drawn[46:70])


def test_zoomed_in_beyond_the_interval_neighbours_are_still_connected() -> None:
    window = Window(START + 36_000, START + 36_600)
    lines = [each.plain for each in draw(trend(), 80, 16, look(), window=window)]
    drawn = ["".join(line[at] for line in canvas(lines)).strip() for at in range(60)]
    assert all(drawn[1:])


@settings(deadline=None, max_examples=100)
@given(
    st.lists(values, max_size=60),
    st.integers(0, 120),
    st.integers(0, 30),
    st.sampled_from(["braille", "block", "ascii"]),
    st.none() | st.floats(-10, 1e7),
)
def test_any_values_fit_any_size(
    numbers: list[float | None], width: int, height: int, kind: ChartKind, threshold: float | None
) -> None:
    points = tuple((START + at * 60, each) for at, each in enumerate(numbers))
    lines = draw(Trend("a\x1b[2Jb", "한", points, 60, points, points, threshold), width, height, look(kind))
    assert len(lines) == height
    assert {each.cell_len for each in lines} <= {width}
    assert all(is_harmless(each.plain) for each in lines)


def test_marks_stand_on_the_time_axis_and_an_alert_hides_no_less() -> None:
    marks = (
        Mark(START + DAY / 2, "C", "nginx"),
        Mark(START + DAY * 3 / 4, "N", "told"),
        Mark(START + DAY * 3 / 4, "A", "down"),
        Mark(START - 5, "A", "before"),
    )
    axis = draw(trend(marks=marks), 80, 16, look())[-2].plain[GUTTER:]
    assert (axis[36], axis[54]) == ("C", "A")
    assert sum(each in "CAN" for each in axis) == 2


def test_the_cursor_reads_time_values_and_events_and_foreign_words_are_harmless() -> None:
    marks = (Mark(START + DAY / 2, "C", "nginx \x1b]52;c;x\x07"),)
    lines = draw(trend(marks=marks), 120, 16, look(), cursor=56)
    assert "11-18 23:13:05Z" in lines[0].plain
    assert "median" in lines[0].plain
    assert "C nginx ␛]52" in lines[0].plain
    empty = draw(trend(points=minutes(without=range(1440))), 80, 16, look(), cursor=3)
    assert "nothing measured" in empty[0].plain


def test_threshold_and_overlay_are_drawn_in_their_own_roles() -> None:
    lower = tuple((at, None if value is None else value / 2) for at, value in minutes())
    with_both = draw(trend(threshold=450.0, overlay=lower), 80, 16, look())
    assert any(each.plain.count("┄") > 40 for each in with_both)
    assert [each.plain for each in with_both] != [each.plain for each in draw(trend(threshold=450.0), 80, 16, look())]


def test_ascii_charts_are_ascii_and_blocks_have_no_braille() -> None:
    lines = "".join(each.plain for each in draw(trend(threshold=400.0), 80, 24, look("ascii")))
    assert lines.isascii()
    blocks = "".join(each.plain for each in draw(trend(), 80, 24, look("block")))
    assert not any("\u2800" <= each <= "\u28ff" for each in blocks)


@pytest.mark.parametrize(
    ("value", "words"),
    [(0, "0"), (0.25, "0.25"), (42, "42"), (1840, "1,840"), (12_345, "12.3k"), (999_999, "1000k"), (4.1e6, "4.1M")],
)
def test_numbers_are_short(value: float, words: str) -> None:
    assert short_number(value) == words


@pytest.mark.parametrize("size", SIZES)
async def test_the_widget_fills_its_size_and_keys_zoom_move_and_read(size: tuple[int, int]) -> None:
    chart = Chart(look())
    app = Stage(lambda: chart, (WindowChanged,))
    async with app.run_test(size=size) as pilot:
        chart.show(trend(overlay=minutes()))
        chart.focus()
        everything = whole(trend())
        assert chart.window == everything
        await pilot.press("plus")
        assert chart.window.seconds == pytest.approx(everything.seconds / 2)
        assert chart.window.end == pytest.approx(everything.end)
        await pilot.press("H", "H", "H", "H")
        assert chart.window.start == pytest.approx(everything.start)
        await pilot.press("L", "left", "left", "right", "plus")
        assert chart.read_at is not None
        assert chart.window.start <= chart.read_at < chart.window.end
        await pilot.pause()
        assert "Z" in screen_lines(app)[0]
        await pilot.press("minus", "minus", "minus")
        assert chart.window == everything
        await pilot.press("0", "o")
        assert chart.read_at is None
        await pilot.pause()
        assert len(app.heard) == 11
        assert {len(line) for line in screen_lines(app)} == {size[0]}


def test_importing_the_chart_does_not_import_plotext() -> None:
    code = "import sys, tui.widgets.chart; sys.exit('plotext' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("numbers", [(), (None,), (0.0,), (5.0, 5.0), (float("nan"), float("inf"), -1e300, 1e300)])
def test_drawing_says_nothing_on_its_own_and_survives_every_value(
    numbers: tuple[float | None, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    points = tuple((START + at * 60, each) for at, each in enumerate(numbers))
    assert len(draw(trend(points=points, overlay=points, p95=points), 80, 16, look())) == 16
    assert capfd.readouterr() == ("", "")

"""A measurement over time: its envelope, so that no spike is lost, and beside it what changed and who was told.

The lines are drawn by plotext on decimated data; frame, marks and read-out are ours, so that they fit any size.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from statistics import median, quantiles
from typing import ClassVar, Literal

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.theme import GLYPHS, Glyphs
from tui.widgets.cut import fit
from tui.widgets.spark import spark

ChartKind = Literal["braille", "block", "ascii"]
Point = tuple[float, float | None]
Lookup = Callable[[str], Style]

GAP_INTERVALS = 1.5
GUTTER = 8
SMALLEST = (24, 6)
MOST_ZOOM = 1024
SHORTEST = 60.0
_LEAST = 1e-9
_LIT = Style(dim=False)
_STEPS = (1, 1.5, 2, 3, 4, 5, 6, 8)
_OVERLAY, _ENVELOPE, _P95, _MEDIAN = 1, 2, 3, 4
_SIGN_ROLES = {"A": "event_alert", "C": "event_change", "N": "event_delivery"}
_MARKERS = {
    "braille": dict.fromkeys((_OVERLAY, _ENVELOPE, _P95, _MEDIAN), "braille"),
    "block": dict.fromkeys((_OVERLAY, _ENVELOPE, _P95, _MEDIAN), "hd"),
    "ascii": {_OVERLAY: ".", _ENVELOPE: ":", _P95: "'", _MEDIAN: "*"},
}


@dataclass(frozen=True, slots=True)
class Mark:
    """An event on the time axis: C a change, A an alert, N a notification."""

    at: float
    sign: Literal["C", "A", "N"]
    words: str


@dataclass(frozen=True, slots=True)
class Trend:
    """What a chart shows. Points are (epoch seconds, value or None), oldest first, one each `interval` seconds.

    Values below 0 are drawn at 0. `overlay` is the week before, already moved by seven days; `p95` a line of its own.
    """

    title: str
    unit: str
    points: tuple[Point, ...]
    interval: float
    p95: tuple[Point, ...] = ()
    overlay: tuple[Point, ...] = ()
    threshold: float | None = None
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """The time shown, from `start` to before `end`, in epoch seconds."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.start

    def zoomed(self, factor: float, around: float) -> Window:
        """`factor` times as long, `around` staying at its place."""
        return Window(around - (around - self.start) * factor, around + (self.end - around) * factor)

    def moved(self, share: float) -> Window:
        return Window(self.start + self.seconds * share, self.end + self.seconds * share)


@dataclass(frozen=True, slots=True)
class Bucket:
    """All values of one slice of time: lowest, highest, median, and when the first and the last were seen."""

    low: float
    high: float
    median: float
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Look:
    """How to draw: styles by role, the colours of lines in their order, and which characters."""

    role: Lookup
    series: Callable[[int], Style]
    kind: ChartKind = "braille"
    glyphs: Glyphs = GLYPHS["unicode"]


def decimate(points: Sequence[Point], columns: int, window: Window | None = None) -> tuple[Bucket | None, ...]:
    """The envelope of the points in `columns` equal slices of the window (else of their own time); None where empty."""
    known = [(at, value) for at, value in points if value is not None and math.isfinite(value)]
    if columns <= 0:
        return ()
    if window is None:
        window = Window(known[0][0], math.nextafter(known[-1][0], math.inf)) if known else Window(0, 1)
    slices: list[list[tuple[float, float]]] = [[] for _ in range(columns)]
    start, end, last = window.start, window.end, columns - 1
    seconds = window.seconds
    for point in known:
        if start <= point[0] < end:
            slices[min(int((point[0] - start) / seconds * columns), last)].append(point)
    return tuple(_bucket(each) if each else None for each in slices)


def whole(trend: Trend) -> Window:
    """The time all points of a trend take."""
    times = [at for at, _ in trend.points] or [0.0]
    return Window(min(times), max(times) + max(trend.interval, 1.0))


def draw(
    trend: Trend, width: int, height: int, look: Look, *, window: Window | None = None, cursor: int | None = None
) -> list[Text]:
    """Exactly `height` lines of exactly `width` cells. `cursor` is the column of the drawing that is read out."""
    window = window or whole(trend)
    if width < SMALLEST[0] or height < SMALLEST[1]:
        return _small(trend, width, height, look, window)
    columns, rows = width - GUTTER, height - 3
    top = _ceiling(trend, window)
    cells = _canvas(trend, window, columns, rows, top=top, kind=look.kind)
    if trend.threshold is not None:
        _draw_threshold(cells, trend.threshold / top, look)
    lines = [_read_out(trend, window, width, look, cursor)]
    for row, line in enumerate(cells):
        lines.append(_labelled(_value_label(row, rows, top), _styled(line, look, cursor), look))
    lines += _axis(trend, window, columns, look, cursor)
    return lines


def column_time(window: Window, columns: int, column: int) -> float:
    """When the middle of a column of the drawing is."""
    return window.start + (column + 0.5) * window.seconds / max(columns, 1)


def _bucket(points: Sequence[tuple[float, float]]) -> Bucket:
    values = [value for _, value in points]
    return Bucket(min(values), max(values), median(values), points[0][0], points[-1][0])


def _visible(points: Sequence[Point], window: Window) -> list[float]:
    return [
        value for at, value in points if value is not None and math.isfinite(value) and window.start <= at < window.end
    ]


def _ceiling(trend: Trend, window: Window) -> float:
    """The least round number that everything fits under."""
    values = [each for line in (trend.points, trend.p95, trend.overlay) for each in _visible(line, window)]
    highest = max([*values, trend.threshold or 0.0], default=0.0)
    if highest < _LEAST:
        return 1.0
    power: float = 10.0 ** math.floor(math.log10(highest))
    return next((step * power for step in _STEPS if step * power >= highest), 10.0 * power)


# -- lines, by plotext

Cells = list[list[tuple[str, int]]]


def _canvas(trend: Trend, window: Window, columns: int, rows: int, *, top: float, kind: ChartKind) -> Cells:
    """Plotext gets shares of the height only: a value far outside its limits makes its C++ abort the process."""
    import plotext  # type: ignore[import-untyped] # noqa: PLC0415 - 150 ms that only charts need

    plotext.terminal.limit(False, False)
    figure = type(plotext.figure)(plotext.terminal)
    figure.plot_size(columns, rows)
    figure.axes(False)
    figure.canvas("default")
    figure.legend(False)
    slices = columns if kind == "ascii" else columns * 2
    figure.ruler(0).lim(0, max(slices - 1, 1))
    figure.ruler(1).lim(0, 1)
    for axis in (0, 1):
        figure.ruler(axis).ticks([], [])
    for layer, path in _paths(trend, window, slices):
        marker = plotext.marker(_MARKERS[kind][layer], plotext.pixel(layer))
        shares = [min(max(y / top, 0.0), 1.0) for _, y, _ in path]
        signal = figure.signal([x for x, _, _ in path], shares, marker=marker)
        signal.lines(True)
        for at, (_, _, connected) in enumerate(path):
            if not connected:
                signal.line(at, False)
        figure.draw(signal)
    return _cells(figure.build().string(), columns, rows)


Path = list[tuple[float, float, bool]]


def _paths(trend: Trend, window: Window, slices: int) -> list[tuple[int, Path]]:
    """Each line as points (slice, value, connected to the point before), the most important one last."""
    own = decimate(trend.points, slices, window)
    paths = [
        (_OVERLAY, _line(decimate(trend.overlay, slices, window), trend.interval)),
        (_ENVELOPE, _envelope(own)),
        (_P95, _dotted(decimate(trend.p95, slices, window))),
        (_MEDIAN, _line(own, trend.interval)),
    ]
    return [(layer, path) for layer, path in paths if path]


def _line(buckets: Sequence[Bucket | None], interval: float) -> Path:
    path: Path = []
    before: Bucket | None = None
    for at, bucket in enumerate(buckets):
        if bucket is not None:
            near = before is not None and bucket.first - before.last <= GAP_INTERVALS * interval
            path.append((at, bucket.median, near))
            before = bucket
    return path


def _envelope(buckets: Sequence[Bucket | None]) -> Path:
    path: Path = []
    for at, bucket in enumerate(buckets):
        if bucket is not None and bucket.high > bucket.low:
            path += [(at, bucket.low, False), (at, bucket.high, True)]
    return path


def _dotted(buckets: Sequence[Bucket | None]) -> Path:
    return [(at, bucket.high, False) for at, bucket in enumerate(buckets) if bucket is not None and at % 4 == 0]


def _cells(ansi: str, columns: int, rows: int) -> Cells:
    """Plotext's own colours, which are our layers, cell by cell."""
    cells: Cells = []
    for line in Text.from_ansi(ansi).split("\n")[:rows]:
        layers = [0] * columns
        for span in line.spans:
            color = span.style.color if isinstance(span.style, Style) else None
            for at in range(span.start, min(span.end, columns)):
                layers[at] = color.number or 0 if color is not None else 0
        text = line.plain[:columns].ljust(columns)
        cells.append([(" " if each == "\u2800" else each, layer) for each, layer in zip(text, layers, strict=True)])
    return cells + [[(" ", 0)] * columns for _ in range(rows - len(cells))]


# -- frame

_THRESHOLD = -1


def _draw_threshold(cells: Cells, share: float, look: Look) -> None:
    row = cells[round((1 - min(max(share, 0.0), 1.0)) * (len(cells) - 1))]
    sign = "-" if look.glyphs.plain else "┄"
    row[:] = [(sign, _THRESHOLD) if character == " " else (character, layer) for character, layer in row]


def _styled(cells: list[tuple[str, int]], look: Look, cursor: int | None) -> Text:
    styles = {
        0: look.role("text"),
        _THRESHOLD: look.role("threshold"),
        _OVERLAY: look.role("overlay"),
        _ENVELOPE: look.series(1),
        _P95: look.series(2),
        _MEDIAN: look.series(0) + Style(bold=True),
    }
    text = Text()
    for layer, start, end in _runs(cells, cursor):
        characters = "".join(character for character, _ in cells[start:end])
        if start == cursor:
            text.append(characters.replace(" ", look.glyphs.divider), look.role("cursor"))
        else:
            text.append(characters, styles[layer])
    return text


def _runs(cells: list[tuple[str, int]], cursor: int | None) -> Iterator[tuple[int, int, int]]:
    """Neighbours of one layer as (layer, start, end); the column under the cursor stands alone."""
    start = 0
    for at in range(1, len(cells) + 1):
        if at == len(cells) or cells[at][1] != cells[start][1] or cursor in (start, at):
            yield cells[start][1], start, at
            start = at


def _value_label(row: int, rows: int, top: float) -> str:
    if row == 0:
        return short_number(top)
    return short_number(top / 2) if rows >= 5 and row == (rows - 1) // 2 else ""


def short_number(value: float) -> str:
    """At most six characters: 0.25, 42, 1,840, 12.3k, 4.1M."""
    if abs(value) < 10 and value != round(value):
        return f"{value:.2g}"
    if abs(value) < 10_000:
        return f"{value:,.0f}"
    for unit, size in (("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12)):
        if abs(value) < size * 1000:
            return f"{value / size:.3g}{unit}" if abs(value) < size * 999 else f"{value / size:.0f}{unit}"
    return f"{value:.0e}"


def _labelled(label: str, line: Text, look: Look) -> Text:
    ruler = ("+" if label else "|") if look.glyphs.plain else ("┤" if label else "│")
    return Text.assemble((fit(label, GUTTER - 1, "right") + ruler, look.role("axis")), line)


def _axis(trend: Trend, window: Window, columns: int, look: Look, cursor: int | None) -> list[Text]:
    signs = _signs(trend.marks, window, columns)
    line = Text(fit("0", GUTTER - 1, "right") + look.glyphs.crossing, look.role("axis"))
    line.append(look.glyphs.rule * columns, look.role("axis"))
    for column, sign in signs.items():
        at = GUTTER + column
        line.plain = line.plain[:at] + sign + line.plain[at + 1 :]
        line.stylize(look.role(_SIGN_ROLES[sign]) + _LIT, at, at + 1)
    if cursor is not None:
        line.stylize(look.role("cursor"), GUTTER + cursor, GUTTER + cursor + 1)
    return [line, Text(" " * GUTTER + _times(window, columns), look.role("axis"))]


def _signs(marks: Sequence[Mark], window: Window, columns: int) -> dict[int, str]:
    """Where marks share a column, an alert is shown before a change, and that before a notification."""
    signs: dict[int, str] = {}
    for mark in marks:
        if window.start <= mark.at < window.end:
            column = _column(mark.at, window, columns)
            signs[column] = min(signs.get(column, "Z"), mark.sign)
    return signs


def _column(at: float, window: Window, columns: int) -> int:
    return min(int((at - window.start) / window.seconds * columns), columns - 1)


def _times(window: Window, columns: int) -> str:
    form = "%H:%M:%S" if window.seconds < 600 else "%H:%M" if window.seconds <= 36 * 3600 else "%m-%d %H:%M"
    size = len(clock_words(0.0, form))
    text = ""
    for column in range(0, columns - size + 1, max(size + 4, columns // 6)):
        text = text.ljust(column) + clock_words(window.start + column * window.seconds / columns, form)
    return text.ljust(columns)


def clock_words(at: float, form: str = "%m-%d %H:%M:%S") -> str:
    """A moment in UTC; empty for what no calendar holds."""
    try:
        return datetime.fromtimestamp(at, UTC).strftime(form)
    except (OverflowError, ValueError, OSError):
        return ""


# -- words


def _read_out(trend: Trend, window: Window, width: int, look: Look, cursor: int | None) -> Text:
    words = _summary(trend, window) if cursor is None else _at_cursor(trend, window, width - GUTTER, cursor)
    title = f"{trend.title} {trend.unit}".strip()
    return Text(fit(f"{title}  {words}", width, ellipsis=look.glyphs.ellipsis), look.role("heading"))


def _summary(trend: Trend, window: Window) -> str:
    values = _visible(trend.points, window)
    if not values:
        return "nothing measured in this time"
    now = trend.points[-1][1]
    p95 = quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]
    parts = [f"now {'-' if now is None else short_number(now)}", f"p50 {short_number(median(values))}"]
    parts += [f"p95 {short_number(p95)}", f"max {short_number(max(values))}"]
    return "  ".join(parts)


def _at_cursor(trend: Trend, window: Window, columns: int, cursor: int) -> str:
    bucket = decimate(trend.points, columns, window)[cursor]
    words = clock_words(column_time(window, columns, cursor)) + "Z  "
    if bucket is None:
        words += "nothing measured"
    elif bucket.low == bucket.high:
        words += short_number(bucket.median)
    else:
        words += f"{short_number(bucket.low)} - {short_number(bucket.high)}, median {short_number(bucket.median)}"
    here = [each for each in trend.marks if window.start <= each.at < window.end]
    events = [f"{each.sign} {each.words}" for each in here if _column(each.at, window, columns) == cursor]
    return "  ".join([words, *events])


def _small(trend: Trend, width: int, height: int, look: Look, window: Window) -> list[Text]:
    """Too small for axes: words and a sparkline."""
    buckets = decimate(trend.points, width, window)
    line = spark([None if each is None else each.high for each in buckets], width, glyphs=look.glyphs)
    title = fit(f"{trend.title} {_summary(trend, window)}", width, ellipsis=look.glyphs.ellipsis)
    lines = [Text(title, look.role("heading")), Text(line, look.series(0))]
    return [*lines, *(Text(" " * width) for _ in range(height - 2))][: max(height, 0)]


# -- widget


class WindowChanged(Message):
    """Another time is shown: whoever owns the values may have finer ones for it."""

    def __init__(self, chart: Chart, window: Window) -> None:
        super().__init__()
        self.chart = chart
        self.window = window

    @property
    def control(self) -> Chart:
        return self.chart


class Chart(Widget, can_focus=True):
    """A trend that is zoomed, moved and read with keys."""

    DEFAULT_CSS = "Chart { height: 1fr; width: 1fr; }"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("plus", "zoom(0.5)", "Zoom in", id="chart.zoom_in"),
        Binding("minus", "zoom(2)", "Zoom out", id="chart.zoom_out"),
        Binding("H", "pan(-0.5)", "Earlier", id="chart.earlier"),
        Binding("L", "pan(0.5)", "Later", id="chart.later"),
        Binding("0", "reset", "Whole time", id="chart.reset"),
        Binding("o", "overlay", "Week before", id="chart.overlay"),
        Binding("left", "read(-1)", "Read earlier", show=False, id="chart.read_earlier"),
        Binding("right", "read(1)", "Read later", show=False, id="chart.read_later"),
    ]

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._look = look
        self._trend: Trend | None = None
        self._window: Window | None = None
        self._whole = Window(0, 1)
        self._home: Window | None = None
        self._overlay = True
        self._cursor: int | None = None
        self._drawn: list[Text] = []

    @property
    def window(self) -> Window:
        """The time shown."""
        return self._window or self._home or self._whole

    @property
    def chosen(self) -> Window | None:
        """The time that somebody chose, None while it is the one to begin with."""
        return self._window

    @property
    def read_at(self) -> float | None:
        """The moment under the cursor, None while nothing is read out."""
        return None if self._cursor is None else column_time(self.window, self._columns, self._cursor)

    def show(self, trend: Trend, within: Window | None = None, home: Window | None = None) -> None:
        """Draw this trend; `within` is all the time there is, else that of its points. A chosen time stays.

        `home` is what is shown until another time is chosen, and again after a reset.
        """
        self._trend = trend
        self._whole = within or whole(trend)
        self._home = home
        self._draw_again()

    def set_look(self, look: Look) -> None:
        self._look = look
        self._draw_again()

    @property
    def _columns(self) -> int:
        return max(self.size.width - GUTTER, 1)

    def _draw_again(self) -> None:
        self._drawn = []
        self.refresh()

    def on_resize(self) -> None:
        self._cursor = None if self._cursor is None else min(self._cursor, self._columns - 1)
        self._draw_again()

    def render_line(self, y: int) -> Strip:
        width, height = self.size
        if self._trend is not None and len(self._drawn) != height:
            trend = self._trend if self._overlay else replace(self._trend, overlay=())
            self._drawn = draw(trend, width, height, self._look, window=self.window, cursor=self._cursor)
        ground = self.rich_style
        if y >= len(self._drawn):
            return Strip.blank(width, ground)
        segments = [
            Segment(text, ground + (style or Style())) for text, style, _ in self._drawn[y].render(self.app.console)
        ]
        return Strip([each for each in segments if each.text]).simplify().adjust_cell_length(width, ground)

    def _show_window(self, window: Window | None) -> None:
        at = self.read_at
        self._window = window
        if at is not None:
            self._cursor = max(0, min(_column(at, self.window, self._columns), self._columns - 1))
        self._draw_again()
        self.post_message(WindowChanged(self, self.window))

    def action_zoom(self, factor: float) -> None:
        """Around what is read out, else around the newest."""
        around = self.read_at if self.read_at is not None else self.window.end
        window = self.window.zoomed(factor, around)
        if window.seconds >= self._whole.seconds:
            self._show_window(self._whole if self._home else None)
        elif window.seconds * MOST_ZOOM > self._whole.seconds or window.seconds >= SHORTEST:
            self._show_window(self._within(window))

    def _within(self, window: Window) -> Window:
        """The same length, moved to where there can be values."""
        over = max(window.end - self._whole.end, 0) + min(window.start - self._whole.start, 0)
        return Window(window.start - over, window.end - over) if over else window

    def action_pan(self, share: float) -> None:
        self._show_window(self._within(self.window.moved(share)))

    def action_reset(self) -> None:
        self._cursor = None
        self._show_window(None)

    def action_overlay(self) -> None:
        self._overlay = not self._overlay
        self._draw_again()

    def action_read(self, step: int) -> None:
        """One column earlier or later; the first press reads the newest."""
        last = self._columns - 1
        self._cursor = last if self._cursor is None else max(0, min(self._cursor + step, last))
        self._draw_again()


class StillChart(Chart, can_focus=False):
    """A chart to look at only: a site's trends have the one with keys."""

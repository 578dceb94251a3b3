"""What the terminal shows already, so that only cells that differ are sent to it.

Textual sends every line of a widget that was refreshed, and the colours of each run of text in full. Over a slow line
that is felt: a table whose ages grow by a second is a few digits, not a screen. Nothing else has to know what it drew.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

NEAR = 4  # equal cells between differing ones that are sent again: to step over them costs as much
_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "6": "25", "7": "27", "8": "28", "9": "29", "21": "24",
        "51": "54", "52": "54", "53": "55"}  # fmt: skip


class _Paint(NamedTuple):
    """Attributes, foreground and background as SGR codes; a blank has no foreground."""

    attributes: tuple[str, ...]
    fore: str
    back: str


_PLAIN = _Paint((), "39", "49")


class _Line:
    """Cells from left to right: a text stands in the first of its cells, the others are empty; None is not known."""

    def __init__(self, texts: list[str], paints: list[_Paint | None]) -> None:
        self.texts = texts
        self.paints = paints

    def copy(self) -> _Line:
        return _Line(self.texts.copy(), self.paints.copy())

    def put(self, at: int, strip: Strip, system: ColorSystem) -> None:
        texts: list[str] = []
        paints: list[_Paint | None] = []
        for text, style, _ in strip:
            cells = _cells(text)
            texts += cells
            paints += [_paint(style, system, blank=not text.strip(" "))] * len(cells)
        end = min(at + len(texts), len(self.texts))
        self._split(at)
        self._split(end)
        self.texts[at:end], self.paints[at:end] = texts[: end - at], paints[: end - at]

    def _split(self, at: int) -> None:
        """A text that is overwritten in part is not known any more."""
        start = stop = at
        if not 0 < at < len(self.texts) or self.texts[at]:
            return
        while start and not self.texts[start]:
            start -= 1
        while stop < len(self.texts) and not self.texts[stop]:
            stop += 1
        self.texts[start:stop], self.paints[start:stop] = [" "] * (stop - start), [None] * (stop - start)

    def differing(self, known: _Line) -> list[tuple[int, int]]:
        """Where its whole texts differ from what is known, near ones together."""
        if self.texts == known.texts and self.paints == known.paints:
            return []
        both = zip(self.texts, self.paints, known.texts, known.paints, strict=True)
        other = [at for at, (text, paint, before, worn) in enumerate(both)
                 if (text != before or paint != worn) and paint is not None]  # fmt: skip
        spans: list[tuple[int, int]] = []
        start = end = -NEAR - 1
        for at in other:
            if at == end or (at - end <= NEAR and None not in self.paints[end:at]):
                end = at + 1
                continue
            if end > 0:
                spans.append((start, end))
            start, end = at, at + 1
        if end > 0:
            spans.append((start, end))
        return [self._whole(*span) for span in spans] if "" in self.texts else spans

    def _whole(self, start: int, end: int) -> tuple[int, int]:
        while start and not self.texts[start]:
            start -= 1
        while end < len(self.texts) and not self.texts[end]:
            end += 1
        return start, end

    def runs(self, start: int, end: int) -> Iterator[tuple[_Paint, str]]:
        """The text between two cells in pieces of one paint."""
        at = start
        while at < end:
            stop, paint = at + 1, self.paints[at] or _PLAIN
            while stop < end and self.paints[stop] == paint:
                stop += 1
            yield paint, "".join(self.texts[at:stop])
            at = stop


class Shown:
    """The cells of the terminal as they were sent. `forget` them when something else may have written there."""

    def __init__(self) -> None:
        self._lines: list[_Line] = []

    def forget(self) -> None:
        self._lines = []

    def differing(self, update: ChopsUpdate | LayoutUpdate, width: int, height: int, system: ColorSystem) -> str:
        """What has to be sent for this update, which is then shown; empty where all of it is shown already."""
        if len(self._lines) != height or (height and len(self._lines[0].texts) != width):
            self._lines = [_Line([" "] * width, [None] * width) for _ in range(height)]
        pieces = _of_spans(update) if isinstance(update, ChopsUpdate) else _of_screen(update)
        fresh: dict[int, _Line] = {}
        for y, x, strip in pieces:
            if y < height and x < width:
                fresh.setdefault(y, self._lines[y].copy()).put(x, strip, system)
        sent: list[str] = []
        worn = _PLAIN
        for y, line in fresh.items():
            for start, end in line.differing(self._lines[y]):
                sent.append(f"\x1b[{y + 1};{start + 1}H")
                for paint, text in line.runs(start, end):
                    codes, worn = _turn(worn, paint)
                    sent += (codes, text)
            self._lines[y] = line
        return "".join([*sent, "\x1b[0m"]) if sent else ""


class Difference(CompositorUpdate):
    """An update that is a sequence already."""

    def __init__(self, sequence: str) -> None:
        self._sequence = sequence

    def render_segments(self, console: object) -> str:
        return self._sequence

    def __rich__(self) -> str:
        return self._sequence


def _of_screen(update: LayoutUpdate) -> Iterator[tuple[int, int, Strip]]:
    for y, strips in enumerate(update.strips, update.region.y):
        x = update.region.x
        for strip in strips:
            yield y, x, strip
            x += strip.cell_length


def _of_spans(update: ChopsUpdate) -> Iterator[tuple[int, int, Strip]]:
    """The strips that reach into a span, cut off behind it: what Textual would send."""
    for y, start, end in update.spans:
        for stop, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is None or x >= end or stop <= start:
                continue
            yield y, x, strip if stop <= end else strip.crop(0, end - x)


@lru_cache(maxsize=8192)
def _cells(text: str) -> tuple[str, ...]:
    """One letter a cell; a text with letters of another width stays together in the first of its cells."""
    if text.isascii() or all(cell_len(letter) == 1 for letter in text):
        return tuple(text)
    width = cell_len(text)
    return (text, *[""] * (width - 1)) if width else ()


@lru_cache(maxsize=8192)
def _paint(style: Style | None, system: ColorSystem, *, blank: bool) -> _Paint:
    if style is None:
        return _PLAIN
    codes = Strip.render_ansi(style.without_color, system)
    attributes = tuple(codes.split(";")) if codes else ()
    fore, back = (
        ";".join(color.downgrade(system).get_ansi_codes(foreground=at_front)) if color else "39" if at_front else "49"
        for color, at_front in ((style.color, True), (style.bgcolor, False))
    )
    return _Paint(attributes, "" if blank and not attributes else fore, back)


@lru_cache(maxsize=8192)
def _turn(worn: _Paint, wanted: _Paint) -> tuple[str, _Paint]:
    """The sequence from one paint to another, and what is worn then."""
    codes: list[str] = []
    if worn.attributes != wanted.attributes:
        codes += dict.fromkeys(_OFF[each] for each in worn.attributes if each not in wanted.attributes)
        codes += wanted.attributes
    if wanted.fore and wanted.fore != worn.fore:
        codes.append(wanted.fore)
    if wanted.back != worn.back:
        codes.append(wanted.back)
    then = _Paint(wanted.attributes, wanted.fore or worn.fore, wanted.back)
    return f"\x1b[{';'.join(codes)}m" if codes else "", then

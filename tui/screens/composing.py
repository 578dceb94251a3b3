"""Composes only the lines that differ: Textual asks every widget between the first and the last of them, for all of it.

The clock stands in the first line and the engine in the last, so that would be the whole screen each second.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip

Line = dict[int, Strip | None]
"""What is seen from each cut on; None where nothing was put yet."""


class Composing(Compositor):
    """Widgets come from front to back, and one that is hidden by others is not asked."""

    def render_partial_update(self) -> ChopsUpdate | None:
        spans = list(self._regions_to_spans(self._dirty_regions))
        self._dirty_regions.clear()
        if not spans:
            return None
        wanted = sorted({y for y, _, _ in spans})
        lines: list[Line] = [{} for _ in self.cuts]
        for y in wanted:
            lines[y] = dict.fromkeys(self.cuts[y][:-1])
        bands = [Region(0, first, self.size.width, count) for first, count in _bands(wanted)]
        for widget, (region, clip) in self.visible_widgets.items():
            seen = region.intersection(clip)
            for part in (seen.intersection(band) for band in bands):
                if part and self._is_open(lines, part):
                    self._put(lines, part, widget.render_lines(part.translate(-region.offset)))
        return ChopsUpdate(lines, spans, [cuts[1:] for cuts in self.cuts])

    def _is_open(self, lines: list[Line], part: Region) -> bool:
        start, end = part.column_span
        return any(
            strip is None for y in part.line_range for cut, strip in lines[y].items() if start <= cut < end
        )  # fmt: skip

    def _put(self, lines: list[Line], part: Region, strips: Iterable[Strip]) -> None:
        start, end = part.column_span
        for y, strip in zip(part.line_range, strips, strict=False):
            cuts = [cut for cut in self.cuts[y] if start <= cut <= end]
            pieces = [strip] if len(cuts) == 2 else strip.divide([each - start for each in cuts[1:]])
            for cut, piece in zip(cuts, pieces, strict=False):
                if lines[y].get(cut) is None:
                    lines[y][cut] = piece


def _bands(lines: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Lines that follow each other as (first, how many)."""
    first = last = -2
    for y in lines:
        if y != last + 1:
            if last >= 0:
                yield first, last - first + 1
            first = y
        last = y
    yield first, last - first + 1

"""The last hour of each row as twelve cells: read only for rows in view, and at most once a minute."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median

from core.view import PEAKS
from tui.theme import Glyphs
from tui.widgets.spark import spark

KEPT_SECONDS = 60.0
MOST_KEPT = 2000

Values = tuple[float | None, ...]


class Peaks:
    """What was read, and when."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[float, Values]] = {}

    def line(self, target_id: int, glyphs: Glyphs) -> str:
        """Its twelve cells; blank until they were read."""
        known = self._known.get(target_id)
        return peak_line(known[1], glyphs) if known else " " * PEAKS

    def wanted(self, in_view: Iterable[object], now: float) -> list[int]:
        """Which of the rows in view are to be read now."""
        return [each for each in in_view if isinstance(each, int) and self._is_old(each, now)]

    def _is_old(self, target_id: int, now: float) -> bool:
        known = self._known.get(target_id)
        return known is None or not 0 <= now - known[0] < KEPT_SECONDS

    def take(self, found: Mapping[int, Values], now: float) -> None:
        if len(self._known) + len(found) > MOST_KEPT:
            self._known.clear()
        self._known.update({target_id: (now, values) for target_id, values in found.items()})


def peak_line(values: Values, glyphs: Glyphs) -> str:
    """A steady site stands at half the height, so that a slow one stands out."""
    known = [each for each in values if each is not None]
    if not known:
        return glyphs.missing * PEAKS
    return spark(values, PEAKS, glyphs=glyphs, top=max(*known, 2 * median(known)))

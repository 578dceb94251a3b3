"""The last hour of each row on screen as twelve cells: asked for only what is seen, and at most once a minute."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median

from core.view import PEAKS
from tui.theme import Glyphs
from tui.widgets.spark import spark

KEPT_SECONDS = 60.0
MOST_KEPT = 2000

Values = tuple[float | None, ...]


class Peaks:
    """What was read, and what the table has asked for since: its cells are only asked for when they are on screen."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[float, Values]] = {}
        self._wanted: set[int] = set()

    def line(self, target_id: int, now: float, glyphs: Glyphs) -> str:
        """Its twelve cells; blank until they were read."""
        read_at, values = self._known.get(target_id, (float("-inf"), ()))
        if not 0 <= now - read_at < KEPT_SECONDS:
            self._wanted.add(target_id)
        return peak_line(values, glyphs) if values else " " * PEAKS

    def take_wanted(self) -> list[int]:
        """What is to be read now; it is not wanted any more."""
        wanted, self._wanted = sorted(self._wanted), set()
        return wanted

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

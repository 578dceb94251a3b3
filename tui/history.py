"""Where somebody has been in the console, place after place, with steps back and forward and a toggle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

MOST = 100


@dataclass(frozen=True, slots=True)
class Place:
    """A screen and how it was left. `again` opens what was opened over its mode once more; None for the mode itself."""

    mode: str
    page: str
    subject: str = ""
    tab: int = 0
    filter: str = ""
    again: Callable[[], Any] | None = field(default=None, compare=False)

    def same(self, other: Place | None) -> bool:
        """Whether it is the same screen about the same thing, whatever its filter and its tab."""
        return other is not None and (self.mode, self.page, self.subject) == (other.mode, other.page, other.subject)


@dataclass(frozen=True, slots=True)
class History:
    """`places[at]` is where one is; `last` is where one was just before, whichever way one came."""

    places: tuple[Place, ...] = ()
    at: int = -1
    last: Place | None = None

    @property
    def here(self) -> Place | None:
        return self.places[self.at] if self.places else None

    def left(self, place: Place) -> History:
        """Remember how the place was left that one is at."""
        if not place.same(self.here):
            return self
        return replace(self, places=(*self.places[: self.at], place, *self.places[self.at + 1 :]))

    def went(self, place: Place) -> History:
        """To a new place; what lay ahead is forgotten."""
        places = (*self.places[: self.at + 1], place)[-MOST:]
        return History(places, len(places) - 1, self.here)

    def beside(self, step: int) -> Place | None:
        """The place one step back (-1) or forward (1); None at the ends."""
        at = self.at + step
        return self.places[at] if 0 <= at < len(self.places) else None

    def stepped(self, step: int) -> History:
        """One step back or forward; the same at the ends."""
        return History(self.places, self.at + step, self.here) if self.beside(step) else self

    def turned(self) -> History:
        """To the last place, as a step where it is beside this one."""
        if self.last is None:
            return self
        step = next((each for each in (-1, 1) if self.last.same(self.beside(each))), 0)
        return self.stepped(step) if step else self.went(self.last)

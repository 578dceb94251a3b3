"""Lists whose row can be read in full: where there is little room instead of the list, else in the pane beside it."""

from __future__ import annotations

from typing import ClassVar

from textual import events

from tui.screens.lists import ListScreen

READING = "-reading"


class ReadingScreen(ListScreen):
    """`d` goes to what is said of the row, again, or esc, back to the list. The pane of class `inspector` has it.

    `reader` selects what has the focus while one reads.
    """

    reader: ClassVar[str]

    @property
    def leads_back(self) -> bool:
        return self.has_class(READING) or super().leads_back

    def back(self) -> bool:
        if self.has_class(READING):
            self._read(False)
            return True
        return super().back()

    def action_diff(self) -> None:
        self._read(not self.has_class(READING))

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        super().on_descendant_focus(event)
        self.set_class(self.query_one(".inspector") in event.widget.ancestors, READING)

    def _read(self, reading: bool) -> None:
        self.set_class(reading, READING)
        self.call_after_refresh((self.query_one(self.reader) if reading else self.listing).focus)

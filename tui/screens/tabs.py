"""A row of tabs that `[` and `]` walk through."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from tui.panes.paint import Part, Role, line
from tui.screens.acts import EventScreen


class TabScreen(EventScreen):
    """`tab_names` are all tabs; `show_tab` is called after each step."""

    tab = 0

    def tab_names(self) -> Sequence[str]:
        return ()

    def show_tab(self) -> None:
        """Another tab is in front."""

    def action_next_tab(self) -> None:
        self._step(1)

    def action_previous_tab(self) -> None:
        self._step(-1)

    def _step(self, step: int) -> None:
        self.turn_to((self.tab + step) % len(self.tab_names()))

    def turn_to(self, tab: int) -> None:
        """Put one tab in front."""
        self.tab = tab
        self.query_one("#tabs").refresh()
        self.show_tab()

    def tab_line(self, width: int) -> Text:
        return tabs(self.role, self.tab_names(), self.tab, width)


def tabs(role: Role, names: Sequence[str], at: int, width: int) -> Text:
    """` Now [Trends] Changes`; where there is no room for all, those from the one in front on."""
    whole = sum(len(each) + 2 for each in names)
    first = 0 if whole <= width else max(min(at, len(names) - 1) - 1, 0)
    parts: list[Part] = []
    for index, name in enumerate(names[first:], first):
        parts.append((f"[{name}]" if index == at else f" {name} ", "heading" if index == at else "muted"))
    return line(role, parts, width)

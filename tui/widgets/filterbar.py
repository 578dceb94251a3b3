"""The line in which a filter is typed: it answers while typing, shows where it does not understand, and completes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.highlighter import Highlighter
from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Static

from core.errors import QueryError
from core.query.filters import Completion, Query, complete, parse
from core.text import safe
from tui.theme import GLYPHS, Glyphs
from tui.widgets.cut import cut

DEBOUNCE_SECONDS = 0.06
LONGEST_FILTER = 1000
MOST_HISTORY = 100
MOST_OFFERS = 50
_PROMPT = "/ "
_UNDERLINE = Style(underline=True, bold=True)

Values = Callable[[str], Sequence[tuple[str, int]]]


class _BarMessage(Message):
    def __init__(self, bar: FilterBar, text: str) -> None:
        super().__init__()
        self.bar = bar
        self.text = text

    @property
    def control(self) -> FilterBar:
        return self.bar


class FilterChanged(_BarMessage):
    """The filter that is in force from now on; None for no filter."""

    def __init__(self, bar: FilterBar, query: Query | None, text: str) -> None:
        super().__init__(bar, text)
        self.query = query


class FilterRefused(_BarMessage):
    """What stands there is no filter; the one before stays in force."""

    def __init__(self, bar: FilterBar, error: QueryError, text: str) -> None:
        super().__init__(bar, text)
        self.error = error


class FilterLeft(_BarMessage):
    """Somebody pressed enter (the filter stays) or escape (`kept` is False: the filter before typing is back)."""

    def __init__(self, bar: FilterBar, text: str, kept: bool) -> None:
        super().__init__(bar, text)
        self.kept = kept


class ViewWanted(_BarMessage):
    """Somebody wants to keep this filter under a name."""


class _Underlined(Highlighter):
    """Underlines from where the filter is not understood to the end of that word."""

    def __init__(self) -> None:
        self.position: int | None = None

    def highlight(self, text: Text) -> None:
        if self.position is not None and self.position < len(text):
            end = text.plain.find(" ", self.position + 1)
            text.stylize(_UNDERLINE, self.position, end if end > 0 else len(text))


class _Line(Input):
    """The input itself. What is pasted is foreign text too."""

    DEFAULT_CSS = "_Line { width: 1fr; height: 1; border: none; padding: 0; background: transparent; }"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete(1)", "Complete", id="filter.complete"),
        Binding("shift+tab", "complete(-1)", "Complete backwards", show=False, id="filter.complete_back"),
        Binding("up", "older", "Older filter", id="filter.older"),
        Binding("down", "newer", "Newer filter", show=False, id="filter.newer"),
        Binding("ctrl+s", "save", "Save as view", id="filter.save"),
        Binding("escape", "leave", "Back", id="filter.leave"),
    ]

    def __init__(self, bar: FilterBar, highlighter: _Underlined) -> None:
        super().__init__(highlighter=highlighter, select_on_focus=False, compact=True, max_length=LONGEST_FILTER)
        self._bar = bar

    def validate_value(self, value: str) -> str:
        return safe(value, LONGEST_FILTER)

    def action_complete(self, step: int) -> None:
        self._bar.offer_completion(step)

    def action_older(self) -> None:
        self._bar.recall(-1)

    def action_newer(self) -> None:
        self._bar.recall(1)

    def action_save(self) -> None:
        self._bar.wish_view()

    def action_leave(self) -> None:
        self._bar.leave(kept=False)


class FilterBar(Vertical):
    """A filter line and, below it only while there is something to say, what is wrong or what could stand here.

    `values(field)` gives the real values of a field with their counts, most frequent first; `kind` names the records,
    so that fields of others are refused.
    """

    DEFAULT_CSS = """
    FilterBar { height: auto; }
    FilterBar > Horizontal { height: 1; }
    FilterBar Static { width: auto; height: 1; }
    FilterBar > #filter-hint { width: 1fr; display: none; }
    """

    def __init__(
        self,
        *,
        role: Callable[[str], Style],
        values: Values,
        kind: str | None = None,
        history: Sequence[str] = (),
        glyphs: Glyphs = GLYPHS["unicode"],
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._role = role
        self._values = values
        self._kind = kind
        self._glyphs = glyphs
        self._history = list(history)[-MOST_HISTORY:]
        self._recalled = len(self._history)
        self._typed = ""
        self._in_force = ""
        self._before = ""
        self._timer: Timer | None = None
        self._offers: list[Completion] = []
        self._offered = 0
        self._written = ""
        self._rest = ""
        self._error = _Underlined()
        self._line = _Line(self, self._error)
        self._prompt = Static(Text(_PROMPT), id="filter-prompt")
        self._result = Static(Text(""), id="filter-result")
        self._hint = Static(Text(""), id="filter-hint")

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield self._prompt
            yield self._line
            yield self._result
        yield self._hint

    @property
    def text(self) -> str:
        """What stands in the line."""
        return self._line.value

    @property
    def in_force(self) -> str:
        """The text of the last filter that was understood."""
        return self._in_force

    @property
    def history(self) -> tuple[str, ...]:
        """Filters that were kept with enter, newest last."""
        return tuple(self._history)

    @property
    def hint(self) -> str:
        """The words below the line, empty when there is nothing to say."""
        return str(self._hint.content) if self._hint.display else ""

    def edit(self) -> None:
        """Start typing; escape gives back the filter that is in force now."""
        self._before = self._in_force
        self._recalled = len(self._history)
        self._line.focus()

    def set_text(self, text: str) -> None:
        """Put a filter there, as a saved view does, and use it at once."""
        self._line.value = text
        self._line.cursor_position = len(self._line.value)
        self.apply()

    def put(self, text: str, kind: str) -> Query | None:
        """Another list is below: its filter, in force already, and the kind of its records; the query of it."""
        self._kind = kind
        self._offers = []
        try:
            query = parse(text, kind) if text.strip() else None
        except QueryError:
            query, text = None, ""
        self._in_force = self._before = text
        self._line.value = text
        self._error.position = None
        self._say(Text(""))
        return query

    def show_result(self, matching: int, total: int) -> None:
        """`137 of 10,000` at the right end."""
        words = f" {matching:,} of {total:,}" if self._in_force else f" {total:,}"
        self._result.update(Text(words, self._role("muted")))

    # -- reading the filter

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._line.value != self._written:
            self._offers = []
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(DEBOUNCE_SECONDS, self.apply)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.leave(kept=True)

    def apply(self) -> bool:
        """Read what stands there now; whether it is a filter."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        text = self._line.value
        try:
            query = parse(text, self._kind) if text.strip() else None
        except QueryError as error:
            self._show_error(error)
            self.post_message(FilterRefused(self, error, text))
            return False
        self._error.position = None
        self._show_offers()
        if text != self._in_force:
            self._in_force = text
            self.post_message(FilterChanged(self, query, text))
        return True

    def leave(self, kept: bool) -> None:
        """Stop typing: keep the filter if it is one, or go back to the one before."""
        if not kept:
            self.set_text(self._before)
        elif not self.apply():
            return
        if kept and self.text.strip() and self._history[-1:] != [self.text]:
            self._history = [*self._history, self.text][-MOST_HISTORY:]
        self._offers = []
        self._show_offers()
        self.post_message(FilterLeft(self, self.text, kept))

    def wish_view(self) -> None:
        """Ask for a name for this filter, if it is one."""
        if self.text.strip() and self.apply():
            self.post_message(ViewWanted(self, self.text))

    def recall(self, step: int) -> None:
        """An older or newer filter of the history; past the newest, what was being typed."""
        if self._recalled == len(self._history):
            self._typed = self.text
        self._recalled = max(0, min(self._recalled + step, len(self._history)))
        text = self._history[self._recalled] if self._recalled < len(self._history) else self._typed
        self._line.value = text
        self._line.cursor_position = len(self._line.value)

    # -- completion

    def offer_completion(self, step: int) -> None:
        """Write the next thing that could stand at the cursor; tab again for the one after."""
        if self._offers and self.text == self._written:
            self._offered = (self._offered + step) % len(self._offers)
        else:
            self._offers = complete(self.text, self._line.cursor_position, self._values)[:MOST_OFFERS]
            self._offered = 0
            self._rest = self.text[self._line.cursor_position :]
        if self._offers:
            self._write(self._offers[self._offered])
        self._show_offers()

    def _write(self, offer: Completion) -> None:
        head = self.text[: offer.start] + offer.text
        self._written = safe(head + self._rest, LONGEST_FILTER)
        self._line.value = self._written
        self._line.cursor_position = len(head)

    # -- the line below

    def _show_offers(self) -> None:
        words = Text(no_wrap=True, overflow="crop")
        if len(self._offers) > 1:
            words.append(" " * len(_PROMPT))
            for at in range(self._offered, min(self._offered + MOST_OFFERS, len(self._offers))):
                offer = self._offers[at]
                chosen = self._role("selection") if at == self._offered else self._role("text")
                words.append(safe(offer.text, 60), chosen)
                words.append(f" {offer.count:,}  " if offer.count else "  ", self._role("muted"))
        self._say(words)

    def _show_error(self, error: QueryError) -> None:
        self._error.position = error.position
        at = len(_PROMPT) + cell_len(self.text[: error.position])
        message = safe(str(error).split("\n", 1)[0], 200)
        if error.expected:
            message += f"; expected {', '.join(error.expected)}"
        width = self.size.width or 80
        room = width - at - 2
        if room >= min(len(message), width // 2):
            line = " " * at + "^ " + cut(message, room, self._glyphs.ellipsis)
        else:
            words = cut(message, max(min(at, width - 1) - 1, 0), self._glyphs.ellipsis)
            line = words + " " * (min(at, width - 1) - cell_len(words)) + "^"
        self._say(Text(line, self._role("error"), no_wrap=True, overflow="crop"))

    def _say(self, words: Text) -> None:
        self._line.refresh()
        self._hint.update(words)
        self._hint.display = bool(words.plain)

"""A form: fields one under the other, each with what is wrong with it below, in as much room as there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from core.text import safe
from tui import keys
from tui.fields import BETWEEN, Field, Kind
from tui.widgets.cut import fit
from tui.widgets.filterbar import FilterBar, FilterChanged, FilterLeft, FilterRefused, Values

LABEL = 12
LONGEST = 2000
Role = Callable[[str], Style]


class FieldChanged(Message):
    """Something else stands in a field now."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key


class _Line(Input):
    """One line of text. What is pasted is foreign text too."""

    def __init__(self, field: Field, value: str) -> None:
        super().__init__(
            value, placeholder=field.example, password=field.kind is Kind.MASKED, compact=True, select_on_focus=False,
            max_length=LONGEST,
        )  # fmt: skip

    def validate_value(self, value: str) -> str:
        return safe(value, LONGEST)

    def action_copy(self) -> None:
        if not self.password:
            super().action_copy()

    def action_cut(self) -> None:
        if not self.password:
            super().action_cut()


class Choice(Widget, can_focus=True):
    """Words of which one is chosen, or several are: `(•) own  ( ) vendor`, `[x] security  [ ] content`."""

    DEFAULT_CSS = "Choice { height: auto; width: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings(keys.CHOICE)]

    class Chosen(Message):
        """Another word, or other words, are chosen."""

        def __init__(self, choice: Choice) -> None:
            super().__init__()
            self.choice = choice

        @property
        def control(self) -> Choice:
            return self.choice

    def __init__(self, words: Sequence[str], chosen: Sequence[str], *, several: bool, role: Role, plain: bool) -> None:
        super().__init__()
        self.words = tuple(words)
        self._several = several
        self._role = role
        self._plain = plain
        self._chosen = set(chosen)
        self._at = next((at for at, word in enumerate(self.words) if word in self._chosen), 0)

    @property
    def value(self) -> str:
        """The chosen words, in their order."""
        return BETWEEN.join(word for word in self.words if word in self._chosen)

    def offer(self, words: Sequence[str]) -> None:
        """Other words to choose from; what was chosen and is still there stays so."""
        self.words = tuple(words)
        self._chosen &= set(words)
        self._at = min(self._at, max(len(self.words) - 1, 0))
        self.refresh(layout=True)

    def action_earlier(self) -> None:
        self._step(-1)

    def action_later(self) -> None:
        self._step(1)

    def action_tick(self) -> None:
        if not self.words:
            return
        if self._several:
            self._chosen ^= {self.words[self._at]}
            self._tell()
        else:
            self._step(1)

    def _step(self, by: int) -> None:
        if not self.words:
            return
        self._at = (self._at + by) % len(self.words)
        if not self._several:
            self._chosen = {self.words[self._at]}
            self._tell()
        self.refresh()

    def _tell(self) -> None:
        self.refresh()
        self.post_message(self.Chosen(self))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def render(self) -> Text:
        lines = self._lines(max(self.size.width, 1))
        text = Text(no_wrap=True, overflow="crop")
        for number, line in enumerate(lines):
            text.append("\n" if number else "")
            for at, words in line:
                here = self.has_focus and at == self._at
                role = "cursor" if here else "text" if self.words[at] in self._chosen else "muted"
                text.append(words, self._role(role))
                text.append("  ")
        return text if self.words else Text("none to choose from", self._role("muted"))

    def _lines(self, width: int) -> list[list[tuple[int, str]]]:
        lines: list[list[tuple[int, str]]] = [[]]
        room = width
        for at, word in enumerate(self.words):
            shown = safe(f"{self._box(word)} {word}", max(width, 1))
            if lines[-1] and cell_len(shown) > room:
                lines.append([])
                room = width
            lines[-1].append((at, shown))
            room -= cell_len(shown) + 2
        return lines

    def _box(self, word: str) -> str:
        on = word in self._chosen
        if self._several:
            return "[x]" if on else "[ ]"
        return ("(*)" if self._plain else "(•)") if on else "( )"


class _Row(Vertical):
    """A label, what is typed, and below it what is wrong."""

    DEFAULT_CSS = """
    _Row { height: auto; }
    _Row > Horizontal { height: auto; }
    _Row .label { width: 12; height: 1; }
    _Row .wrong { height: auto; margin-left: 12; display: none; }
    _Row Input { width: 1fr; }
    _Row Input > .input--placeholder { color: $text-muted; text-style: italic; }
    _Row FilterBar { width: 1fr; }
    """

    def __init__(self, field: Field, editor: Widget, role: Role) -> None:
        super().__init__()
        self.field = field
        self.editor = editor
        self.touched = False
        self._role = role
        self._label = Static(classes="label")
        self._wrong = Static(classes="wrong")

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield self._label
            yield self.editor
        yield self._wrong

    def on_mount(self) -> None:
        self.mark(False)

    def mark(self, here: bool) -> None:
        """Whether the cursor is in this field."""
        words = fit(f"{'>' if here else ' '}{self.field.label}", LABEL - 1)
        self._label.update(Text(words, self._role("heading" if here else "label"), no_wrap=True))

    def say(self, wrong: str, mark: str) -> None:
        """What is wrong with it, or nothing."""
        self._wrong.update(Text(f"{mark} {safe(wrong, 300)}" if wrong else "", self._role("error")))
        self._wrong.display = bool(wrong)

    @property
    def value(self) -> str:
        if isinstance(self.editor, FilterBar):
            return self.editor.text
        assert isinstance(self.editor, (Input, Choice))
        chosen = self.editor.value
        return {"yes": "true", "no": ""}[chosen] if self.field.kind is Kind.FLAG else chosen


class Form(VerticalScroll, inherit_bindings=False):
    """`judge(values)` says what is wrong, by key; a field is told of it once somebody was there, all on `check`.

    `shown(values)` are the keys of the fields that there are for what stands in the others. Enter goes on.
    """

    DEFAULT_CSS = "Form { height: auto; scrollbar-size-vertical: 1; }"
    can_focus = False

    def __init__(
        self,
        fields: Sequence[Field],
        values: Mapping[str, str],
        judge: Callable[[Mapping[str, str]], Mapping[str, str]],
        *,
        role: Role,
        plain: bool = False,
        completions: Values = lambda _: (),
        shown: Callable[[Mapping[str, str]], Sequence[str]] | None = None,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.can_focus = False
        self._judge = judge
        self._role = role
        self._plain = plain
        self._completions = completions
        self._shown = shown
        self._rows = {each.key: _Row(each, self._editor(each, values.get(each.key, "")), role) for each in fields}
        self._given = dict(values)
        self._first = self.values

    def compose(self) -> ComposeResult:
        yield from self._rows.values()

    def on_mount(self) -> None:
        for key, row in self._rows.items():
            if isinstance(row.editor, FilterBar):
                row.editor.set_text(self._given.get(key, ""))
        self._first = self.values
        self._fit()

    # -- what stands there

    @property
    def values(self) -> dict[str, str]:
        """What stands in the fields, by key."""
        return {key: row.value for key, row in self._rows.items()}

    @property
    def changed(self) -> bool:
        """Whether anything is not as it was at first."""
        return self.values != self._first

    @property
    def field(self) -> Field | None:
        """The field that has the focus."""
        here = self._row_of(self.screen.focused)
        return here.field if here else None

    def editor(self, key: str) -> Widget:
        return self._rows[key].editor

    def start(self, key: str = "") -> None:
        """Put the cursor into a field, the first one if not said."""
        editor = self._rows[key or next(iter(self._rows))].editor
        if isinstance(editor, FilterBar):
            editor.edit()
        else:
            editor.focus()

    def check(self) -> bool:
        """Tell of everything that is wrong, go to the first of it; whether nothing is."""
        for row in self._rows.values():
            row.touched = True
        wrong = self._tell()
        for key in self._rows:
            if key in wrong:
                self.start(key)
                break
        return not wrong

    # -- keys and changes

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._edited(event.input)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.screen.focus_next()

    def on_choice_chosen(self, event: Choice.Chosen) -> None:
        event.stop()
        self._edited(event.choice)

    def on_filter_changed(self, event: FilterChanged) -> None:
        event.stop()
        self._edited(event.bar)

    def on_filter_refused(self, event: FilterRefused) -> None:
        event.stop()
        self._edited(event.bar)

    def on_filter_left(self, event: FilterLeft) -> None:
        if event.kept:
            event.stop()
            self.screen.focus_next()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        here = self._row_of(event.widget)
        for row in self._rows.values():
            row.mark(row is here)

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        row = self._row_of(event.widget)
        if row is not None and row.value:
            row.touched = True
            self._tell()

    def _edited(self, widget: Widget) -> None:
        row = self._row_of(widget)
        if row is not None and self.is_attached:
            row.touched = row.touched or row.value != self._first[row.field.key]
            self._fit()
            self._tell()
            self.post_message(FieldChanged(row.field.key))

    def _tell(self) -> dict[str, str]:
        wrong = dict(self._judge(self.values))
        for key, row in self._rows.items():
            told = row.touched and not (isinstance(row.editor, FilterBar) and row.editor.hint)  # at its place already
            row.say(wrong.get(key, "") if told else "", "!" if self._plain else "✖")
        return wrong

    def _fit(self) -> None:
        """Show the fields that there are for what is chosen."""
        if self._shown is not None:
            wanted = set(self._shown(self.values))
            for key, row in self._rows.items():
                row.display = key in wanted

    def _row_of(self, widget: Widget | None) -> _Row | None:
        return next((each for each in (widget.ancestors_with_self if widget else ()) if isinstance(each, _Row)), None)

    def _editor(self, field: Field, value: str) -> Widget:
        if field.kind is Kind.FILTER:
            return FilterBar(role=self._role, values=self._completions, kind="changes")
        if field.kind is Kind.FLAG:
            return Choice(("no", "yes"), ("yes" if value else "no",), several=False, role=self._role, plain=self._plain)
        if field.kind in (Kind.CHOICE, Kind.TYPE, Kind.CHECKS, Kind.SEVERAL):
            chosen = [each for each in value.split(BETWEEN) if each]
            several = field.kind in (Kind.CHECKS, Kind.SEVERAL)
            return Choice(field.choices, chosen, several=several, role=self._role, plain=self._plain)
        return _Line(field, value)

"""A form over everything else: fields, what is wrong with them, and beside or below them what would come of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from core.errors import VedetteError
from core.text import in_one_line
from tui.fields import Field
from tui.panes.paint import Drawn, Parts, line, page, ruled
from tui.screens.console import ConsoleScreen, bound
from tui.screens.modal import Modal
from tui.widgets.form import FieldChanged, Form

FIRST = ("text.save", "text.test", "text.leave")
KEYS = ("text.below", "text.above", "text.page_down", "text.page_up")


def _first(bindings: list[BindingType]) -> list[BindingType]:
    """Meant by the form whatever field has the focus: a filter line has a meaning of its own for some of them."""
    return [replace(each, priority=True) for each in bindings if isinstance(each, Binding)]


class FormScreen(ConsoleScreen, Modal[None]):
    """What all forms share. It is modal, so that no key of the console is meant while somebody types."""

    page: ClassVar[str] = "form"
    has_test: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = [*_first(bound(*FIRST)), *bound(*KEYS)]

    def __init__(self) -> None:
        super().__init__()
        self._trouble = ""
        self._asked = False
        self._busy = False
        self.preview: Sequence[Parts] = ()

    # -- what each form says of itself

    def heading(self) -> str:
        """What this form is for."""
        return ""

    def fields(self) -> Sequence[Field]:
        return ()

    def given(self) -> Mapping[str, str]:
        """What stands in the fields at first."""
        return {}

    def judge(self, values: Mapping[str, str]) -> Mapping[str, str]:
        """What is wrong, by key."""
        return {}

    def fault(self) -> str:
        """Why what is to be edited could not be read whole; saving writes it anew."""
        return ""

    async def store(self, values: Mapping[str, str]) -> str:
        """Do it at the engine; what was done, in words. VedetteError when it cannot be."""
        return ""

    async def after(self) -> None:
        """Show what came of it."""
        await self.console.read(everything=True)

    def preview_title(self) -> str:
        return ""

    def changed(self, key: str) -> None:
        """Something else stands in a field."""

    # -- on screen

    def make_form(self) -> Form:
        return Form(self.fields(), self.given(), self.judge, role=self.role, plain=self.console.plain, id="form")

    def compose(self) -> ComposeResult:
        yield Drawn(self._verdict, id="verdict")
        yield Drawn(self._title, id="title")
        with Vertical(classes="form-split"):
            yield self.make_form()
            with Vertical(id="preview"):
                yield Drawn(self._preview_title, id="preview-title")
                yield Static(id="preview-text")
        yield Drawn(self._hint, id="hint")
        yield Drawn(self._footer, id="footer")

    @property
    def form(self) -> Form:
        return self.query_one(Form)

    def on_mount(self) -> None:
        self.query_one("#preview").display = False
        self.form.start()
        if self.fault():
            self.call_after_refresh(self._say_fault)

    def _say_fault(self) -> None:
        self.form.check()
        self.say(f"^s writes anew what could be read of it: {in_one_line(self.fault())}")

    def _title(self, width: int) -> Text:
        return ruled(self.role, self.heading(), width, self.console.glyphs.rule)

    def _preview_title(self, width: int) -> Text:
        return ruled(self.role, self.preview_title(), width, self.console.glyphs.rule)

    def _hint(self, width: int) -> Text:
        if self._trouble:
            return line(self.role, [(f" {self._trouble}", "error")], width)
        field = self.form.field
        return line(self.role, [(f" {field.hint if field else ''}", "muted")], width)

    def show_preview(self, lines: Sequence[Parts], *, here: bool = False) -> None:
        """Put these lines beside or below the fields; `here` brings them into sight."""
        if not self.stands:
            return
        self.preview = lines
        self.query_one("#preview").display = bool(lines)
        self._draw_preview()
        if here:
            self.call_after_refresh(self._scroll_to_preview)

    def _scroll_to_preview(self) -> None:
        self.query_one("#preview").scroll_visible(animate=False, top=True)

    def preview_width(self) -> int:
        """Cells that a line of the preview has."""
        share = 0.4 if self.size.width >= 100 else 1.0
        return max(int(self.size.width * share) - 2, 20)

    def _draw_preview(self) -> None:
        text = self.query_one("#preview-text", Static)
        text.update(page(self.role, self.preview, self.preview_width()))
        self.query_one("#preview-title").refresh()

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw_preview)

    def say(self, trouble: str) -> None:
        """Why it was not done."""
        self._trouble = trouble
        if self.stands:
            self.query_one("#hint").refresh()

    def on_field_changed(self, event: FieldChanged) -> None:
        event.stop()
        self._asked = False
        self.say("")
        self.changed(event.key)

    def on_descendant_focus(self, event: object) -> None:
        for name in ("#hint", "#footer"):
            self.query_one(name).refresh()

    # -- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.has_test if action == "test" else True

    def action_save(self) -> None:
        if self._busy:
            return
        if not self.form.check():
            self.say(self.judge(self.form.values).get("", "") or "not saved: what is wrong stands below its field")
            return
        self._busy = True
        self.run_worker(self._save(), group="save")

    async def _save(self) -> None:
        try:
            done = await self.store(self.form.values)
        except VedetteError as error:
            self.say(f"not saved: {error}")
            return
        finally:
            self._busy = False
        self.dismiss()
        self.console.tell(done)
        self.console.run_worker(self.after(), group="read")

    def action_test(self) -> None:
        """Only some forms have one."""

    def action_leave(self) -> None:
        if self.form.changed and not self._asked:
            self._asked = True
            self.say("nothing is saved yet: ^s saves, esc again leaves")
            return
        self.dismiss()

    def action_page_down(self) -> None:
        self._scroll(1)

    def action_page_up(self) -> None:
        self._scroll(-1)

    def _scroll(self, pages: int) -> None:
        split = self.query_one(".form-split")
        whole = split if split.max_scroll_y else self.query_one("#preview")
        whole.scroll_relative(y=pages * max(whole.size.height - 1, 1), animate=False)

"""The help screen: the page for what has the focus, with its keys, and a search through all pages.

It is a screen over the others, so that closing it leaves everything as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widgets import Input, Static

from tui import keys
from tui.pages import Block, Line, Setting, every_page, lay_out, page, page_names, result_blocks, search
from tui.screens.modal import Modal
from tui.theme import Roles, Skin

NOTHING_FOUND = Block("text", "Nothing in any page. Fewer or shorter words find more.")


def setting_of(
    *, plain: bool = False, skins: Iterable[Skin] = (), overrides: Mapping[str, str] | None = None,
    commands: Iterable[str] | None = None,
) -> Setting:  # fmt: skip
    """What the pages of this console say: its themes, its screens, its commands, and only the keys that are bound."""
    themes = tuple((skin.name, skin.summary) for skin in sorted(skins, key=lambda each: each.name))
    ours = set(_classes(DOMNode))
    named = None if commands is None else frozenset(commands)
    return Setting(plain, overrides, themes, keys.bound_ids(*ours), _lacking(ours), named)


def _lacking(ours: Collection[type]) -> dict[str, frozenset[str]]:
    """Each page that a screen has, with what screens can bind and this one does not."""
    screens = {str(vars(each)["page"]): keys.bound_ids(each) for each in ours if vars(each).get("page")}
    parts = keys.bound_ids(*(each for each in ours if not issubclass(each, Screen)))
    anywhere = frozenset(name for found in screens.values() for name in found)
    return {page: anywhere - found - parts for page, found in screens.items()}


def _classes(above: Any) -> Iterator[Any]:
    """Every widget, screen and app of the console: those that are imported by the time somebody asks for help."""
    for each in above.__subclasses__():
        if each.__module__.startswith("tui."):
            yield each
        yield from _classes(each)


class HelpBody(VerticalScroll):
    """The text, scrolled by its own keys."""

    BINDINGS: ClassVar[list[BindingType]] = []


class HelpScreen(Modal[None]):
    """`name` is a page of `tui/help`; a name without a page shows the page about help."""

    AUTO_FOCUS = "HelpBody"
    DEFAULT_CSS = """
    HelpScreen { align: center middle; background: $background; }
    HelpScreen #help { width: 100%; max-width: 100; height: 100%; background: $surface; }
    HelpScreen #help-search { height: 1; border: none; padding: 0 1; background: $panel; }
    HelpScreen #help-search:focus { border: none; }
    HelpScreen HelpBody { padding: 0 1; background: $surface; scrollbar-size-vertical: 1; }
    HelpScreen #help-footer { height: 1; padding: 0 1; background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings(keys.HELP)]

    def __init__(self, name: str, roles: Roles, setting: Setting | None = None) -> None:
        super().__init__()
        self._setting = setting or setting_of()
        self._roles = roles
        self._names = page_names(self._setting)
        self._page = name if name in self._names else "help"

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help", can_focus=False):
            yield Input(placeholder="/ search all pages", id="help-search", compact=True, max_length=200)
            with HelpBody():
                yield Static(id="help-text")
            yield Static(self._footer(), id="help-footer")

    def on_mount(self) -> None:
        self._draw()

    def on_resize(self, event: events.Resize) -> None:
        self._draw()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._draw()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._body.focus()

    def action_search(self) -> None:
        self._search.focus()

    def action_close(self) -> None:
        """Out of the search first, then out of help."""
        if self._search.has_focus or self._search.value:
            self._search.value = ""
            self._body.focus()
        else:
            self.dismiss()

    def action_next_page(self) -> None:
        self._turn(1)

    def action_previous_page(self) -> None:
        self._turn(-1)

    def action_scroll_down(self) -> None:
        self._body.scroll_relative(y=1, animate=False)

    def action_scroll_up(self) -> None:
        self._body.scroll_relative(y=-1, animate=False)

    def action_page_down(self) -> None:
        self._body.scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        self._body.scroll_page_up(animate=False)

    @property
    def page_name(self) -> str:
        """Which page is open."""
        return self._page

    @property
    def _search(self) -> Input:
        return self.query_one("#help-search", Input)

    @property
    def _body(self) -> HelpBody:
        return self.query_one(HelpBody)

    def _turn(self, step: int) -> None:
        self._page = self._names[(self._names.index(self._page) + step) % len(self._names)]
        self._search.value = ""
        self._body.focus()
        self._draw()

    def _draw(self) -> None:
        typed = self._search.value.strip()
        if typed:
            blocks = result_blocks(search(every_page(self._setting), typed)) or [NOTHING_FOUND]
        else:
            blocks = list(page(self._page, self._setting).blocks)
        width = min(self.size.width, 100) - 4
        lines = lay_out(blocks, width, typed, self._setting.plain)
        self.query_one("#help-text", Static).update(self._text(lines))
        self._body.scroll_home(animate=False)

    def _text(self, lines: list[Line]) -> Text:
        text = Text(no_wrap=True)
        for line in lines:
            for span in line:
                text.append(span.text, self._roles[span.role])
            text.append("\n")
        return text

    def _footer(self) -> Text:
        text = Text(no_wrap=True, overflow="ellipsis")
        for hint in keys.hints("help", plain=self._setting.plain, overrides=self._setting.overrides):
            text.append(hint.key, self._roles["key"])
            text.append(f" {hint.words}   ", self._roles["label"])
        return text

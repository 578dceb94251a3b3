"""Moving about in the console: back and forward, the last view, from pane to pane, one pane alone, another layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widget import Widget

from tui.history import History, Place
from tui.screens.console import ConsoleScreen
from tui.screens.jump import JumpScreen
from tui.screens.lists import ListScreen
from tui.screens.tabs import TabScreen

if TYPE_CHECKING:
    from tui.app import ConsoleApp

NARROWEST_BESIDE = 100
LAYOUTS = ("beside", "below", "alone")
LAYOUT_WORDS = {"beside": "details beside the list", "below": "details below the list", "alone": "the list alone"}


def place_of(console: ConsoleApp, screen: ConsoleScreen) -> Place:
    """The screen as a place to come back to."""
    tab = screen.tab if isinstance(screen, TabScreen) else 0
    written = screen.bar.in_force if isinstance(screen, ListScreen) and screen.is_attached else ""
    return Place(console.current_mode, screen.page, screen.subject, tab, written, screen.again())


def arrived(console: ConsoleApp, screen: ConsoleScreen) -> None:
    """A screen is in front: a new place, unless it is the one that is known to be here."""
    if console.travelling or screen is not console.console_screen():
        return
    place = place_of(console, screen)
    if place.again is None and screen is not console.screen_stack[0]:
        return  # opened over another, with no way to open it once more: no place to come back to
    if place.same(console.history.here):
        console.history = console.history.left(place)
        return
    if console.shown is not None and console.shown.is_attached:
        console.history = console.history.left(_as_left(console, console.shown))
    console.shown = screen
    console.history = console.history.went(place)


def _as_left(console: ConsoleApp, screen: ConsoleScreen) -> Place:
    """How a screen was left; its mode is that of the place it is known as."""
    here, place = console.history.here, place_of(console, screen)
    return place if here is None else Place(here.mode, place.page, place.subject, place.tab, place.filter, place.again)


def refiltered(console: ConsoleApp, screen: ConsoleScreen, before: Place) -> None:
    """A filter or tab that was typed as a command is a place of its own, if its screen was in front already."""
    here = console.history.here
    place = place_of(console, screen)
    if here is not None and before.same(place) and before != place:
        console.history = console.history.left(before).went(place)


def closed(console: ConsoleApp) -> None:
    """What was opened is closed again: a step back, where one came from there."""
    screen = console.console_screen()
    before = console.history.beside(-1)
    if screen is not None and before is not None and before.same(place_of(console, screen)):
        console.shown = screen
        console.history = console.history.stepped(-1)


async def step(console: ConsoleApp, way: int) -> None:
    if console.history.beside(way) is None:
        console.tell("nothing was before this" if way < 0 else "nothing came after this")
        return
    await _go(console, _remembered(console).stepped(way))


async def turn(console: ConsoleApp) -> None:
    """To the view before this one, and with it again back here."""
    if console.history.last is None:
        console.tell("this is the first view")
        return
    await _go(console, _remembered(console).turned())


def _remembered(console: ConsoleApp) -> History:
    screen = console.console_screen()
    return console.history.left(place_of(console, screen)) if screen is not None else console.history


async def _go(console: ConsoleApp, history: History) -> None:
    place = history.here
    if place is None:
        return
    console.travelling = True
    try:
        screen = await _opened(console, place)
        _restore(screen, place)
    finally:
        console.travelling = False
    console.shown, console.history = screen, history


async def _opened(console: ConsoleApp, place: Place) -> ConsoleScreen:
    screen = console.console_screen()
    if screen is not None and place_of(console, screen).same(place):
        return screen
    screen = await console.at_home(place.mode)
    if place.again is not None:
        screen = place.again()
        await console.push_screen(screen)
    return screen


def _restore(screen: ConsoleScreen, place: Place) -> None:
    if isinstance(screen, TabScreen) and screen.tab != place.tab:
        screen.turn_to(place.tab)
    if isinstance(screen, ListScreen) and screen.bar.in_force != place.filter:
        screen.use_filter(place.filter)


# -- panes


def panes(screen: ConsoleScreen) -> list[Widget]:
    """What can have the focus on a screen, in order."""
    return [each for each in screen.focus_chain if each.region.area]


def jump(console: ConsoleApp) -> None:
    """Letters over the panes; the one that is pressed gets the focus."""
    screen = console.console_screen()
    found = panes(screen) if screen is not None else []
    if len(found) < 2:
        console.tell("there is one pane here")
        return

    def chosen(pane: Widget | None) -> None:
        if pane is not None:
            pane.focus()

    console.push_screen(JumpScreen(found), chosen)


def zoom(console: ConsoleApp) -> None:
    """The pane in focus fills the screen between header and footer, or all are back."""
    screen = console.console_screen()
    if screen is None:
        return
    if screen.maximized is not None:
        screen.minimize()
    elif screen.focused is None:
        console.tell("no pane has the focus")
    else:
        screen.maximized = screen.focused


def next_layout(console: ConsoleApp) -> None:
    """Details beside the list, below it, or none; what this screen has room for."""
    screen = console.console_screen()
    found = screen.query(".split") if screen is not None else None
    if screen is None or not found:
        console.tell("this screen has one layout")
        return
    possible = LAYOUTS if screen.size.width >= NARROWEST_BESIDE else LAYOUTS[1:]
    now = next((each for each in LAYOUTS if screen.has_class(f"-{each}")), _usual(screen))
    name = possible[(possible.index(now) + 1) % len(possible)] if now in possible else possible[0]
    for each in LAYOUTS:
        screen.set_class(each == name, f"-{each}")
    screen.minimize()
    console.tell(LAYOUT_WORDS[name])


def _usual(screen: ConsoleScreen) -> str:
    """The layout that a screen has by its size."""
    if screen.has_class("-low"):
        return "alone"
    return "beside" if screen.has_class("-huge") or screen.has_class("-wide") else "below"

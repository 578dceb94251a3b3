"""The console: modes, one beat for everything on screen, and acts that go to the engine and come back as notices."""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable, Collection, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from rich.color import ColorSystem
from rich.console import RenderableType
from rich.style import Style
from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.binding import BindingType
from textual.filter import LineFilter
from textual.screen import Screen
from textual.widgets import Input

from core.clock import monotonic, rfc3339
from core.errors import StoreError, VedetteError
from core.operations import Operations
from core.text import safe
from core.view import View
from tui import clipboard, commands, keys, leaving, moving, news, wording
from tui.dressing import Dressing, ThemesChanged
from tui.figures import Figures, Meter, metered
from tui.history import History
from tui.life import Lifeline
from tui.options import Options
from tui.pages import Setting, page_names
from tui.palette import ActsProvider
from tui.pasting import MOST_PASTED, fitted, lines_of, reading
from tui.plain import AsciiOnly
from tui.screens.alerts import AlertsScreen
from tui.screens.ask import AskExport, AskSure
from tui.screens.changes import ChangesScreen
from tui.screens.command import MOST_HISTORY, CommandLine
from tui.screens.console import ConsoleScreen, bound
from tui.screens.help import HelpScreen, setting_of
from tui.screens.lists import ListScreen
from tui.screens.overview import OverviewScreen
from tui.screens.site import SiteScreen
from tui.screens.sites import SitesScreen
from tui.screens.system import SystemScreen
from tui.shown import Difference, Shown
from tui.theme import DARK, Glyphs, Skin, load_themes, shipped_folder
from tui.typeahead import TypeAhead

EVERYWHERE = (
    "global.overview", "global.sites", "global.changes", "global.alerts", "global.system", "global.filter",
    "global.command", "global.help", "global.back", "global.freeze", "global.refresh", "global.next_theme",
    "global.last_view", "global.history_back", "global.history_forward", "global.jump", "global.zoom", "global.layout",
    "global.mute", "global.copy", "global.copy_json", "global.export", "global.take_over", "global.suspend",
    "global.quit",
)  # fmt: skip
ASCII_ONLY = AsciiOnly()
PAINTED_WITHIN = 0.1  # a key that has painted nothing when the loop has been free for so long paints nothing


class ConsoleApp(App[int]):
    """`now` gives epoch seconds. Acts go through `operations` only, reading through `view` only, which it opens."""

    CSS_PATH = "app.tcss"
    TITLE = "Vedette"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar[set[Any]] = {ActsProvider}
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (100, "-wide"), (160, "-huge")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-tall"), (40, "-towering")]  # noqa: RUF012
    MODES: ClassVar[dict[str, Any]] = {
        "overview": OverviewScreen,
        "sites": SitesScreen,
        "changes": ChangesScreen,
        "alerts": AlertsScreen,
        "system": SystemScreen,
    }
    DEFAULT_MODE = "overview"
    BINDINGS: ClassVar[list[BindingType]] = bound(*EVERYWHERE)

    def __init__(
        self, view: View, operations: Operations, now: Callable[[], float], theme: str, options: Options
    ) -> None:
        super().__init__()
        self.meter = Meter()
        self.driver_class = metered(reading(self.driver_class), self.meter, monotonic)
        self.view = view
        self.operations = operations
        self.now = now
        self.options = options
        folders = (shipped_folder(), *options.themes)
        wardrobe = load_themes(folders)
        self.dressing = Dressing(self, folders, wardrobe) if options.themes else None
        self.skins: dict[str, Skin] = dict(wardrobe.skins)
        if theme not in self.skins:
            raise VedetteError(f"there is no theme '{safe(theme, 40)}'; there are {', '.join(sorted(self.skins))}")
        self.skin: Skin = self.skins.get(theme) or self.skins[DARK]
        self.news = news.News()
        self.engine = ""
        self.failure: BaseException | None = None
        self.answers: dict[str, tuple[str, str]] = {}  # what channels last said to a test message, and its role
        self.frozen_at: float | None = None
        self.held = news.Held(0, 0)
        self.typed: list[str] = []
        self.lifeline = Lifeline(self)
        self.history = History()
        self.ahead = TypeAhead(self)
        self.shown: ConsoleScreen | None = None
        self.travelling = False
        self.readable = False
        self.muted = False
        self._reading = asyncio.Lock()
        self._on_terminal = Shown()
        for skin in self.skins.values():
            self.register_theme(skin.textual_theme())
        self.theme = self.skin.name

    # -- what screens draw with

    @property
    def plain(self) -> bool:
        return self.glyphs.plain

    @property
    def glyphs(self) -> Glyphs:
        return self.skin.glyph_set(self.options.plain)

    def role(self, name: str) -> Style:
        """The style of a role in the theme that is worn now."""
        return self.skin.roles[name]

    def get_line_filters(self) -> Sequence[LineFilter]:
        worn = self.skin.line_filters(super().get_line_filters())
        return [*worn, ASCII_ONLY] if self.plain else worn

    @property
    def engine_state(self) -> tuple[str, str]:
        """Which engine this console talks to, in words, and their role."""
        if self.lifeline.lost:
            return "NO ENGINE", "error"
        if self.news.trouble:
            return "NO STORE", "error"
        return (self.engine, "muted") if self.engine else ("starting", "muted")

    @property
    def engine_trouble(self) -> str:
        """Why there is no engine or no store, empty where all is well."""
        return self.lifeline.trouble or self.news.trouble

    # -- its own figures

    @property
    def figures(self) -> Figures:
        """How quick, quiet and small this console is."""
        return self.meter.figures(monotonic())

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Paste):  # whoever wrote it, it is shown where it goes
            event.text = safe(lines_of(event.text), MOST_PASTED + 1, keep_newlines=True)
        if isinstance(event, (events.Key, events.Paste)) and not event.is_forwarded and not self.ahead.goes_on(event):
            return
        collector = self.options.collector
        if collector is not None and isinstance(event, events.InputEvent):
            collector.touch(monotonic())
        if isinstance(event, events.Paste) and not event.is_forwarded:
            self._fit(event)
        if isinstance(event, events.Key) and not event.is_forwarded:
            self.meter.key(event.time)
            await super().on_event(event)
            self.set_timer(PAINTED_WITHIN, partial(self.meter.settled, event.time))
            return
        if isinstance(event, events.Resize):
            self._on_terminal.forget()
        await super().on_event(event)

    def _fit(self, event: events.Paste) -> None:
        """As much of a paste as goes in where it goes, and a word about the rest."""
        if not isinstance(self.focused, Input):
            self.tell("nothing here takes pasted text: a line opened with : or / does")
            return
        event.text, said = fitted(event.text, self.focused)
        if said:
            self.tell(said)

    # -- paint

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Only cells that differ go to the terminal; where none does, nothing."""
        if isinstance(renderable, ChopsUpdate | LayoutUpdate) and self._is_painting():
            system = self.console._color_system or ColorSystem.TRUECOLOR
            sequence = self._on_terminal.differing(renderable, self.size.width, self.size.height, system)
            renderable = Difference(sequence) if sequence else None
        super()._display(screen, renderable)

    def _is_painting(self) -> bool:
        return self._running and not (self._closed or self._batch_count or self.is_headless or self._driver is None)

    def _paint_anew(self, _: object = None) -> None:
        """Something else may have written to the terminal."""
        self._on_terminal.forget()
        self.screen.refresh()

    def post_display_hook(self) -> None:
        self.meter.painted(monotonic())

    # -- life

    async def on_mount(self) -> None:
        self.app_resume_signal.subscribe(self, self._paint_anew, immediate=True)
        self.set_interval(self.options.beat, self.beat)
        self.set_interval(news.ASK_AGAIN, self.lifeline.look)
        if (collector := self.options.collector) is not None:
            self.set_interval(5.0, lambda: collector.look(monotonic()))
        if self.options.wish is not None:
            asyncio.get_running_loop().add_reader(self.options.wish, self._asked_to_leave)
            self.lifeline.mind_stops()
        self.run_worker(self._begin(), group="begin")

    async def _begin(self) -> None:
        try:
            early = await self._look_first()
            if self.options.life is not None:
                self.engine = await asyncio.to_thread(self.options.life.begin)
            if self.options.collector is not None:
                self.options.collector.take_over()
            if not early:
                await self.view.open()
                self.readable = True
        except (VedetteError, OSError) as error:
            self.failure = error
            self.exit(2)
            return
        self.lifeline.opened = True
        await self.read(everything=True)
        if self.dressing is not None:
            await self.dressing.start()

    async def _look_first(self) -> bool:
        """Show what was stored last before an engine starts, which keeps this interpreter busy for a while.

        A store that is not there yet, or is to be brought up to date, is the engine's to open first.
        """
        try:
            await self.view.open()
        except StoreError:
            return False
        self.readable = True
        async with self._reading:
            await self._take(all_of_it=True)
        return True

    def _asked_to_leave(self) -> None:
        assert self.options.wish is not None
        asyncio.get_running_loop().remove_reader(self.options.wish)
        self.exit(0)

    async def on_unmount(self) -> None:
        self.ahead.end()
        if self.options.wish is not None:
            asyncio.get_running_loop().remove_reader(self.options.wish)
        if self.dressing is not None:
            await self.dressing.stop()
        self.lifeline.opened = False
        if self.readable:
            self.readable = False
            self.workers.cancel_all()
            await self.view.close()

    def beat(self) -> None:
        """Once a second: ages on screen grow, what is new is read."""
        screen = self.console_screen()
        if screen is not None and screen.is_attached and screen.is_mounted:
            screen.beat(self.now())
        if self.lifeline.opened and not self._reading.locked():
            self.run_worker(self.read(), group="read")

    async def read(self, *, everything: bool = False) -> None:
        """Take over what is new and let the screen show it; frozen, count it."""
        async with self._reading:
            screen = self.console_screen()
            if everything:
                self.lifeline.look()
            if not self.lifeline.opened:
                return
            if self.frozen_at is not None:
                await self._hold(screen)
                if not everything:
                    return
            await self._take(all_of_it=everything)

    async def _take(self, *, all_of_it: bool) -> None:
        screen, now = self.console_screen(), self.now()
        wanted = screen.wanted() if screen else ()
        open_before = {each.id for each in self.news.open_alerts} if self.news.read_at else None
        if await news.read(self.news, self.view, wanted, now, all_of_it=all_of_it):
            self._ring(open_before)
            for each in self.screen_stack:
                if isinstance(each, ConsoleScreen) and each.is_attached and each.is_mounted:
                    await each.show_news(self.news, now)

    async def _hold(self, screen: ConsoleScreen | None) -> None:
        """Count in the header what is not let in."""
        self.held = await news.hold(self.news, self.view, self.held)
        if screen is not None:
            screen.renew_bars()

    def _ring(self, open_before: Collection[int] | None) -> None:
        """The terminal's bell for what has begun to fire since the last reading."""
        if open_before is not None and not self.muted and news.alarming(open_before, self.news.open_alerts):
            self.write("\a")

    def arrived(self, screen: ConsoleScreen) -> None:
        moving.arrived(self, screen)

    def console_screen(self) -> ConsoleScreen | None:
        """What one looks at, whatever question stands over it."""
        return next((each for each in reversed(self.screen_stack) if isinstance(each, ConsoleScreen)), None)

    # -- acts

    def act(self, done: str, doing: Coroutine[Any, Any, Any]) -> None:
        """Do it at the engine; say `done` when it is, or why not."""
        self.run_worker(self._act(done, doing), group="acts")

    async def _act(self, done: str, doing: Coroutine[Any, Any, Any]) -> None:
        try:
            await doing
        except VedetteError as error:
            self.tell(str(error), wrong=True)
            return
        self.tell(done)
        await self.read(everything=True)

    def ask(self, doing: Coroutine[Any, Any, None]) -> None:
        """Do what may need an answer first; why it cannot be done is told."""
        self.run_worker(self._ask(doing), group="asks")

    async def _ask(self, doing: Coroutine[Any, Any, None]) -> None:
        try:
            await doing
        except VedetteError as error:
            self.tell(str(error), wrong=True)

    def tell(self, words: str, *, wrong: bool = False) -> None:
        """A notice; foreign text in it is made harmless, and nothing in it is markup."""
        self.notify(safe(words, 400), severity="error" if wrong else "information", timeout=5, markup=False)

    def _load_screen_css(self, screen: Screen[Any]) -> None:
        """A new screen has the styles in force from the start; else all of them were parsed anew, twice, to say so."""
        super()._load_screen_css(screen)
        screen._css_update_count = self._css_update_count

    async def _replace_screen(self, screen: Screen[Any]) -> Screen[Any]:
        """A screen that is left before it is there is taken away once it is: half made, it would miss its own parts."""
        await screen._mounted_event.wait()
        return await super()._replace_screen(screen)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        screen = self.console_screen()
        if action == "filter" and not (isinstance(screen, ListScreen) and screen.has_list):
            return False
        if action == "take_over" and not self.lifeline.may_take_over:
            return False
        return keys.is_allowed(action, readonly=self.options.readonly)

    async def go_to(self, mode: str, identity: object) -> None:
        """Show a thing where it is at home."""
        await self.switch_mode(mode)
        await self.read(everything=True)
        if isinstance(self.screen, ConsoleScreen):
            self.screen.find(identity)

    async def at_home(self, mode: str) -> ConsoleScreen:
        """A mode's own screen, whatever was opened over it."""
        await self.action_switch_mode(mode)
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        assert isinstance(self.screen, ConsoleScreen)
        return self.screen

    def open_site(self, name: str, tab: str = "Now") -> None:
        self.push_screen(SiteScreen(name, tab))

    # -- keys

    async def action_switch_mode(self, mode: str) -> None:
        while len(self.screen_stack) > 1 and not isinstance(self.screen, ConsoleScreen):
            self.pop_screen()
        await self.switch_mode(mode)
        if self.lifeline.opened:
            await self.read(everything=True)

    def action_filter(self) -> None:
        screen = self.console_screen()
        if screen is not None:
            screen.minimize()
            screen.filter()

    async def action_back(self) -> None:
        screen = self.console_screen()
        if screen is not None and screen.maximized is not None:
            screen.minimize()
            return
        if screen is not None and screen.back():
            return
        if len(self.screen_stack) > 1:
            self.pop_screen()
            moving.closed(self)

    def action_last_view(self) -> None:
        self.run_worker(moving.turn(self), group="moving")

    def action_history_back(self) -> None:
        self.run_worker(moving.step(self, -1), group="moving")

    def action_history_forward(self) -> None:
        self.run_worker(moving.step(self, 1), group="moving")

    def action_jump(self) -> None:
        moving.jump(self)

    def action_zoom(self) -> None:
        moving.zoom(self)

    def action_layout(self) -> None:
        moving.next_layout(self)

    def action_mute(self) -> None:
        self.muted = not self.muted
        self.tell("the bell is muted" if self.muted else "the bell rings for new alerts from high on")
        self.refresh_all()

    def action_freeze(self) -> None:
        self.frozen_at = None if self.frozen_at is not None else self.now()
        self.held = news.Held(0, self.news.cursor)
        self.refresh_all()
        if self.frozen_at is None:
            self.run_worker(self.read(everything=True), group="read")

    def action_refresh(self) -> None:
        self._paint_anew()
        self.run_worker(self.read(everything=True), group="read")

    def action_next_theme(self) -> None:
        names = sorted(self.skins)
        self.wear(names[(names.index(self.skin.name) + 1) % len(names)])
        self.tell(f"theme {self.skin.name}")

    def on_themes_changed(self, event: ThemesChanged) -> None:
        if self.dressing is not None:
            self.run_worker(self.dressing.renew(), group="themes", exclusive=True)

    def wear(self, name: str) -> None:
        """Another theme, at once."""
        self.skin = self.skins[name]
        self.theme = name
        self.refresh_all()

    def refresh_all(self) -> None:
        for each in self.screen_stack:
            if isinstance(each, ConsoleScreen):
                each.redraw()

    def action_copy(self) -> None:
        screen = self.console_screen()
        self._copy(screen.copied() if screen else "", "nothing to copy here")

    def action_copy_json(self) -> None:
        screen = self.console_screen()
        things = screen.things() if screen else []
        self._copy(leaving.json_text(things) if things else "", "nothing here has JSON")

    def _copy(self, words: str, otherwise: str) -> None:
        if not words:
            self.tell(otherwise)
            return
        done = clipboard.copy(words, self.options.environ, self.write)
        if done.failure:
            self.tell(f"{done.path}: {done.failure}", wrong=True)
        else:
            self.tell(wording.copied(done.characters, str(done.path), done.sent))

    def write(self, sequence: str) -> None:
        """A sequence of our own to the terminal, unchanged."""
        if self._driver is not None:
            self._driver.write(sequence)

    def action_export(self) -> None:
        """Ask for the file; what is exported is what was seen when the key was pressed."""
        leaf = self.leaf()
        moment = rfc3339(self.now())[:19].replace(":", "").replace("-", "").replace("T", "-")
        formats = leaving.FORMATS if leaf.nouns else leaving.FORMATS[:-1]

        def named(name: str | None) -> None:
            if name is not None:
                self.export(leaf, name)

        self.push_screen(AskExport(f"vedette-{self.current_mode}-{moment}.svg", formats), named)

    def leaf(self) -> leaving.Leaf:
        """What is seen now, to be exported."""
        screen = self.console_screen()
        assert screen is not None
        strips = tuple(screen._compositor.render_strips())
        return leaving.Leaf(strips, screen.size.width, tuple(screen.things(all_of_them=True)))

    def export(self, leaf: leaving.Leaf, name: str) -> None:
        """Write it to a file of that name; a file that is there is replaced only after yes."""
        path = self.options.exports / Path(name).expanduser()

        def answered(sure: bool | None) -> None:
            if sure:
                self.run_worker(self._export(leaf, path, over=True), group="acts")

        if path.exists():
            self.push_screen(AskSure(f"{path} exists. Write over it?"), answered)
        else:
            self.run_worker(self._export(leaf, path, over=False), group="acts")

    async def _export(self, leaf: leaving.Leaf, path: Path, *, over: bool) -> None:
        try:
            text = await asyncio.to_thread(leaving.written, leaf, leaving.format_of(path.name))
            await asyncio.to_thread(leaving.write, path, text, over=over)
        except VedetteError as error:
            self.tell(str(error), wrong=True)
        except OSError as error:
            self.tell(f"{path}: {error.strerror or error}", wrong=True)
        else:
            self.tell(f"written to {path}")

    def action_help(self) -> None:
        screen = self.console_screen()
        if screen is not None:
            self.push_screen(HelpScreen(screen.page, self.skin.roles, self._help_setting()))

    def show_help(self, name: str) -> None:
        """One page by its name; KeysError where there is none."""
        if not name:
            self.action_help()
        elif name in self.help_pages():
            self.push_screen(HelpScreen(name, self.skin.roles, self._help_setting()))
        else:
            raise keys.KeysError(f"there is no page '{safe(name, 40)}'; there are {', '.join(self.help_pages())}")

    def help_pages(self) -> list[str]:
        return page_names(self._help_setting())

    def _help_setting(self) -> Setting:
        return setting_of(plain=self.plain, skins=self.skins.values(), commands=commands.REGISTRY)

    # -- commands

    def action_command(self) -> None:
        self.type_command()

    def type_command(self, text: str = "", trouble: str = "") -> None:
        """Open the line, with what was typed and why that was not done."""
        self.push_screen(CommandLine(text, trouble, self.typed), self._typed)

    def _typed(self, line: str | None) -> None:
        if line is None:
            return
        self.typed = [*(each for each in self.typed if each != line), line][-MOST_HISTORY:]
        self.run_worker(self._do(line), group="acts")

    async def _do(self, line: str) -> None:
        try:
            await commands.do(self, line)
        except VedetteError as error:
            self.type_command(line, str(error))

    def action_take_over(self) -> None:
        self.lifeline.offer()

    def action_suspend(self) -> None:
        self.lifeline.suspend()

    async def action_quit(self) -> None:
        self.lifeline.leave()


def terminal_gone(descriptor: int) -> bool:
    """Whether the terminal behind a descriptor has hung up."""
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poll.poll(0))

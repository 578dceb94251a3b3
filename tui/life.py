"""The console and its engine: who watches, what to do when nobody does, and what becomes of the watch when one leaves.

The engine lives in this process or in another one. Where it ends, the console says why and offers to start one here;
where another one comes, it is taken at once. A console that is left asks only when the watch would end with it.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from core.errors import VedetteError
from core.operations import EngineStatus
from tui import news
from tui.screens.console import ConsoleScreen
from tui.screens.life import AskLeave, AskTakeOver

if TYPE_CHECKING:
    from tui.app import ConsoleApp


class Lifeline:
    """`console.options.life` is the engine; without one (in pictures and tests) there is nothing to look after."""

    def __init__(self, console: ConsoleApp) -> None:
        self._console = console
        self._life = console.options.life
        self._asking = asyncio.Lock()
        self._leaving = False
        self._stop_process: Callable[..., Any] | int | None = None
        self.opened = False
        self.may_take_over = False
        self.parting = ""

    @property
    def lost(self) -> str:
        """Why there is nobody to ask; empty while there is."""
        return (self._life.ended() if self._life and self.opened else "") or self._console.news.engine

    @property
    def trouble(self) -> str:
        """The same with what can be done about it."""
        lost = self.lost
        if not (lost and self.may_take_over):
            return lost
        return f"^t starts the engine here   {(self._life.ended() if self._life else '') or 'the engine has ended'}"

    # -- is it there?

    def look(self) -> None:
        """Every two seconds, however slow the line: is there a terminal, is there an engine?"""
        console = self._console
        if console.options.gone is not None and console.options.gone():
            console.exit(0)
        elif self.opened and not self._asking.locked():
            console.run_worker(self.ask(), group="engine")

    async def ask(self) -> None:
        console = self._console
        async with self._asking:
            known, before = console.news.status, console.engine_state
            await news.ask(console.news, console.operations, console.now())
            if not self.opened:
                return
            await self._conclude(known)
        screen = console.console_screen()
        if screen is not None and screen.is_mounted and (known is None or before != console.engine_state):
            screen.beat(console.now())

    async def _conclude(self, known: EngineStatus | None) -> None:
        console, life = self._console, self._life
        if life is None:
            return
        if not console.news.engine and life.ended():
            console.engine = life.attach()
        if self.lost:
            if not self.may_take_over and not console.options.readonly and await asyncio.to_thread(life.is_free):
                self.may_take_over = True
                self.offer()
            return
        self.may_take_over = False
        if isinstance(console.screen, AskTakeOver):
            console.screen.dismiss("")
        status = console.news.status
        if known is not None and status is not None and known.pid != status.pid and not life.here:
            console.tell(f"attached to the engine of process {status.pid}")

    # -- take over

    def offer(self) -> None:
        """Ask whether to start an engine here, unless another question is open."""
        console = self._console
        if isinstance(console.screen, ConsoleScreen) and self._life is not None:
            status = console.news.status
            words = self._life.ended() or f"the engine (process {status.pid if status else '?'}) has ended"
            console.push_screen(AskTakeOver(f"{words}; nothing is watched now"), self._take_over)

    def _take_over(self, answer: str | None) -> None:
        if answer == "take":
            self._console.run_worker(self._begin_again(), group="engine")

    async def _begin_again(self) -> None:
        console, life = self._console, self._life
        assert life is not None
        try:
            console.engine = await asyncio.to_thread(life.begin)
        except (VedetteError, OSError) as error:
            console.tell(str(error), wrong=True)
            return
        self.may_take_over = False
        await news.ask(console.news, console.operations, console.now())
        console.tell("the engine lives here now" if life.here else "somebody was quicker: attached")
        await console.read(everything=True)

    # -- leave, or be stopped

    def leave(self) -> None:
        """At once, unless the watch would end with this console."""
        console, life = self._console, self._life
        if life is None or not life.here or life.ended() or not console.options.keeps:
            console.exit(0)
        elif not isinstance(console.screen, AskLeave):
            words = "the engine lives in this console: without it nothing is watched"
            console.push_screen(AskLeave(words), self._left)

    def _left(self, answer: str | None) -> None:
        if answer == "stop":
            self._console.exit(0)
        elif answer == "keep" and not self._leaving:
            self._leaving = True
            self._console.tell("handing the watch over to `vedette run`")
            self._console.run_worker(self._hand_over(), group="leave")

    async def _hand_over(self) -> None:
        assert self._life is not None
        try:
            self.parting = await asyncio.to_thread(self._life.hand_over)
        except (VedetteError, OSError) as error:
            self._console.tell(str(error), wrong=True)
        else:
            self._console.exit(0)
        finally:
            self._leaving = False

    def mind_stops(self) -> None:
        """A stopped process stops the engine in it, so only a console that is attached lets itself be suspended."""
        self._stop_process = signal.getsignal(signal.SIGTSTP)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTSTP, self.suspend)

    def suspend(self) -> None:
        if self._life is not None and self._life.here:
            words = "not suspended: the engine lives here and would stop with it; q leaves it watching"
            self._console.tell(words, wrong=True)
        elif callable(self._stop_process):
            self._stop_process(signal.SIGTSTP, None)

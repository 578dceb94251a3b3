"""A data directory with three sites of which something can be said, an engine's socket on it, and a console."""

from __future__ import annotations

import asyncio
import contextlib
import unicodedata
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from textual import events
from textual.keys import REPLACED_KEYS, _character_to_key, _get_unicode_name_from_key
from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from core.engine.declared import declared
from core.errors import VedetteError
from core.model.alert import AlertState, DeliveryState
from core.model.change import ChangeState, Severity
from core.model.judging import Memory, Outcome
from core.model.people import Actor
from core.model.scan import Fact, Failure, FailureClass, Scan
from core.model.target import Status
from core.operations import (
    ChannelFigures,
    EngineOperations,
    EngineStatus,
    InForce,
    SocketOperations,
    WorkerFigures,
    served,
)
from core.ports import Recording, RunRow
from core.settings.values import Settings
from core.store.open import Store, open_store
from core.view import View
from tests.engine.test_operations import Works
from tests.store.looks import FACTS, NOW, change, look, raised, watched
from tui import app
from tui.app import ConsoleApp
from tui.options import Options
from tui.widgets.table import VirtualTable

BY = Actor("anna", "console")
PATIENCE = 20.0
FADES = 1.0  # seconds: what a widget waits for so long is only to go away again
HOSTILE = "\x1b]52;c;cHduZWQ=\x07[@click=app.quit]here[/]\u202e"


class FixedWorks(Works):
    """An engine whose figures stand still."""

    store: Store
    settings = Settings()
    channel_answer: str | VedetteError = "200 OK"

    async def in_force(self) -> InForce:
        return InForce(self.settings.source, declared(self.settings, await self.store.reader.entries()))

    async def try_channel(self, channel: str) -> str:
        if isinstance(self.channel_answer, VedetteError):
            raise self.channel_answer
        return self.channel_answer

    def status(self) -> EngineStatus:
        return EngineStatus(
            4711, "0.1.0", NOW - 7200, NOW + 371, 3, 1280, 4, 1.5, 0, 0, 0, 2.0, 45.0, 12.5, 60.0, True,
            workers=(WorkerFigures(0, 4712, 1, 640, 0, 1.5), WorkerFigures(1, 4713, 0, 640, 0, 0.5)),
            channels=(
                ChannelFigures("ops-mail", "email", 1, 0, 0, "", NOW - 30),
                ChannelFigures("ops-hook", "webhook", 0, 3, 1, "503 Service Unavailable", NOW - 5),
            ),
            storage_bytes=3_500_000,
        )  # fmt: skip


@dataclass
class FixedLife:
    """An engine that ends, is free and is handed over when a test says so."""

    here: bool = True
    why: str = ""
    free: bool = False
    refused: str = ""
    done: list[str] = field(default_factory=list)

    def ended(self) -> str:
        return self.why

    def begin(self) -> str:
        self.done.append("begin")
        if self.refused:
            raise VedetteError(self.refused)
        self.why = ""
        return "engine here" if self.here else "attached"

    def attach(self) -> str:
        self.done.append("attach")
        self.here, self.why = False, ""
        return "attached"

    def is_free(self) -> bool:
        return self.free

    def hand_over(self) -> str:
        self.done.append("hand over")
        if self.refused:
            raise VedetteError(self.refused)
        return "`vedette run` watches on"


def key(name: str) -> events.Key:
    """What the terminal sends for a key, by its name or its character."""
    named = _character_to_key(name) if len(name) == 1 and not name.isalnum() else name
    try:
        character: str | None = unicodedata.lookup(_get_unicode_name_from_key(REPLACED_KEYS.get(named, named)))
    except KeyError:
        character = name if len(name) == 1 else None
    return events.Key(named, character)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = NOW + 372

    def __call__(self) -> float:
        return self.now


async def fill(store: Store) -> None:
    """`shop` changed and was told of, `pay` is down with a dead letter, `blog` is well and calls itself something."""
    shop, pay, blog = [await watched(store.ledger, name) for name in ("shop", "pay", "blog")]
    evil = Fact("page", "title", HOSTILE)
    noise = change("csrf-token", state=ChangeState.SUPPRESSED, severity=Severity.INFO, type="content.meta_changed")
    looks = [
        look(shop, opened=FACTS, changes=(change(target_id=shop.id), replace(noise, target_id=shop.id)),
             raised=(raised(shop),), status=Status.DEGRADED, memory=Memory(Status.DEGRADED)),
        look(blog, opened=(*FACTS[1:], evil), changes=(change(HOSTILE, target_id=blog.id, severity=Severity.LOW,
                                                             before="a\nb", after=HOSTILE),)),
    ]  # fmt: skip
    recorded = await store.ledger.record(looks)
    first, second = recorded[0].deliveries
    await store.ledger.move_delivery(replace(first, state=DeliveryState.DELIVERED, attempts=1, response="250 ok"))
    await store.ledger.move_delivery(replace(second, state=DeliveryState.DEAD, attempts=10, response="503 unavailable"))
    down = change("", type="availability.down", before="up", after="timeout", severity=Severity.CRITICAL,
                  target_id=pay.id, at=NOW + 2)  # fmt: skip
    failed = Scan(pay.url, NOW + 2, 10_000.0, failure=Failure(FailureClass.TIMEOUT, "no answer in 10 s"))
    outcome = Outcome(pay, failed, Memory(Status.DOWN), Status.DOWN, changes=(down,),
                      raised=(raised(pay, NOW + 2, "down"),))  # fmt: skip
    await store.ledger.record(
        [Recording(outcome, RunRow(pay.id, next_due=NOW + 400, last_at=NOW + 2, failures=4, scans=9))]
    )


class Overheard(ConsoleApp):
    """A console that remembers what it told; a notice itself is gone after some seconds."""

    CSS_PATH = Path(app.__file__).with_name("app.tcss")  # else it would be looked for beside this module

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.told: list[str] = []

    def notify(self, message: str, **given: Any) -> None:
        self.told.append(message)
        super().notify(message, **given)


_furnished: dict[str, bytes] = {}


async def furnish(data: Path) -> None:
    """What `fill` stores, as the files in which it was stored once: a commit waits for the disk, and it makes many."""
    if not _furnished:
        store = await open_store(data, writable=True, linger=0.0)
        await fill(store)
        await store.close()
        _furnished.update({path.name: path.read_bytes() for path in data.glob("*.db*")})
        return
    data.mkdir(mode=0o700)
    for name, content in _furnished.items():
        (data / name).write_bytes(content)
        (data / name).chmod(0o600)


@dataclass
class World:
    """The store, the clock, and the console in front of them."""

    store: Store
    works: FixedWorks
    clock: Clock
    app: Overheard
    pilot: Pilot[int]
    beats: dict[float, Callable[[], object]]
    """What the console does by itself, by how many seconds it waits in between: here it waits for a test to do it."""

    async def press(self, *pressed: str) -> None:
        """Each key and what follows from it before the next one; then all that only waited for a pause in the typing.

        The pilot's own `press` waits until the machine looks idle: long where it is busy, and not long enough there.
        """
        for name in pressed:
            self.app.post_message(key(name))
            await self._quiet()
        await self.settled()

    async def settled(self) -> None:
        """Everything that was asked for is on the screen."""
        await self._quiet()
        while waiting := self._waiting():
            await asyncio.wait_for(asyncio.wait(waiting), PATIENCE)
            await self._quiet()

    async def until(self, holds: Callable[[], bool], what: str) -> None:
        """It holds at last, whoever brings it about."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not holds():
                    await self.pilot.pause(0.01)
        except TimeoutError:
            raise AssertionError(f"never: {what}\n{self.text}") from None

    async def _quiet(self) -> None:
        """Nothing is under way: no message, no key, no worker, nothing that is to be painted."""
        async with asyncio.timeout(PATIENCE):
            await self._handled()
            while self._under_way():
                with contextlib.suppress(WorkerCancelled):  # a screen that is left takes its workers along
                    await self.app.workers.wait_for_complete()
                await self._handled()

    def _under_way(self) -> bool:
        if self.app.return_code is not None:  # it has left
            return False
        screen = self.app.screen
        unpainted = screen._callbacks or screen._layout_required or screen._repaint_required or screen._dirty_widgets
        return bool(list(self.app.workers) or not self.app.ahead.idle or unpainted)

    async def _handled(self) -> None:
        """Whatever app and screen were sent is handled to its end; a screen's message may ask the app for more."""
        while self.app.is_running and not self.app.screen.is_mounted:  # just switched to, and not composed yet
            await self.pilot.pause(0)
        for pump in (self.app, self.app.screen, self.app):
            if pump.is_running:
                done = asyncio.Event()
                pump.call_later(done.set)
                await done.wait()
        await self.pilot.pause(0)

    def _waiting(self) -> set[asyncio.Task[None]]:
        """What starts after a moment without keys, as a filter that was typed does; not what only fades away."""
        pumps = self.app.screen.walk_children(with_self=True) if self.app.return_code is None else ()
        timers = [timer for pump in pumps for timer in pump._timers if timer._repeat == 0 and timer._interval < FADES]
        return {timer._task for timer in timers if timer._task is not None and not timer._task.done()}

    def lines(self) -> list[str]:
        """What stands on the screen, a string a line, the modal one too."""
        return ["".join(part.text for part in strip) for strip in self.app.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        return "\n".join(self.lines())

    def table(self, name: str = "#list") -> VirtualTable:
        return self.app.screen.query_one(name, VirtualTable)

    def tables(self) -> list[VirtualTable]:
        return list(self.app.screen.query(VirtualTable))

    async def states(self) -> dict[int, AlertState]:
        return {each.id: each.state for each in await self.store.reader.alerts()}


def stopped(shown: ConsoleApp) -> dict[float, Callable[[], object]]:
    """What a console was to do again and again, and does no more: no second passes that no test asks for."""
    beats = [each for each in shown._timers if each._repeat is None]
    for each in beats:
        each.stop()
    return {each._interval: each._callback for each in beats if each._callback is not None}


@contextlib.asynccontextmanager
async def console(
    folder: Path,
    size: tuple[int, int] = (80, 24),
    *,
    theme: str = "dark",
    flags: Sequence[str] = (),
    empty: bool = False,
    themes: Sequence[Path] = (),
    life: FixedLife | None = None,
) -> AsyncIterator[World]:
    """A console on a filled store, with an engine's socket that takes acts; everything is on screen already."""
    if not empty:
        await furnish(folder / "data")
    store, works, clock = await open_store(folder / "data", writable=True, linger=0.0), FixedWorks(), Clock()
    works.store = store
    options = Options(
        BY, readonly="readonly" in flags, plain="ascii" in flags, slow="slow" in flags,
        environ={"XDG_STATE_HOME": str(folder / "state")}, exports=folder, themes=tuple(themes),
        life=life or FixedLife(), keeps="demo" not in flags,
    )  # fmt: skip
    shown = Overheard(View(folder / "data"), SocketOperations(folder / "data"), clock, theme, options)
    try:
        async with (
            served(folder / "data", EngineOperations(store.ledger, store.reader, works)),
            shown.run_test(size=size, notifications="notices" in flags) as pilot,
        ):
            world = World(store, works, clock, shown, pilot, stopped(shown))
            await world.settled()
            yield world
    finally:
        await store.close()

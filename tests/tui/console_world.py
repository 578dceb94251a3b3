"""A data directory with three sites of which something can be said, an engine's socket on it, and a console."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from textual.pilot import Pilot

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
from tui.app import ConsoleApp
from tui.options import Options
from tui.widgets.table import VirtualTable

BY = Actor("anna", "console")
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


@dataclass
class World:
    """The store, the clock, and the console in front of them."""

    store: Store
    works: FixedWorks
    clock: Clock
    app: ConsoleApp
    pilot: Pilot[int]

    async def press(self, *pressed: str) -> None:
        for key in pressed:
            await self.pilot.press(key)
            await self.settled()

    async def typed(self) -> None:
        """Keys that were typed ahead are all handled."""
        await self.settled()
        while not self.app.ahead.idle:
            await self.pilot.pause(0.01)
        await self.settled()

    async def settled(self) -> None:
        """Everything that was asked for is on the screen."""
        await self._handled()
        while list(self.app.workers):
            await self.app.workers.wait_for_complete()
            await self._handled()

    async def _handled(self) -> None:
        """Whatever app and screen were sent is handled to its end; a screen's message may ask the app for more."""
        async with asyncio.timeout(10):
            while self.app.is_running and not self.app.screen.is_mounted:  # just switched to, and not composed yet
                await self.pilot.pause(0.01)
        for pump in (self.app, self.app.screen, self.app):
            if pump.is_running:
                done = asyncio.Event()
                pump.call_later(done.set)
                await asyncio.wait_for(done.wait(), 10)
        await self.pilot.pause(0.01)

    def lines(self) -> list[str]:
        """What stands on the screen, a string a line, the modal one too."""
        return ["".join(part.text for part in strip) for strip in self.app.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        return "\n".join(self.lines())

    def table(self, name: str = "#list") -> VirtualTable:
        return self.app.screen.query_one(name, VirtualTable)

    async def states(self) -> dict[int, AlertState]:
        return {each.id: each.state for each in await self.store.reader.alerts()}


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
    store, works, clock = await open_store(folder / "data", writable=True), FixedWorks(), Clock()
    works.store = store
    if not empty:
        await fill(store)
    options = Options(
        BY, readonly="readonly" in flags, plain="ascii" in flags, slow="slow" in flags,
        environ={"XDG_STATE_HOME": str(folder / "state")}, exports=folder, themes=tuple(themes),
        life=life or FixedLife(), keeps="demo" not in flags,
    )  # fmt: skip
    app = ConsoleApp(View(folder / "data"), SocketOperations(folder / "data"), clock, theme, options)
    try:
        async with (
            served(folder / "data", EngineOperations(store.ledger, store.reader, works)),
            app.run_test(size=size) as pilot,
        ):
            world = World(store, works, clock, app, pilot)
            await world.settled()
            yield world
    finally:
        await store.close()

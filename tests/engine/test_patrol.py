"""The patrol when the clock is put back, a target is removed under way, a look cannot be judged, a store is full."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from core.engine.fleet import Fleet
from core.engine.link import Link
from core.engine.patrol import Patrol, Rules
from core.errors import StoreError
from core.model.alert import AlertEvent, AlertState, Delivery
from core.model.change import Change
from core.model.judging import Judging
from core.model.scan import Fact, Scan, ScanJob
from core.notify.outbox import Outbox
from core.ports import Ledger, Recorded, Recording
from core.schedule.agenda import Agenda
from core.schedule.budget import DomainBudget
from core.store.open import Store, open_store
from tests.fakes import MemoryDeliveries, a_message
from tests.store.looks import NOW, alert, change, target, watched

EVERY = 60.0
SHOP = replace(target(), id=7)


@dataclass
class Workers:
    """A pool without processes: it keeps what it is given, and answers when it is told to."""

    jobs: list[ScanJob] = field(default_factory=list)

    def free(self) -> int:
        return 100

    def submit(self, jobs: Sequence[ScanJob]) -> None:
        self.jobs.extend(jobs)


class Failing:
    """The real ledger, except that it fails for looks at the targets named, or as often as `broken` says."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.poisoned: set[str] = set()
        self.broken = 0

    async def record(self, recordings: Sequence[Recording]) -> list[Recorded]:
        if self.broken:
            self.broken -= 1
            raise StoreError("storage full")
        if any(each.outcome.target.name in self.poisoned for each in recordings):
            raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")
        return await self._ledger.record(recordings)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)


@dataclass
class World:
    """A patrol over a real store, with a clock to turn."""

    patrol: Patrol
    fleet: Fleet
    workers: Workers
    ledger: Failing
    store: Store
    now: float = NOW

    async def watch(self, *names: str) -> None:
        for name in names:
            added = await watched(self.store.ledger, name, self.now)
            self.patrol.plan(self.fleet.put(added), self.now)

    def handed_out(self) -> list[str]:
        """Names of the targets that are due now; they count as under way."""
        self.workers.jobs.clear()
        self.patrol.hand_out()
        return sorted(job.name for job in self.workers.jobs)

    def answer(self) -> None:
        """Every look under way ends well."""
        for job in tuple(self.workers.jobs):
            facts = (Fact("page", "title", "Harbour"),)
            self.patrol.on_scan(job, Scan(job.url, self.now, 100.0, facts=facts, fact_digest=b"f" * 16))

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not holds():
                await asyncio.sleep(0.01)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with made(tmp_path) as one:
        yield one


@asynccontextmanager
async def made(directory: Path) -> AsyncIterator[World]:
    store = await open_store(directory / "data", writable=True, linger=0.0)
    fleet, workers, ledger = Fleet(), Workers(), Failing(store.ledger)

    async def told(_: Change | None) -> None:
        return

    def clock() -> float:
        return one.now

    patrol = Patrol(
        fleet=fleet,
        agenda=Agenda(),
        budget=DomainBudget(2.0, 4),
        pool=cast(Any, workers),
        ledger=cast(Ledger, ledger),
        reader=store.reader,
        history=store.history,
        link=Link((), told, clock),
        rules=Rules(lambda target, online: Judging()),
        deliver=lambda delivery: None,
        now=clock,
        chance=lambda: 0.5,
    )
    one = World(patrol, fleet, workers, ledger, store)
    settling = asyncio.create_task(patrol.settle())
    try:
        yield one
    finally:
        settling.cancel()
        await asyncio.gather(settling, return_exceptions=True)
        patrol.stop()
        await patrol.drain()
        await store.close()


async def test_a_clock_put_back_by_hours_leaves_nobody_unwatched(world: World) -> None:
    names = [f"shop{number}" for number in range(5)]
    await world.watch(*names)
    assert world.handed_out() == names
    world.answer()
    await world.until(lambda: not world.patrol.running())
    world.now -= 3 * 3600
    world.handed_out()
    seen = {job.name for job in world.workers.jobs}
    for _ in range(61):
        world.now += 1.0
        seen |= set(world.handed_out())
    assert seen == set(names)


async def test_a_clock_put_back_delays_no_delivery(tmp_path: Path) -> None:
    now, taken, ledger = NOW, asyncio.Event(), MemoryDeliveries()

    class Channel:
        async def send(self, message: object) -> str:
            taken.set()
            return "taken"

    async def load(delivery: Delivery) -> Any:
        return a_message(key=delivery.key)

    outbox = Outbox(lambda: {"ops": Channel()}, ledger, load, lambda: now, lambda: 0.0)
    carrying = asyncio.create_task(outbox.run())
    outbox.put(Delivery("ops", AlertEvent.FIRING, NOW + 0.2, key="k", alert_id=1, id=1))
    await asyncio.sleep(0.05)
    now = NOW - 3600.0
    outbox.put(Delivery("other", AlertEvent.FIRING, NOW + 9e6, key="l", alert_id=2, id=2))
    await asyncio.sleep(0.05)
    now += 0.3
    outbox.put(Delivery("other", AlertEvent.FIRING, NOW + 9e6, key="m", alert_id=3, id=3))
    async with asyncio.timeout(10):
        await taken.wait()
    carrying.cancel()
    await asyncio.gather(carrying, return_exceptions=True)


async def test_a_target_removed_while_it_is_looked_at_leaves_nothing_behind(world: World) -> None:
    await world.watch("kept", "removed")
    assert world.handed_out() == ["kept", "removed"]
    gone = next(each.target for each in world.fleet if each.target.name == "removed")
    world.patrol.forget(gone.id)
    world.answer()
    await world.until(lambda: not world.patrol.running())
    assert world.patrol.scans == 1


async def test_a_look_that_cannot_be_stored_costs_no_other_and_is_made_again(world: World) -> None:
    await world.watch("good", "poison", "sound")
    world.ledger.poisoned = {"poison"}
    assert world.handed_out() == ["good", "poison", "sound"]
    world.answer()
    await world.until(lambda: not world.patrol.running())
    assert world.patrol.scans == 2
    world.ledger.poisoned = set()
    world.now += EVERY + 1  # the floor of a second may push a look past one interval
    assert world.handed_out() == ["good", "poison", "sound"]
    world.answer()
    await world.until(lambda: not world.patrol.running())
    assert world.patrol.scans == 5


async def test_while_nothing_can_be_stored_that_is_trouble_and_nothing_seen_is_lost(world: World) -> None:
    await world.watch("first", "second")
    world.ledger.broken = 2
    world.handed_out()
    world.answer()
    await world.until(lambda: world.patrol.trouble == "storage full")
    await world.until(lambda: world.patrol.scans == 2)
    assert world.patrol.trouble == ""


def test_an_open_alert_is_held_by_its_conditions_however_much_was_added_to_it() -> None:
    fleet = Fleet()
    deliveries = tuple(Delivery("ops", AlertEvent.FIRING, NOW, id=number) for number in range(100))
    changes = tuple(change(key, NOW + number) for number in range(100) for key in ("nginx", "php"))
    open_one = replace(alert(SHOP), changes=changes, deliveries=deliveries, id=4)
    fleet.hold_alert(open_one)
    [held] = fleet.open_alerts(7)
    assert [each.key for each in held.changes] == ["nginx", "php"]
    assert [each.channel for each in held.deliveries] == ["ops"]
    fleet.hold_alert(replace(alert(SHOP), id=4, state=AlertState.RESOLVED))
    assert fleet.open_alerts(7) == ()


async def test_what_waits_to_be_stored_holds_new_looks_back(world: World) -> None:
    """Nobody settles here: what arrives waits, and holds its facts."""
    await world.watch(*(f"site{number:03}" for number in range(400)))
    handed: list[str] = []
    while names := world.handed_out():
        handed += names
        world.answer()
    assert 64 <= len(handed) < 400
    assert len(set(handed)) == len(handed)
    task = asyncio.create_task(world.patrol.settle())
    try:
        while len(handed) < 400:
            await asyncio.sleep(0.01)
            handed += world.handed_out()
            world.answer()
    finally:
        task.cancel()
    assert len(set(handed)) == 400

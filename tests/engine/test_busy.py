"""A look during which its worker was late is kept and marked, and never judged: the real engine, a real worker.

The bomb is a page that takes the worker long to parse while another site's answer is under way.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core.engine.assembly import Engine
from core.model.people import Actor, Role
from core.model.scan import Scan
from core.operations import SocketOperations
from tests.scan.servers import Seen, page, serving

BY = Actor("anna", "cli", Role.ADMIN)
SLOW = 0.5  # seconds by which an answer is held back: a hundred times a look on loopback
BASELINE = 14
LOOKS = 6  # one more than the least that are judged together
MOST = 20  # looks: by then they are judged, whatever the machine is busy with
WATCHED = """
[engine]
workers = 1
[fetch]
allow = ["127.0.0.0/8"]
domain_rate = "1000/s"
resolve = {{ "quick.test" = "127.0.0.1:{quick}", "bomb.test" = "127.0.0.1:{bomb}" }}
[[target]]
name = "quick"
url = "http://quick.test/"
every = "1h"
thresholds = {{ total_ms = "20%" }}
[[target]]
name = "bomb"
url = "http://bomb.test/"
every = "1h"
"""


@dataclass
class Gate:
    """The quick site: it answers at once, or holds each answer until it is opened."""

    held: bool = False
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, _seen: Seen, writer: asyncio.StreamWriter) -> None:
        if self.held:
            self.reached.set()
            await self.opened.wait()
        writer.write(page(b"<title>Quick</title>"))


def bomb() -> bytes:
    """A page of many elements, another one each time."""
    number = next(_numbers)
    return b"<title>Bomb</title>" + b"".join(b"<p>%d part %d</p>" % (number, part) for part in range(20_000))


_numbers = itertools.count()


async def explode(_seen: Seen, writer: asyncio.StreamWriter) -> None:
    writer.write(page(bomb()))


@dataclass
class Watch:
    engine: Engine
    gate: Gate
    ask: SocketOperations

    async def look(self, name: str) -> Scan:
        return (await self.ask.look(name, BY)).scan

    async def slow_look(self, *, beside_a_bomb: bool) -> Scan:
        """A look at the quick site whose answer is held back, and during which the worker parses the bomb, or not."""
        self.gate.held = True
        self.gate.reached.clear()
        self.gate.opened.clear()
        looking = asyncio.create_task(self.look("quick"))
        await self.gate.reached.wait()
        if beside_a_bomb:
            assert (await self.look("bomb")).failure is None
        await asyncio.sleep(SLOW)
        self.gate.opened.set()
        self.gate.held = False
        return await looking


@pytest.fixture
async def watch(tmp_path: Path) -> AsyncIterator[Watch]:
    gate = Gate()
    async with serving(gate.answer) as quick, serving(explode) as bombing:
        config = tmp_path / "vedette.toml"
        config.write_text(WATCHED.format(quick=quick.port, bomb=bombing.port))
        engine = await Engine.open(tmp_path / "data", config, {})
        try:
            await engine.start()
            yield Watch(engine, gate, SocketOperations(engine.directory))
        finally:
            await engine.stop()


async def told(watch: Watch) -> list[tuple[str, str, str]]:
    changes = await watch.engine.reader.changes()
    return [(each.target, each.type, each.key) for each in changes if each.type.startswith("performance.")]


def stored(database: Path) -> list[bool]:
    """The marks of all looks at the quick site, oldest first."""
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        kept = connection.execute(
            "SELECT at, busy FROM tail WHERE target_id = 1 UNION ALL SELECT at, busy FROM sample WHERE target_id = 1"
        )
        return [bool(busy) for _, busy in sorted(kept)]


async def test_looks_made_while_the_worker_was_late_are_kept_marked_and_not_judged(watch: Watch) -> None:
    async with asyncio.timeout(100):
        while watch.engine.status().scans < 2:
            await asyncio.sleep(0.02)
        steady = [await watch.look("quick") for _ in range(BASELINE)]
        late = [await watch.slow_look(beside_a_bomb=True) for _ in range(LOOKS)]
        assert [scan.busy for scan in (*steady, *late)] == [False] * BASELINE + [True] * LOOKS
        assert await told(watch) == []
        marks = stored(watch.engine.directory / "history.db")
        assert marks[-BASELINE - LOOKS :] == [False] * BASELINE + [True] * LOOKS, "kept, and marked"
        for _ in range(MOST):
            assert not (await watch.slow_look(beside_a_bomb=False)).busy
            if await told(watch):
                break
        assert ("quick", "performance.degraded", "total_ms") in await told(watch), "the mark alone kept it quiet"

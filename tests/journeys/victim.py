"""The outbox path in one process, killed at every statement boundary in turn: `victim.py FOLDER HOOK apart|together`.

For n = 1, 2, 3 … a fork records a look with a change, an alert and two deliveries through the real ledger, carries
them out by the real outbox and webhook channels, and kills itself with SIGKILL at the n-th boundary; another fork then
does what an engine does after its start. Each n becomes a line of JSON: where it was killed, what was acknowledged
before, when, and what the finishing fork found. Ends when a victim outlives its path three times in a row. `apart`
carries one delivery after the other, so that all victims walk the same statements in the same order.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from core import clock
from core.engine.channels import Channels
from core.engine.outlet import Outlet
from core.model.alert import Delivery
from core.notify.outbox import Outbox
from core.ports import Message, Recorded
from core.secrets import SecretStore
from core.settings.values import ChannelSettings, Settings
from core.store.open import Store, open_store
from core.store.transaction import Between, on_with_it
from tests.store.looks import NOW, change, look, raised, watched

MOST = 300
SURVIVALS = 3


class Diary:
    """What was acknowledged, line by line, each whole on its way to the kernel before anything else happens."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)

    def note(self, what: str, key: str = "") -> None:
        os.write(self._descriptor, json.dumps([what, key, time.time()]).encode() + b"\n")


class Parts:
    """The engine's own parts around one store, without workers and clocks."""

    def __init__(self, store: Store, directory: Path, hook: str, diary: Diary) -> None:
        self._store = store
        self._diary = diary
        self._apart = sys.argv[3] == "apart"
        self._channels = Channels(self)
        declared = [
            ChannelSettings(name, "webhook", (("url", f"{hook}/{name}"),), allow_private=True)
            for name in ("ops-mail", "ops-hook")
        ]
        self._channels.declare(declared, Outlet(Settings(), SecretStore({}, directory)))
        self.outbox = Outbox(self._channels.all, self._channels, self._message, clock.now, lambda: 0.0)

    async def move_delivery(self, delivery: Delivery) -> None:
        await self._store.ledger.move_delivery(delivery)
        self._diary.note(delivery.state.value, delivery.key)

    async def _message(self, delivery: Delivery) -> Message:
        alert = await self._store.reader.alert(f"A-{delivery.alert_id}")
        return Message(delivery.event, alert, delivery.key, clock.now())

    async def record(self) -> Recorded:
        """One look that changes, alerts and tells two channels."""
        shop = await self._store.reader.target("shop")
        at = NOW + 60
        [recorded] = await self._store.ledger.record(
            [look(shop, at, changes=(change(at=at),), raised=(raised(shop, at),))]
        )
        for delivery in recorded.deliveries:
            self._diary.note("recorded", delivery.key)
        return recorded

    async def carry(self, deliveries: tuple[Delivery, ...]) -> None:
        """Until nothing is left to send."""
        running = asyncio.create_task(self.outbox.run())
        for delivery in deliveries:
            self.outbox.put(delivery)
            while self._apart and not self.outbox.idle():
                await asyncio.sleep(0.002)
        while not self.outbox.idle():
            await asyncio.sleep(0.002)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def prepare(directory: Path) -> None:
    """A directory with one target in it."""
    store = await open_store(directory, writable=True, linger=0.0)
    await watched(store.ledger)
    await store.close()
    (directory / "ballast").unlink(missing_ok=True)


async def suffer(directory: Path, hook: str, diary: Diary, boundary: int) -> None:
    """Walk the path; the process ends at that boundary, if there are so many."""
    store = await open_store(directory, writable=True, linger=0.0, between=_deadly(boundary, diary))
    parts = Parts(store, directory, hook, diary)
    await parts.carry((await parts.record()).deliveries)
    await store.close()


def _deadly(boundary: int, diary: Diary) -> Between:
    left = boundary

    def between(statement: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            diary.note("killed", statement)
            os.kill(os.getpid(), signal.SIGKILL)

    return between


async def finish(directory: Path, hook: str, diary: Diary) -> None:
    """What the next engine does: look again where nothing was recorded, and carry out what is open."""
    store = await open_store(directory, writable=True, linger=0.0, between=on_with_it)
    parts = Parts(store, directory, hook, diary)
    loaded = await store.reader.load()
    open_ones = loaded.undelivered
    if not loaded.open_alerts:
        open_ones = (await parts.record()).deliveries
    await parts.carry(open_ones)
    await store.close()


def fork(work: Callable[[], Coroutine[Any, Any, None]]) -> int:
    """Do it in a child; its wait status."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            asyncio.run(work())
            code = 0
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1]


def integrity(directory: Path) -> list[str]:
    answers = []
    for name in ("vedette", "history"):
        connection = sqlite3.connect(directory / f"{name}.db")
        answers.append(connection.execute("PRAGMA integrity_check").fetchone()[0])
        connection.close()
    return answers


def states(directory: Path) -> dict[str, tuple[str, str, str]]:
    """State, channel and alert of each delivery by its key."""
    connection = sqlite3.connect(directory / "vedette.db")
    query = "SELECT d.key, d.state, d.channel, a.uuid FROM delivery d JOIN alert a ON a.id = d.alert_id"
    found = {key: (state, channel, alert) for key, state, channel, alert in connection.execute(query)}
    connection.close()
    return found


def one(folder: Path, hook: str, boundary: int) -> dict[str, Any]:
    """Kill at one boundary, finish, and tell what happened."""
    directory = folder / str(boundary)
    shutil.copytree(folder / "template", directory)
    before, after = folder / f"{boundary}.before", folder / f"{boundary}.after"
    ended = fork(lambda: suffer(directory, hook, Diary(before), boundary))
    checked = integrity(_copy(directory, folder / f"{boundary}.copy"))
    finished = fork(lambda: finish(directory, hook, Diary(after)))
    told = {
        "boundary": boundary,
        "killed": os.WIFSIGNALED(ended) and os.WTERMSIG(ended) == signal.SIGKILL,
        "survived": ended == 0,
        "finished": finished == 0,
        "before": _lines(before),
        "after": _lines(after),
        "integrity": checked + integrity(directory),
        "states": states(directory),
    }
    shutil.rmtree(directory)
    return told


def _copy(directory: Path, copy: Path) -> Path:
    """As the kill left it; looking at a copy leaves the recovery to the next engine."""
    copy.mkdir()
    for path in directory.glob("*.db*"):
        if not path.name.endswith("-shm"):
            shutil.copy(path, copy / path.name)
    return copy


def _lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def main() -> None:
    folder, hook = Path(sys.argv[1]), sys.argv[2]
    fork(lambda: prepare(folder / "template"))
    survived = 0
    for boundary in range(1, MOST):
        told = one(folder, hook, boundary)
        print(json.dumps(told), flush=True)
        survived = survived + 1 if told["survived"] else 0
        if survived == SURVIVALS:
            break


if __name__ == "__main__":
    main()

"""The engine on a thread of its own, and `vedette run` around it: banner, signals, and a stop that cannot hang.

Signals are taken by `signal.signal` in the main thread and a watchdog thread ends the process at latest two seconds
after the first, because asyncio's own handlers do not run while a loop is blocked. Neither thread ever waits for a
terminal.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from core.clock import monotonic
from core.engine.collection import uncollected
from core.engine.screen import Screen
from core.errors import LeaseHeldError
from core.model.alert import AlertState, DeliveryState
from core.operations import SOCKET_NAME
from core.store.lease import holder
from core.version import VERSION

if TYPE_CHECKING:
    from core.engine.assembly import Engine

STOP_AT_LATEST = 2.0
# The loop, the writer and a console's screen take turns: with Python's 5 ms for each, every statement of the writer and
# every key waits as long for a loop that is busy.
TURN_SECONDS = 0.0005
LOOK_FOR_LEASE = 0.02
_READY_AT_LATEST = 60.0


class EngineThread:
    """An engine with its own loop on its own thread. `start` returns when it watches, or raises what stopped it.

    It waits `patience` seconds for a lease that another one still holds.
    """

    def __init__(self, data: Path, settings: Path | None, environ: Mapping[str, str], patience: float = 0.0) -> None:
        self._place = (data, settings, environ)
        self._patience = patience
        self._loop: asyncio.AbstractEventLoop | None = None
        self._engine: Engine | None = None
        self._ready = threading.Event()
        self._ended = threading.Event()
        self._stop: asyncio.Event | None = None
        self.failure: BaseException | None = None
        self.targets = 0
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._ready.wait(_READY_AT_LATEST)
        if self.failure is not None:
            raise self.failure

    def ask_to_stop(self) -> None:
        """From any thread; `ended` tells when it has stopped."""
        if self._loop is not None and self._stop is not None and not self._ended.is_set():
            self._loop.call_soon_threadsafe(self._stop.set)

    def clear_away(self) -> None:
        """Before an end without a stop: the socket of an engine that watched must not look alive."""
        if self._ready.is_set() and self.failure is None:
            (self._place[0] / SOCKET_NAME).unlink(missing_ok=True)

    def ended(self, timeout: float | None = None) -> bool:
        return self._ended.wait(timeout)

    def _run(self) -> None:
        try:
            asyncio.run(self._live())
        except BaseException as error:  # noqa: BLE001 - the thread's border: told to the thread that started it
            self.failure = error
        finally:
            self._ended.set()
            self._ready.set()

    async def _live(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        sys.setswitchinterval(TURN_SECONDS)
        with ExitStack() as starting:
            starting.enter_context(uncollected())
            engine = await self._opened()
            try:
                await engine.start()
                starting.close()
                self.targets = engine.target_count()
                self._ready.set()
                await engine.until(self._stop)
            finally:
                await engine.stop()

    async def _opened(self) -> Engine:
        from core.engine.assembly import Engine  # noqa: PLC0415 - half a second that a console paints in first

        ends = monotonic() + self._patience
        while True:
            try:
                return await Engine.open(*self._place)
            except LeaseHeldError:
                if monotonic() >= ends:
                    raise
            await asyncio.sleep(LOOK_FOR_LEASE)


def serve(data: Path, settings: Path | None, environ: Mapping[str, str], *, banner: bool, patience: float = 0.0) -> int:
    """Watch until a signal comes; the exit code. With patience it says first that it waits for a lease."""
    screen = Screen()
    thread = EngineThread(data, settings, environ, patience)
    with wish_to_stop() as wish:
        leave_at_latest(STOP_AT_LATEST, wish, thread.clear_away)
        if patience:
            screen.line(json.dumps({"event": "waiting", "pid": os.getpid()}))
        thread.start()
        if banner:
            screen.line(_banner(thread.targets, data, settings))
        screen.line(json.dumps({"event": "ready", "pid": os.getpid(), "targets": thread.targets}))
        while not thread.ended(0) and not wished(wish, 0.5):
            continue
        thread.ask_to_stop()
        thread.ended()
    if thread.failure is not None:
        raise thread.failure
    screen.line(json.dumps({"event": "stopped"}))
    screen.end()
    return 0


@contextmanager
def wish_to_stop() -> Iterator[int]:
    """A descriptor that can be read once a signal to leave has come.

    A pipe, because a handler that takes a lock (an Event has one) may interrupt the very thread that holds it.
    """
    wish, wishing = os.pipe()

    def taken(number: int, frame: FrameType | None) -> None:
        os.write(wishing, b"!")

    before = {number: signal.signal(number, taken) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    try:
        yield wish
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def wished(wish: int, within: float | None) -> bool:
    """Whether the wish has come, waiting at most so many seconds for it (None: for ever)."""
    return bool(select.select([wish], [], [], within)[0])


def is_free(data: Path) -> bool:
    """Whether no engine holds the lease of a data directory."""
    return holder(data) is None


def leave_at_latest(seconds: float, wish: int, clear_away: Callable[[], None]) -> None:
    """End the process so long after the wish whatever still runs; a daemon, so an earlier end is not held up."""

    def leave() -> None:
        wished(wish, None)
        time.sleep(seconds)
        clear_away()
        os._exit(0)

    threading.Thread(target=leave, name="leave", daemon=True).start()


def _banner(targets: int, data: Path, settings: Path | None) -> str:
    where = str(settings) if settings else "no settings file"
    watched = "1 target" if targets == 1 else f"{targets:,} targets"
    return f"Vedette {VERSION} watches {watched}; data in {data}; {where}"


async def once(data: Path, settings: Path | None, environ: Mapping[str, str], *, everything: bool) -> int:
    """One round over what is due (or all), told to the end; 1 when an alert fires or a delivery is dead."""
    from core.engine.assembly import Engine  # noqa: PLC0415 - see EngineThread

    engine = await Engine.open(data, settings, environ)
    try:
        await engine.round(everything=everything)
        firing = await engine.reader.alerts(states=(AlertState.FIRING,), limit=1)
        dead = await engine.reader.deliveries(states=(DeliveryState.DEAD,), limit=1)
        return 1 if firing or dead else 0
    finally:
        await engine.stop()

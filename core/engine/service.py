"""The engine on a thread of its own, and `vedette run` around it: banner, signals, and a stop that cannot hang.

Signals are taken by `signal.signal` in the main thread and a watchdog thread ends the process at latest two seconds
after the first, because asyncio's own handlers do not run while a loop is blocked.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

from core.engine.assembly import Engine
from core.model.alert import AlertState, DeliveryState
from core.version import VERSION

STOP_AT_LATEST = 2.0
_READY_AT_LATEST = 60.0


class EngineThread:
    """An engine with its own loop on its own thread. `start` returns when it watches, or raises what stopped it."""

    def __init__(self, data: Path, settings: Path | None, environ: Mapping[str, str]) -> None:
        self._place = (data, settings, environ)
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
        engine = await Engine.open(*self._place)
        try:
            await engine.start()
            self.targets = engine.target_count()
            self._ready.set()
            await engine.until(self._stop)
        finally:
            await engine.stop()


def serve(data: Path, settings: Path | None, environ: Mapping[str, str], *, banner: bool) -> int:
    """Watch until a signal comes; the exit code."""
    wanted = threading.Event()
    restore = _on_signals(wanted.set)
    thread = EngineThread(data, settings, environ)
    try:
        thread.start()
        if banner:
            _banner(thread.targets, data, settings)
        _tell({"event": "ready", "pid": os.getpid(), "targets": thread.targets})
        while not wanted.wait(0.5):
            if thread.ended(0):
                break
        _leave_at_latest(STOP_AT_LATEST)
        thread.ask_to_stop()
        thread.ended()
    finally:
        restore()
    if thread.failure is not None:
        raise thread.failure
    _tell({"event": "stopped"})
    return 0


def _on_signals(stop: Callable[[], None]) -> Callable[[], None]:
    def taken(number: int, frame: FrameType | None) -> None:
        stop()

    before = {number: signal.signal(number, taken) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    return restore


def _leave_at_latest(seconds: float) -> None:
    """End the process after `seconds` whatever still runs; a daemon, so an earlier end is not held up."""

    def leave() -> None:
        _tell({"event": "stopped", "because": "the engine did not stop in time; nothing acknowledged is lost"})
        os._exit(0)

    timer = threading.Timer(seconds, leave)
    timer.daemon = True
    timer.start()


def _banner(targets: int, data: Path, settings: Path | None) -> None:
    where = str(settings) if settings else "no settings file"
    sys.stderr.write(f"Vedette {VERSION} watches {targets} targets; data in {data}; {where}\n")
    sys.stderr.flush()


def _tell(event: dict[str, object]) -> None:
    sys.stderr.write(json.dumps(event) + "\n")
    sys.stderr.flush()


async def once(data: Path, settings: Path | None, environ: Mapping[str, str], *, everything: bool) -> int:
    """One round over what is due (or all), told to the end; 1 when an alert fires or a delivery is dead."""
    engine = await Engine.open(data, settings, environ)
    try:
        await engine.round(everything=everything)
        firing = await engine.reader.alerts(states=(AlertState.FIRING,), limit=1)
        dead = await engine.reader.deliveries(states=(DeliveryState.DEAD,), limit=1)
        return 1 if firing or dead else 0
    finally:
        await engine.stop()

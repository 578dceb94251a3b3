"""The worker processes from the engine's side: start, feed, hear, replace.

`subprocess.Popen` with a socket pair, never multiprocessing: that cannot start children while Textual runs.
Looks in flight are bounded per worker; that bound is the back-pressure for everything upstream.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from core import clock
from core.model.scan import Failure, FailureClass, Scan, ScanJob
from core.scan.slot import Slot
from core.scan.wire import Configure, FromWorker, Look, Ready, ToWorker, frame, from_worker, read_frame
from core.settings.values import FetchSettings

FINGERPRINTS = "fingerprints"  # the folder of the data directory that has the operator's own
IN_FLIGHT = 24
# So many more looks than the least busy worker's make a target's own worker too busy for it.
UNEVEN = 8
RESTART_SECONDS = 0.05
RESTART_AT_MOST = 5.0
# A look takes at most its fetch timeout, the probe of port 80, DNS records, and a second of parsing for each before it.
_HUNG_BEYOND_TIMEOUT = 15.0 + IN_FLIGHT
_CHECK_SECONDS = 1.0

_SLOW = "parsing this page took more than a second of CPU, so it was given up"
_HUNG = "reading this page never came to an end, so it was given up"
_BROKE = "reading this page ended the process that read it, so it was given up"

# Ends that others give a process: a person, a service manager, a system short of memory.
_FROM_OUTSIDE = frozenset({-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP})

_log = logging.getLogger("vedette.pool")


@dataclass(frozen=True, slots=True)
class WorkerState:
    """One worker as shown to people: its process, looks in flight and done, deaths of its predecessors."""

    number: int
    pid: int
    ready: bool
    in_flight: int
    done: int
    restarts: int
    lateness_ms: float


@dataclass(slots=True)
class _Process:
    number: int
    slot: Slot
    popen: subprocess.Popen[bytes]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    jobs: dict[int, ScanJob] = field(default_factory=dict)
    since: dict[int, float] = field(default_factory=dict)
    hung: bool = False
    ready: bool = False
    gone: bool = False
    done: int = 0
    restarts: int = 0
    lateness_ms: float = 0.0


class WorkerPool:
    """`size` workers. `on_scan(job, scan)` hears results; `on_lost(job)` hears of jobs that died with their worker.

    The job that killed a worker by its page is no loss but a result: a failure of class parse. `fingerprints` is the
    directory of the operator's own.
    """

    def __init__(
        self,
        size: int,
        settings: FetchSettings,
        *,
        on_scan: Callable[[ScanJob, Scan], None],
        on_lost: Callable[[ScanJob], None],
        now: Callable[[], float],
        monotonic: Callable[[], float] = clock.monotonic,
        hung_beyond_timeout: float = _HUNG_BEYOND_TIMEOUT,
        fingerprints: Path | None = None,
    ) -> None:
        self._fingerprints = str(fingerprints or "")
        self._monotonic = monotonic
        self._hung_beyond_timeout = hung_beyond_timeout
        self._watching: asyncio.Task[None] | None = None
        self._size = size
        self._settings = settings
        self._on_scan = on_scan
        self._on_lost = on_lost
        self._now = now
        self._processes: dict[int, _Process] = {}
        self._hearing: set[asyncio.Task[None]] = set()
        self._stopping = False
        # Marks of facts are hashes: alike in all workers, and no page can know what makes two collide.
        self._seed = str(int(clock.chance() * 2**32))

    async def start(self) -> None:
        """Start every worker; looks may be submitted at once, they wait in the sockets."""
        for number in range(self._size):
            await self._begin(number, restarts=0)
        self._watching = asyncio.create_task(self._watch(), name="worker watchdog")

    async def _watch(self) -> None:
        """Kill workers that owe an answer for longer than any look can take: what they had is lost and tried again."""
        while True:
            await asyncio.sleep(_CHECK_SECONDS)
            latest = self._monotonic() - self._settings.timeout - self._hung_beyond_timeout
            for process in self._processes.values():
                if process.ready and not process.gone and any(since < latest for since in process.since.values()):
                    _log.error("a worker does not answer", extra={"worker": process.number, "looks": len(process.jobs)})
                    process.hung = True
                    process.popen.kill()

    def free(self) -> int:
        """How many looks can be submitted now."""
        return sum(max(0, IN_FLIGHT - len(each.jobs)) for each in self._processes.values() if not each.gone)

    def in_flight(self) -> list[ScanJob]:
        """Every job that is being looked at."""
        return [job for process in self._processes.values() for job in process.jobs.values()]

    def submit(self, jobs: Sequence[ScanJob]) -> None:
        """Hand jobs to workers; callers keep to `free()`."""
        shares: dict[int, list[ScanJob]] = {}
        for job in jobs:
            process = self._worker_for(job)
            process.jobs[job.id] = job
            process.since[job.id] = self._monotonic()
            shares.setdefault(process.number, []).append(job)
        for number, share in shares.items():
            self._tell(self._processes[number], Look(tuple(share)))

    def _worker_for(self, job: ScanJob) -> _Process:
        """A target's own worker, or the least busy one where that has much less to do.

        What was learned of a site - its DNS records, its robots.txt - is kept by the worker that asked. Two workers
        would answer by turns with what was true before and what is true now, and a change would go back and forth.
        """
        own = self._processes[job.target_id % self._size]
        least = min(self._processes.values(), key=lambda each: len(each.jobs))
        return own if len(own.jobs) < min(IN_FLIGHT, len(least.jobs) + UNEVEN) else least

    def reconfigure(self, settings: FetchSettings) -> None:
        """Looks submitted from now on obey these settings."""
        self._settings = settings
        for process in self._processes.values():
            self._tell(process, Configure(settings, self._fingerprints))

    def states(self) -> list[WorkerState]:
        return [
            WorkerState(
                each.number, each.popen.pid, each.ready, len(each.jobs), each.done, each.restarts, each.lateness_ms
            )
            for each in self._processes.values()
        ]

    async def stop(self, grace: float = 0.3) -> None:
        """Close the sockets, wait `grace` seconds for the workers to leave, then kill them."""
        self._stopping = True
        if self._watching is not None:
            self._watching.cancel()
        processes = list(self._processes.values())
        for process in processes:
            process.writer.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                while any(process.popen.poll() is None for process in processes):
                    await asyncio.sleep(0.01)
        for process in processes:
            if process.popen.poll() is None:
                process.popen.kill()
            process.popen.wait()
            process.slot.close()
        for task in self._hearing:
            task.cancel()
        await asyncio.gather(*self._hearing, return_exceptions=True)
        self._processes.clear()

    async def _begin(self, number: int, restarts: int) -> None:
        slot = Slot.create()
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-P", "-m", "core.scan.worker", str(theirs.fileno()), str(slot.descriptor)]
        try:
            popen = subprocess.Popen(  # noqa: ASYNC220 - a fork and exec, microseconds; asyncio's child watcher
                command,  # would bind the pool to one loop's thread
                pass_fds=(theirs.fileno(), slot.descriptor),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={**_environment(), "PYTHONHASHSEED": self._seed},
                start_new_session=True,
            )
        except OSError:
            ours.close()
            slot.close()
            raise
        finally:
            theirs.close()
        reader, writer = await asyncio.open_connection(sock=ours)
        process = _Process(number, slot, popen, reader, writer, restarts=restarts)
        self._processes[number] = process
        self._tell(process, Configure(self._settings, self._fingerprints))
        task = asyncio.create_task(self._hear(process), name=f"worker {number}")
        self._hearing.add(task)
        task.add_done_callback(self._hearing.discard)

    def _tell(self, process: _Process, message: ToWorker) -> None:
        if not process.writer.is_closing():
            process.writer.write(frame(message))

    async def _hear(self, process: _Process) -> None:
        try:
            while True:
                self._take(process, from_worker.decode(await read_frame(process.reader)))
        except (asyncio.IncompleteReadError, ConnectionError, ValueError) as error:
            if isinstance(error, ValueError):
                _log.error("a worker sent what cannot be read", extra={"worker": process.number, "error": str(error)})
        if not self._stopping:
            await self._replace(process)

    def _take(self, process: _Process, message: FromWorker) -> None:
        if isinstance(message, Ready):
            process.ready = True
            process.since = dict.fromkeys(process.jobs, self._monotonic())
            return
        process.lateness_ms = message.lateness_ms
        for job_id, scan in message.scans:
            job = process.jobs.pop(job_id, None)
            process.since.pop(job_id, None)
            if job is not None:
                process.done += 1
                self._on_scan(job, scan)

    async def _replace(self, process: _Process) -> None:
        """Name the culprit, give the others back, and start a successor."""
        process.gone = True
        process.popen.kill()
        fault = fault_of_page(process.popen.wait(), hung=process.hung)
        process.writer.close()
        culprit = process.jobs.pop(process.slot.noted(), None) if fault else None
        process.slot.close()
        _log.warning(
            "a worker died",
            extra={"worker": process.number, "exit": process.popen.returncode, "culprit": culprit and culprit.name},
        )
        await asyncio.sleep(RESTART_SECONDS if process.done else _patience(process.restarts))
        if not await self._succeeded(process):
            return
        if culprit is not None:
            self._on_scan(culprit, Scan(culprit.url, self._now(), 0.0, failure=Failure(FailureClass.PARSE, fault)))
        for job in process.jobs.values():
            self._on_lost(job)

    async def _succeeded(self, process: _Process) -> bool:
        """Start the successor, however long the system has no process or descriptor left; False in a stop."""
        while not self._stopping:
            try:
                await self._begin(process.number, process.restarts + 1)
            except OSError as error:
                _log.error("no worker could be started", extra={"worker": process.number, "error": str(error)})
                await asyncio.sleep(RESTART_AT_MOST)
            else:
                return True
        return False


def fault_of_page(exit_code: int, *, hung: bool) -> str:
    """What the page that a dead worker was reading did to it, in words; empty where the end came from outside.

    `exit_code` is `Popen.returncode`: negative for a signal.
    """
    if hung:
        return _HUNG
    if exit_code == -signal.SIGVTALRM:
        return _SLOW
    return "" if exit_code in _FROM_OUTSIDE else _BROKE


def _patience(restarts: int) -> float:
    """Seconds before the successor of a worker that died without ever answering."""
    return float(min(RESTART_AT_MOST, RESTART_SECONDS * 2 ** min(restarts, 10)))


def _environment() -> dict[str, str]:
    """Ours without what a process that reads hostile bytes has no use for."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("VEDETTE_SECRET_") and name not in {"CREDENTIALS_DIRECTORY", "DBUS_SESSION_BUS_ADDRESS"}
    }

"""The worker process: takes jobs from a socket, looks, parses, and answers with facts or "same".

Parsing happens here and nowhere else, because no HTML parser is safe against hostile bytes: one page at a time, its
job noted in shared memory and a CPU timer armed, so that a page which takes a second of CPU kills this process and
is named by it. The kernel's default action for SIGVTALRM ends the process even inside C code.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

from core import clock
from core.model.scan import Failure, FailureClass, Scan, ScanJob
from core.scan.examine import examination
from core.scan.fetch import Fetched, Fetcher
from core.scan.lateness import Lateness
from core.scan.look import OURS, Recognition
from core.scan.packing import packed
from core.scan.recognition import Recogniser
from core.scan.saved import from_saved
from core.scan.slot import Slot
from core.scan.wire import Configure, Look, Ready, Seen, frame, read_frame, to_worker
from core.settings.values import FetchSettings
from core.text import safe

CPU_LIMIT = 1.0
_BATCH = 32
_BATCH_SECONDS = 0.02
_UNCOLLECTED = 20_000  # objects between collections: a look leaves next to no cycles, yet looking for them took a fifth

_log = logging.getLogger("vedette.worker")


class Worker:
    """One process' life: a fetcher, one parser, and the results waiting to be sent."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, slot: Slot) -> None:
        self._reader = reader
        self._writer = writer
        self._slot = slot
        self._fetcher: Fetcher | None = None
        self._recogniser: Recogniser | None = None
        self._parsing = asyncio.Lock()
        self._lateness = Lateness(clock.monotonic)
        self._waiting: list[tuple[int, Scan]] = []
        self._flush_at: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Serve until the engine closes the socket."""
        self._writer.write(frame(Ready(os.getpid())))
        while True:
            try:
                message = to_worker.decode(await read_frame(self._reader))
            except (asyncio.IncompleteReadError, ConnectionError):
                break
            if isinstance(message, Configure):
                await self._configure(message.fetch)
                self._recogniser = Recogniser(Path(message.fingerprints)) if message.fingerprints else None
            else:
                self._start(message)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._fetcher is not None:
            await self._fetcher.close()

    async def _configure(self, settings: FetchSettings) -> None:
        if self._fetcher is not None:
            await self._fetcher.close()
        self._fetcher = Fetcher(settings, now=clock.now, monotonic=clock.monotonic, lag=self._lateness.total_ms)

    def _start(self, message: Look) -> None:
        for job in message.jobs:
            task = asyncio.create_task(self._look(job))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _look(self, job: ScanJob) -> None:
        began, at = clock.monotonic(), clock.now()
        try:
            scan = await self._seen(job)
        except Exception as error:  # noqa: BLE001 - the worker's border: whatever a page broke is a failure of that page
            _log.warning("a look broke", exc_info=True, extra={"job": job.id})
            message = safe(f"{type(error).__name__} while reading the page", 200)
            scan = Scan(job.url, at, 0.0, failure=Failure(FailureClass.PARSE, message))
        scan = replace(scan, scanned_at=at, duration_ms=(clock.monotonic() - began) * 1000)
        self._answer(job.id, packed(scan, job.known_marks) if job.packing and scan.facts else scan)

    async def _seen(self, job: ScanJob) -> Scan:
        if job.saved is not None:
            async with self._parsing:
                return await self._parsed(job, examination(job, from_saved(job.saved), self._recognition()))
        assert self._fetcher is not None
        fetched: Fetched = await self._fetcher.fetch(
            job.url,
            allow_private=job.allow_private,
            obey_robots=job.obey_robots,
            https_probe="security" in job.scanners,
        )
        if fetched.response is None:
            return Scan(job.url, 0.0, 0.0, failure=fetched.failure)
        async with self._parsing:
            scan = await self._parsed(job, examination(job, fetched.response, self._recognition()))
        return replace(scan, failure=fetched.failure) if fetched.failure else scan

    def _recognition(self) -> Recognition:
        """How technologies are told now; made here, for the CPU that it takes is no page's fault."""
        began = clock.monotonic()
        try:
            return OURS if self._recogniser is None else self._recogniser.present()
        except Exception:  # noqa: BLE001 - the worker's border: files of strangers must not stop the watch
            _log.exception("imported fingerprints cannot be used")
            return OURS
        finally:
            self._lateness.held(began, clock.monotonic())

    async def _parsed(self, job: ScanJob, stages: Generator[str, None, Scan]) -> Scan:
        """Run the stages one by one, letting the sockets be served in between, on at most a second of CPU."""
        used = 0.0
        while True:
            began, cpu = clock.monotonic(), clock.thread_cpu()
            self._slot.note(job.id)
            signal.setitimer(signal.ITIMER_VIRTUAL, max(CPU_LIMIT - used, 0.001))
            try:
                next(stages)
            except StopIteration as end:
                scan: Scan = end.value
                return replace(scan, cpu_ms=(used + clock.thread_cpu() - cpu) * 1000)
            finally:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
                self._slot.note(0)
                self._lateness.held(began, clock.monotonic())
            used += clock.thread_cpu() - cpu
            await asyncio.sleep(0)

    def _answer(self, job_id: int, scan: Scan) -> None:
        self._waiting.append((job_id, scan))
        if len(self._waiting) >= _BATCH:
            self._flush()
        elif self._flush_at is None:
            self._flush_at = asyncio.get_running_loop().call_later(_BATCH_SECONDS, self._flush)

    def _flush(self) -> None:
        if self._flush_at is not None:
            self._flush_at.cancel()
            self._flush_at = None
        if self._waiting and not self._writer.is_closing():
            self._writer.write(frame(Seen(tuple(self._waiting), self._lateness.longest_ms())))
        self._waiting = []


async def serve(descriptor: int, slot_descriptor: int) -> None:
    """Be the worker at the other end of the inherited socket."""
    connection = socket.socket(fileno=descriptor)
    reader, writer = await asyncio.open_connection(sock=connection)
    await Worker(reader, writer, Slot(slot_descriptor)).run()


def main() -> None:
    """`python -m core.scan.worker SOCKET-FD SLOT-FD`, started by the pool only."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    gc.freeze()
    gc.set_threshold(_UNCOLLECTED, 20, 20)
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))


if __name__ == "__main__":
    main()

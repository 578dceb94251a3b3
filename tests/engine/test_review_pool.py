"""A worker that stops answering without dying: killed, named, and its looks given back."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from core import clock
from core.model.scan import Scan, ScanJob
from core.scan.pool import WorkerPool
from core.settings.values import FetchSettings


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


async def test_the_looks_of_a_worker_that_stopped_answering_are_given_back_and_made_by_its_successor(site: str) -> None:
    lost: list[ScanJob] = []
    seen: asyncio.Queue[Scan] = asyncio.Queue()

    def again(job: ScanJob) -> None:
        lost.append(job)
        pool.submit([job])

    pool = WorkerPool(
        1,
        FetchSettings(timeout=1.0),
        on_scan=lambda _, scan: seen.put_nowait(scan),
        on_lost=again,
        now=clock.now,
        hung_beyond_timeout=1.0,
    )
    await pool.start()
    try:
        async with asyncio.timeout(30):
            while not pool.states()[0].ready:
                await asyncio.sleep(0.01)
            stopped = pool.states()[0].pid
            os.kill(stopped, signal.SIGSTOP)
            pool.submit([ScanJob(1, 1, "site", site, ("performance",), allow_private=True)])
            scan = await seen.get()
        assert scan.failure is None
        assert [job.id for job in lost] == [1]
        assert pool.states()[0].pid != stopped
    finally:
        await pool.stop()

"""A site stays with the worker that knows it, as long as that one is not much busier than the others."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from core.model.scan import Scan, ScanJob
from core.scan.pool import WorkerPool, fault_of_page
from core.settings.values import FetchSettings
from tests.scan.servers import always, naming, page, serving

ZONE = {("shop.test", "A"): ["127.0.0.1"], ("shop.test", "MX"): ["10 mail.shop.test."]}


@asynccontextmanager
async def two_workers(settings: FetchSettings, heard: asyncio.Queue[Scan]) -> AsyncIterator[WorkerPool]:
    def lost(job: ScanJob) -> None:
        raise AssertionError(f"look {job.id} died with its worker")

    pool = WorkerPool(2, settings, on_scan=lambda _, scan: heard.put_nowait(scan), on_lost=lost, now=time.time)
    await pool.start()
    try:
        yield pool
    finally:
        await pool.stop()


async def test_all_looks_at_a_site_share_what_one_worker_learned_of_its_name() -> None:
    heard: asyncio.Queue[Scan] = asyncio.Queue()
    async with serving(always(page())) as server, naming(ZONE) as names:
        settings = FetchSettings(allow=("127.0.0.0/8",), resolvers=(names.where,))
        url = f"http://shop.test:{server.port}/"
        async with two_workers(settings, heard) as pool:
            for first, count in ((1, 1), (2, 6)):
                pool.submit(
                    [ScanJob(number, 7, "shop", url, ("infrastructure",)) for number in range(first, first + count)]
                )
                scans = [await heard.get() for _ in range(count)]
                assert [scan.failure for scan in scans] == [None] * count
    assert names.asked.count(("shop.test", "MX")) == 1


async def test_a_worker_that_is_much_busier_gives_looks_away() -> None:
    heard: asyncio.Queue[Scan] = asyncio.Queue()
    async with serving(always(page())) as server:
        settings = FetchSettings(allow=("127.0.0.0/8",), resolve=(("shop.test", "127.0.0.1", server.port),))
        async with two_workers(settings, heard) as pool:
            pool.submit([ScanJob(number, 7, "shop", "http://shop.test/", ("content",)) for number in range(1, 21)])
            assert [each.in_flight for each in pool.states()] == [6, 14]
            scans = [await heard.get() for _ in range(20)]
    assert [scan.failure for scan in scans] == [None] * 20


@pytest.mark.parametrize(
    ("exit_code", "hung", "named"),
    [
        (-signal.SIGVTALRM, False, "more than a second of CPU"),
        (-signal.SIGSEGV, False, "ended the process"),
        (-signal.SIGABRT, False, "ended the process"),
        (1, False, "ended the process"),
        (-signal.SIGKILL, True, "never came to an end"),
        (-signal.SIGKILL, False, ""),
        (-signal.SIGTERM, False, ""),
    ],
)
def test_a_page_answers_for_its_worker_s_death_unless_that_came_from_outside(
    exit_code: int, hung: bool, named: str
) -> None:
    said = fault_of_page(exit_code, hung=hung)
    assert named in said
    assert bool(said) is bool(named)

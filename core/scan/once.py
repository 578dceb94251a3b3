"""One look outside the engine: a worker of its own for one URL or one saved response, for the command line.

Foreign bytes are parsed in a killable process here too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from core.model.scan import Scan, ScanJob
from core.scan.pool import WorkerPool
from core.settings.values import FetchSettings


async def look_once(
    job: ScanJob, settings: FetchSettings, now: Callable[[], float], fingerprints: Path | None = None
) -> Scan:
    """The result of one job; a job whose worker died for another reason is tried once more."""
    answer: asyncio.Future[Scan] = asyncio.get_running_loop().create_future()

    def heard(_: ScanJob, scan: Scan) -> None:
        if not answer.done():
            answer.set_result(scan)

    pool = WorkerPool(
        1, settings, on_scan=heard, on_lost=lambda lost: pool.submit([lost]), now=now, fingerprints=fingerprints
    )
    await pool.start()
    try:
        pool.submit([job])
        return await answer
    finally:
        await pool.stop()

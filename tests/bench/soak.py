"""Does anything grow? `python -m tests.bench.soak --targets 300 --every 3 --minutes 3` reads the engine's own account.

The engine runs in this process on a farm where one site in fifty changes every few seconds, with a webhook that
refuses one request in ten.
Every quarter of a minute: resident memory (of the engine and of its workers), descriptors, threads, asyncio tasks, and
what its parts hold; at the end the first settled reading beside the last.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from core.engine.assembly import Engine
from tests.bench.kill import Sites, configuration
from tests.farm.world import farm, receiver


def reading(engine: Engine) -> dict[str, Any]:
    """What the process holds now."""
    mine = psutil.Process()
    status = engine.operations._works.status()
    workers = [psutil.Process(each.pid) for each in status.workers]
    patrol, outbox = engine._patrol, engine._outbox
    return {
        "rss_mb": round(mine.memory_info().rss / 1e6, 1),
        "workers_rss_mb": [round(each.memory_info().rss / 1e6, 1) for each in workers],
        "descriptors": mine.num_fds(),
        "worker_descriptors": [each.num_fds() for each in workers],
        "threads": threading.active_count(),
        "tasks": len(asyncio.all_tasks()),
        "objects": len(gc.get_objects()),
        "claims": len(patrol._claims),
        "wanted": len(patrol._wanted),
        "agenda": len(engine._agenda._heap),
        "outbox": len(outbox._heap) + sum(outbox.depths().values()),
        "scans": status.scans,
        "failures": status.failures,
        "per_s": round(status.scans_per_second),
        "stored_p99_ms": round(status.stored_p99_ms or 0),
        "trouble": status.trouble,
    }


async def soak(folder: Path, minutes: float) -> list[dict[str, Any]]:
    """Readings every fifteen seconds."""
    engine = await Engine.open(folder / "data", folder / "vedette.toml", os.environ)
    readings = []
    try:
        await engine.start()
        ends = time.monotonic() + minutes * 60
        while time.monotonic() < ends:
            await asyncio.sleep(15)
            gc.collect()
            readings.append(reading(engine))
            print(json.dumps(readings[-1]), flush=True)
    finally:
        began = time.monotonic()
        await engine.stop()
        print(json.dumps({"stop_s": round(time.monotonic() - began, 2), "tasks_after": len(asyncio.all_tasks())}))
    return readings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", type=int, default=300)
    parser.add_argument("--every", type=float, default=3.0)
    parser.add_argument("--minutes", type=float, default=3.0)
    given = parser.parse_args()
    hosts = [f"site{number}.test" for number in range(given.targets)]
    with tempfile.TemporaryDirectory(prefix="soak-") as place:
        folder = Path(place)
        with farm(folder / "farm") as served, receiver(folder / "log", 0.1) as hook:
            text = configuration(served, hosts, hook).replace('every = "3s"', f'every = "{given.every:g}s"')
            (folder / "vedette.toml").write_text(text)
            sites = Sites(served, hosts, parts=50)
            sites.begin()
            readings = asyncio.run(soak(folder, given.minutes))
            sites.calm()
    print(json.dumps({"first": readings[len(readings) // 4], "last": readings[-1]}, indent=2))


if __name__ == "__main__":
    main()

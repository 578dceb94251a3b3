"""What storing costs: `python -m tests.bench.store [TARGETS]`.

Prints throughput, CPU of the whole process and disk bytes for unchanged and for changed looks in batches of 50 in phase
order, then how long an engine takes to read everything back. Disk bytes are those that the
process handed to the kernel (/proc/self/io), checkpoints included; `-` where there is no such file.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from core import clock
from core.model.scan import Fact
from core.model.target import Target
from core.ports import Recording
from core.store.open import Store, open_store
from tests.store.looks import FACTS, NOW, change, look, raised, target

BATCH = 50
ROUNDS = 3
CHANGED = 2000


def written() -> int | None:
    """Bytes this process has written so far."""
    try:
        lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return int(dict(line.split(": ") for line in lines)["wchar"])


def cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def say(what: str, looks: int, seconds: float, cpu_seconds: float, size: int | None) -> None:
    disk = "-" if size is None else f"{size / looks / 1024:.2f}"
    print(
        f"{what:<44} {looks:>7} looks {looks / seconds:>8.0f}/s {cpu_seconds / looks * 1000:>7.3f} CPU-ms a look "
        f"{disk:>7} KiB a look",
        flush=True,
    )


async def measured(store: Store, what: str, batches: Sequence[list[Recording]]) -> None:
    """Record batches one after the other, then close the store: its last checkpoint counts as written too."""
    wall, used, size = clock.monotonic(), cpu(), written()
    for batch in batches:
        await store.ledger.record(batch)
    seconds, used = clock.monotonic() - wall, cpu() - used
    await store.close()
    total = None if size is None else (written() or 0) - size
    say(what, sum(map(len, batches)), seconds, used, total)


def turn(targets: Sequence[Target], number: int, make: Callable[[Target, float], Recording]) -> list[list[Recording]]:
    """One look at each target, in the order of their phases."""
    looks = []
    for place, each in enumerate(targets):
        phase = place * 60 / len(targets)
        recording = make(each, NOW // 60 * 60 + 60 * number + phase)
        run = replace(recording.run, next_due=NOW // 60 * 60 + 60 * (number + 1) + phase, scans=number)
        looks.append(replace(recording, run=run))
    return [looks[start : start + BATCH] for start in range(0, len(looks), BATCH)]


def facts(kinds: dict[str, int], of: str) -> tuple[Fact, ...]:
    """So many facts of each kind."""
    return tuple(
        Fact(kind, f"{kind}-{number}", f"{kind} {number} of {of}, with a few words")
        for kind, count in kinds.items()
        for number in range(count)
    )


def first_look(each: Target, at: float) -> Recording:
    """80 facts, mixed as on a small page."""
    mixed = facts({"header": 15, "link": 30, "script": 10, "text": 15, "heading": 5}, each.name)
    return look(each, at, opened=FACTS + mixed)


def changed_look(each: Target, at: float) -> Recording:
    opened = facts({"header": 3, "link": 4, "text": 3}, f"{at}")
    changes = tuple(change(f"header-{number}", at) for number in range(2))
    return look(each, at, opened=opened, changes=changes, raised=(raised(each, at, f"{each.name} {at}", (0, 1)),))


async def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        store = await open_store(directory, writable=True, linger=0.0)
        # Ids out of phase order, as stable phases drawn from names are.
        names = sorted((f"site-{number}" for number in range(count)), key=lambda name: hash((name, "id")))
        await store.ledger.sync_file_targets([(target(name), NOW) for name in names], NOW)
        targets = sorted((await store.reader.load()).targets, key=lambda each: each.name)
        await measured(store, "first looks (80 facts)", turn(targets, 0, first_look))
        for what, make, rounds, some in (
            ("unchanged looks, batches of 50", look, ROUNDS * 4, targets),
            ("changed looks (10 facts, 2 changes, 1 alert)", changed_look, 1, targets[:CHANGED]),
        ):
            store = await open_store(directory, writable=True, linger=0.0)
            batches = [batch for number in range(1, rounds + 1) for batch in turn(some, number + len(what), make)]
            await measured(store, what, batches)
        begun = clock.monotonic()
        store = await open_store(directory, writable=True)
        loaded = await store.reader.load()
        print(f"start with {len(loaded.targets)} targets: {clock.monotonic() - begun:.2f} s", flush=True)
        begun = clock.monotonic()
        await store.reader.targets()
        print(f"overview of all targets: {(clock.monotonic() - begun) * 1000:.0f} ms", flush=True)
        await store.close()
        size = {path.name: path.stat().st_size // 1024 for path in directory.glob("*.db")}
        print(f"KiB on disk: {size}", flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))

"""The whole engine on the farm: looks over its socket, settings taken over as it runs, timers, a reader beside it."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.engine.assembly import Engine
from core.errors import LeaseHeldError, SettingsError
from core.model.people import Actor, Role
from core.model.target import Profile, Schedule, Target
from core.operations import SocketOperations
from tests.farm.world import ROOT, Farm, farm, settings

BY = Actor("anna", "cli", Role.ADMIN)
HOSTS = ("one.test", "two.test", "batch.test")
PATIENCE = 60.0


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with farm(tmp_path_factory.mktemp("farm")) as running:
        yield running


@pytest.fixture
def config(tmp_path: Path, served: Farm) -> Path:
    path = tmp_path / "vedette.toml"
    path.write_text(settings(served, HOSTS[:2], "1h").replace("workers = 2", "workers = 1"))
    return path


@pytest.fixture
async def engine(tmp_path: Path, config: Path) -> AsyncIterator[Engine]:
    running = await Engine.open(tmp_path / "data", config, {})
    try:
        await running.start()
        yield running
    finally:
        await running.stop()


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await holds():
            await asyncio.sleep(0.02)


def looked_at(engine: Engine, scans: int) -> Callable[[], Awaitable[bool]]:
    async def enough() -> bool:
        return engine.status().scans >= scans

    return enough


async def test_every_target_is_looked_at_after_the_start_and_the_figures_say_so(engine: Engine) -> None:
    await until(looked_at(engine, 2))
    status = await SocketOperations(engine.directory).status()
    assert (status.targets, status.failures, status.online) == (2, 0, True)
    assert status.pid == os.getpid()
    assert status.stored_p99_ms is not None
    assert [worker.number for worker in status.workers] == [0]
    assert status.trouble == ()
    records = {record["name"]: record for record in await engine.reader.targets()}
    assert {record["status"] for record in records.values()} == {"up"}


async def test_looks_asked_for_are_stored_one_after_the_other_even_at_one_target(engine: Engine) -> None:
    await until(looked_at(engine, 2))
    client = SocketOperations(engine.directory)
    looks = await asyncio.gather(*(client.look("one.test", BY) for _ in range(5)))
    assert len({looked.job_id for looked in looks}) == 5
    assert all(looked.scan.facts for looked in looks), "a person's look is never answered with 'same'"
    jobs = await engine.reader.jobs()
    assert {job.id for job in jobs} == {looked.job_id for looked in looks}
    assert {job.state for job in jobs} == {"completed"}


async def test_a_look_at_a_batch_target_does_not_wait_for_the_batch(engine: Engine, served: Farm) -> None:
    client = SocketOperations(engine.directory)
    site = Target("batch", "https://two.test/batch", schedule=Schedule(every=3600), profile=Profile.BATCH)
    await client.add_targets([site], BY)
    async with asyncio.timeout(PATIENCE):
        assert (await client.look("batch", BY)).job_id


async def test_changed_settings_are_taken_over_without_a_stop(engine: Engine, config: Path, served: Farm) -> None:
    await until(looked_at(engine, 2))
    config.write_text(settings(served, HOSTS, "1h").replace("workers = 2", "workers = 1"))

    async def known() -> bool:
        return len(await engine.reader.targets()) == 3 and engine.status().scans >= 3

    await until(known)
    config.write_text(settings(served, HOSTS[:1], "1h").replace("workers = 2", "workers = 1"))

    async def retired() -> bool:
        return engine.status().targets == 1

    await until(retired)
    assert len(await engine.reader.revisions()) == 3


async def test_wrong_settings_change_nothing_and_are_shown_until_they_are_right_again(
    engine: Engine, config: Path
) -> None:
    right = config.read_text()
    config.write_text(right + '[[rule]]\nname = "r"\nwhen = "severty:low"\n')

    async def shown() -> bool:
        return any("severity" in trouble for trouble in engine.status().trouble)

    await until(shown)
    assert engine.status().targets == 2
    config.write_text(right + "\n")

    async def gone() -> bool:
        return engine.status().trouble == ()

    await until(gone)


async def test_the_timers_are_few_and_of_apscheduler(engine: Engine) -> None:
    """Retention, our own link and the batch judge; what is watched is none of its business."""
    import gc

    from apscheduler.schedulers.asyncio import AsyncIOScheduler

    running = [each for each in gc.get_objects() if isinstance(each, AsyncIOScheduler) and each.running]
    (timers,) = running
    assert {"retention", "own link", "judge"} <= {job.id for job in timers.get_jobs()}
    assert all(job.max_instances == 1 for job in timers.get_jobs())


async def test_one_writes_while_a_reader_in_another_process_reads(engine: Engine) -> None:
    """The reader sees whole transactions only, never an error, and never less than before."""
    script = (
        "import asyncio, json, sys\nfrom pathlib import Path\nfrom core.store.open import open_store\n"
        "async def read():\n"
        "    store = await open_store(Path(sys.argv[1]), writable=False)\n"
        "    seen = []\n"
        "    while not Path(sys.argv[2]).exists():\n"
        "        seen.append(len(await store.reader.targets()))\n"
        "        await store.reader.changes(); await store.reader.jobs()\n"
        "    await store.close()\n"
        "    print(json.dumps(seen))\n"
        "asyncio.run(read())"
    )
    enough = engine.directory / "enough"
    reader = subprocess.Popen(
        [sys.executable, "-c", script, str(engine.directory), str(enough)], cwd=ROOT, stdout=subprocess.PIPE
    )
    client = SocketOperations(engine.directory)
    for number in range(100):
        batch = [Target(f"n{number}-{part}", f"https://n{number}.invalid/", paused=True) for part in range(5)]
        await client.add_targets(batch, BY)
    enough.touch()
    out, _ = await asyncio.to_thread(reader.communicate)
    seen = json.loads(out)
    assert reader.returncode == 0
    assert seen == sorted(seen)
    assert seen[-1] <= 502


async def test_a_target_that_is_removed_while_it_is_looked_at_is_no_trouble(engine: Engine, served: Farm) -> None:
    served.steer({"host": "one.test", "delay": 1.0})
    client = SocketOperations(engine.directory)
    (added,) = await client.add_targets([Target("slow", "https://one.test/slow")], BY)

    async def under_way() -> bool:
        return any(name == "slow" for name, _ in engine.status().running)

    await until(under_way)
    await client.remove_target("slow", BY)

    async def over() -> bool:
        return not any(name == "slow" for name, _ in engine.status().running)

    await until(over)
    served.steer({"host": "one.test", "delay": 0.0})
    assert engine.status().trouble == ()
    assert added.id not in {record["target_id"] for record in await engine.reader.targets()}


async def test_one_engine_for_a_data_directory(engine: Engine, config: Path) -> None:
    with pytest.raises(LeaseHeldError, match="already runs"):
        await Engine.open(engine.directory, config, {})


async def test_a_start_that_fails_leaves_the_lease_free(tmp_path: Path, config: Path) -> None:
    right = config.read_text()
    config.write_text("[engin]\n")
    with pytest.raises(SettingsError, match="engine"):
        await Engine.open(tmp_path / "data", config, {})
    config.write_text(right)
    again = await Engine.open(tmp_path / "data", config, {})
    await again.stop()


async def test_an_engine_that_stopped_leaves_whole_databases_and_no_process(tmp_path: Path, config: Path) -> None:
    running = await Engine.open(tmp_path / "data", config, {})
    await running.start()
    await until(looked_at(running, 1))
    pids = [worker.pid for worker in running.status().workers]
    await running.stop()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    for name in ("vedette.db", "history.db"):
        database = sqlite3.connect(tmp_path / "data" / name)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        database.close()
    assert not (tmp_path / "data" / "engine.sock").exists()


async def test_what_changed_between_two_engines_is_judged_against_what_the_first_one_saw(
    tmp_path: Path, config: Path, served: Farm
) -> None:
    served.steer({"host": "one.test", "body": "<html lang=en><title>First</title><p>Words.</p></html>"})
    for title in ("First", "Second"):
        served.steer({"host": "one.test", "body": f"<html lang=en><title>{title}</title><p>Words.</p></html>"})
        running = await Engine.open(tmp_path / "data", config, {})
        try:
            await running.round(everything=True)
            changes = await running.reader.changes()
        finally:
            await running.stop()
    assert [(change.type, change.before, change.after, change.state) for change in changes] == [
        ("content.title_changed", "First", "Second", "confirmed")
    ]


async def test_an_edited_target_is_looked_at_in_its_new_rhythm(engine: Engine) -> None:
    client = SocketOperations(engine.directory)
    (added,) = await client.add_targets([Target("quick", "https://two.test/q", schedule=Schedule(every=3600))], BY)
    await client.edit_target(replace(added, schedule=Schedule(every=1)), BY)

    async def often() -> bool:
        return (await engine.reader.target("quick")).schedule.every == 1 and await _scans(engine, "quick") >= 3

    await until(often)


async def _scans(engine: Engine, name: str) -> int:
    record = next(record for record in await engine.reader.targets() if record["name"] == name)
    return int(str(record["scans"]))

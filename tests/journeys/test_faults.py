"""What goes wrong around a running engine, one fault a test: the watch goes on, or ends with a sentence."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import resource
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import floor
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from core.schedule.due import share
from core.store.lease import holder
from core.store.open import open_store
from tests.farm import world
from tests.farm.world import Farm, Running, eventually, running, settings, start, status, vedette

PAGE = "<!doctype html><html lang=en><head><title>{title}</title></head><body><h1>Harbour</h1></body></html>"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with world.farm(tmp_path_factory.mktemp("farm")) as farm:
        yield farm


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def written(
    folder: Path, served: Farm, hosts: list[str], every: str = "1s", *, more: str = "", fetch: str = ""
) -> Path:
    """A settings file that watches these hosts."""
    path = folder / "vedette.toml"
    path.write_text(settings(served, hosts, every, more=more, fetch=fetch))
    return path


def names(stem: str, count: int) -> list[str]:
    return [f"{stem}{number}.test" for number in range(count)]


def scans(data: Path, name: str) -> list[tuple[float, str]]:
    """When a target was looked at, and as what it failed ("" for not)."""

    async def read() -> list[tuple[float, str]]:
        store = await open_store(data, writable=False)
        try:
            target = await store.reader.target(name)
            return [(at, failure) for at, failure, _ in await store.history.scans(target.id, 0.0, time.time() + 1)]
        finally:
            await store.close()

    return asyncio.run(read())


def uuid_of(data: Path, name: str) -> str:
    connection = sqlite3.connect(f"{(data / 'vedette.db').as_uri()}?mode=ro", uri=True)
    try:
        found: str = connection.execute("SELECT uuid FROM target WHERE name = ?", (name,)).fetchone()[0]
        return found
    finally:
        connection.close()


@contextmanager
def small_disk(place: Path, megabytes: int, options: str = "mode=700") -> Iterator[None]:
    """A file system of its own at `place`; skips where mounting is not allowed."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,{options}", "tmpfs", str(place)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def fill(path: Path) -> None:
    """Take every byte that is left."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


def left_cleanly(engine: Running, data: Path, number: int) -> None:
    """Ask it to leave: exit 0, the lease free, no socket, no worker behind."""
    workers = psutil.Process(engine.process.pid).children(recursive=True)
    assert engine.end(number) == 0
    assert holder(data) is None
    assert not (data / "engine.sock").exists()
    eventually(lambda: not any(each.is_running() for each in workers), "the workers have ended")


def test_a_second_engine_on_the_same_directory_leaves_with_3_and_names_the_first(
    tmp_path: Path, data: Path, served: Farm
) -> None:
    config = written(tmp_path, served, names("one", 1))
    with running(data, config) as first:
        second = vedette(data, "run", "--config", str(config))
        assert second.returncode == 3
        assert f"process {first.process.pid}" in second.stderr
        assert status(data)["pid"] == first.process.pid


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_is_obeyed_while_every_worker_is_busy_with_slow_sites(
    tmp_path: Path, data: Path, served: Farm, number: int
) -> None:
    hosts = names("slow", 60)
    served.steer(*({"host": host, "delay": 15.0} for host in hosts))
    with running(data, written(tmp_path, served, hosts)) as engine:
        eventually(lambda: status(data)["in_flight"] >= 40, "the workers are saturated")
        left_cleanly(engine, data, number)


def test_a_terminal_that_nobody_reads_holds_up_neither_the_watch_nor_its_end(
    tmp_path: Path, data: Path, served: Farm
) -> None:
    ours, theirs = pty.openpty()
    os.set_blocking(theirs, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(theirs, b"unread " * 100)
    os.set_blocking(theirs, True)
    hosts = names("unread", 3)
    hook = '[[channel]]\nname = "hook"\ntype = "webhook"\nurl = "http://127.0.0.1:1/"\nallow_private = true\n'
    rule = '[[rule]]\nname = "all"\nwhen = "severity>=info"\nnotify = ["hook"]\n'
    engine = start(data, written(tmp_path, served, hosts, more=hook + rule), stderr=theirs, stdout=theirs)
    os.close(theirs)
    try:
        eventually((data / "engine.sock").exists, "the engine answers")
        eventually(lambda: status(data)["scans"] >= 6, "the sites are seen")
        served.steer(*({"host": host, "body": PAGE.format(title="Another harbour")} for host in hosts))
        eventually(lambda: [each for each in status(data)["channels"] if each["failed"]], "a failure is to be shown")
        before = status(data)["scans"]
        eventually(lambda: status(data)["scans"] >= before + 6, "the watch goes on")
        left_cleanly(engine, data, signal.SIGTERM)
    finally:
        os.close(ours)
        if engine.process.poll() is None:
            engine.kill()


def test_a_killed_worker_is_replaced_and_its_looks_are_made_by_another(
    tmp_path: Path, data: Path, served: Farm
) -> None:
    hosts = names("orphan", 12)
    served.steer(*({"host": host, "delay": 0.7} for host in hosts))
    with running(data, written(tmp_path, served, hosts)):
        busy = eventually(lambda: [each for each in status(data)["workers"] if each["in_flight"]], "workers look")[0]
        os.kill(busy["pid"], signal.SIGKILL)
        eventually(lambda: sum(each["restarts"] for each in status(data)["workers"]) == 1, "a successor works")
        done = {host: len(scans(data, host)) for host in hosts}
        eventually(lambda: all(len(scans(data, host)) > done[host] + 1 for host in hosts), "every site is looked at")
        assert {(host, failure) for host in hosts for _, failure in scans(data, host) if failure} == set()
        assert {each["pid"] for each in status(data)["workers"]}.isdisjoint({busy["pid"]})


def test_a_page_that_burns_a_second_of_parsing_is_named_and_costs_its_neighbours_nothing(
    tmp_path: Path, data: Path, served: Farm
) -> None:
    hosts = names("neighbour", 6)
    bomb = '[[target]]\nname = "bomb.test"\nurl = "https://bomb.test/"\nevery = "1h"\n'
    served.steer({"host": "bomb.test", "body": BOMB})
    resolve = f'"bomb.test" = "127.0.0.1:{served.port}", '
    config = written(tmp_path, served, hosts, more=bomb)
    config.write_text(config.read_text().replace("resolve = { ", "resolve = { " + resolve))
    with running(data, config):
        failed = eventually(lambda: [each for each in scans(data, "bomb.test") if each[1]], "the page was given up")
        assert [failure for _, failure in failed] == ["parse"]
        done = {host: len(scans(data, host)) for host in hosts}
        eventually(lambda: all(len(scans(data, host)) > done[host] + 3 for host in hosts), "the neighbours go on")
        assert all(failure == "" for host in hosts for _, failure in scans(data, host))
        assert served.hits()["bomb.test"] == 1, "looked at again though the same page would be read the same way"
        assert sum(each["restarts"] for each in status(data)["workers"]) == 1


BOMB = "<!doctype html><title>bomb</title>" + "<div>" * 350_000


def test_one_targets_failure_stops_no_other(tmp_path: Path, data: Path, served: Farm) -> None:
    good, wrong = "good.test", "wrongname.test"
    served.steer({"host": wrong, "names": ["someone-else.test"]})
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = closed.getsockname()[1]
        config = written(tmp_path, served, [good, wrong, "refusing.test", "nowhere.invalid"])
        text = config.read_text()
        text = text.replace(f'"refusing.test" = "127.0.0.1:{served.port}"', f'"refusing.test" = "127.0.0.1:{nobody}"')
        config.write_text(text.replace(f', "nowhere.invalid" = "127.0.0.1:{served.port}"', ""))
        with running(data, config):
            expected = {wrong: "tls", "refusing.test": "connect", "nowhere.invalid": "dns"}
            for name, failure in expected.items():
                seen = eventually(lambda name=name: scans(data, name), f"{name} was looked at")  # type: ignore[misc]
                assert seen[0][1] == failure
            before = len(scans(data, good))
            eventually(lambda: len(scans(data, good)) >= before + 3, "the good one goes on")
            assert all(failure == "" for _, failure in scans(data, good))


def test_a_settings_file_broken_while_running_is_trouble_and_changes_nothing(
    tmp_path: Path, data: Path, served: Farm
) -> None:
    hosts = names("kept", 2)
    config = written(tmp_path, served, hosts)
    with running(data, config):
        good = config.read_text()
        config.write_text(good + "\n[fetch\nnonsense = 1\n")
        trouble = eventually(lambda: status(data)["trouble"], "the trouble is shown")
        assert str(config) in trouble[0]
        assert "trouble:" in vedette(data, "status").stderr
        before = {host: len(scans(data, host)) for host in hosts}
        eventually(lambda: all(len(scans(data, host)) > before[host] + 1 for host in hosts), "the old settings hold")
        config.write_text(good)
        eventually(lambda: not status(data)["trouble"], "the trouble is over")


def test_a_changed_settings_file_adds_and_retires_without_a_missed_beat_of_the_others(
    tmp_path: Path, data: Path, served: Farm
) -> None:
    steady, retired, added = "steady.test", "retired.test", "added.test"
    every = 3  # seconds: a machine that is late by less misses none
    config = written(tmp_path, served, [steady, retired], f"{every}s")
    with running(data, config):
        eventually(lambda: len(scans(data, steady)) >= 4 and scans(data, retired), "both are watched")
        written(tmp_path, served, [steady, added], f"{every}s")
        eventually(
            lambda: len(world.items(data, "targets")) == 2 and served.hits().get(added, 0) >= 2, "it is taken over"
        )
        ended = served.hits()[retired]
        before = len(scans(data, steady))
        eventually(lambda: len(scans(data, steady)) >= before + 3, "the other goes on")
        assert {each["name"] for each in world.items(data, "targets")} == {steady, added}
        assert served.hits()[retired] == ended
        offset = share(uuid_of(data, steady)) * every
        beats = [floor((at - offset) / every) for at, _ in scans(data, steady)][1:]
        assert beats == list(range(beats[0], beats[0] + len(beats)))


def test_where_nothing_can_be_written_that_is_said_and_what_was_seen_is_stored_when_it_can(
    tmp_path: Path, data: Path, served: Farm
) -> None:
    hosts = names("full", 5)
    served.steer(*({"host": host, "body": PAGE.format(title="Old harbour")} for host in hosts))
    with running(data, written(tmp_path, served, hosts)) as engine:
        eventually(lambda: all(len(scans(data, host)) >= 2 for host in hosts), "all are seen")
        _, hard = resource.prlimit(engine.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(engine.process.pid, resource.RLIMIT_FSIZE, (4096, hard))
        eventually(lambda: status(data)["trouble"], "the storage trouble is shown")
        served.steer(*({"host": host, "body": PAGE.format(title="New harbour")} for host in hosts))
        time.sleep(1.0)
        resource.prlimit(engine.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        eventually(lambda: not status(data)["trouble"], "the trouble is over")
        eventually(
            lambda: (
                {each["target"] for each in world.items(data, "changes") if each["state"] == "confirmed"} == set(hosts)
            ),
            "what changed meanwhile is found",
        )
        left_cleanly(engine, data, signal.SIGTERM)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_full_disk_is_named_and_ends_when_there_is_room_again(tmp_path: Path, data: Path, served: Farm) -> None:
    hosts = names("disk", 5)
    data.mkdir(mode=0o700)
    with small_disk(data, 24):
        data.chmod(0o700)
        with running(data, written(tmp_path, served, hosts)) as engine:
            eventually(lambda: all(scans(data, host) for host in hosts), "all are seen")
            filler = data / "filler"
            fill(filler)
            eventually(lambda: "storage full" in " ".join(status(data)["trouble"]), "storage full is shown")
            filler.unlink()
            eventually(lambda: not status(data)["trouble"], "the trouble is over")
            before = {host: len(scans(data, host)) for host in hosts}
            eventually(lambda: all(len(scans(data, host)) > before[host] for host in hosts), "the watch goes on")
            left_cleanly(engine, data, signal.SIGTERM)


def test_somebody_elses_directory_is_refused_with_a_sentence(tmp_path: Path, served: Farm) -> None:
    theirs = Path("/")
    if os.geteuid() == 0:
        theirs = tmp_path / "theirs"
        theirs.mkdir()
        os.chown(theirs, 12345, 12345)
    refused = vedette(theirs, "run", "--config", str(written(tmp_path, served, names("other", 1))))
    assert refused.returncode == 4
    assert "belongs to another user" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_directory_that_cannot_be_written_is_refused_with_a_sentence(
    tmp_path: Path, data: Path, served: Farm
) -> None:
    data.mkdir(mode=0o700)
    config = written(tmp_path, served, names("readonly", 1))
    if os.geteuid() == 0:
        with small_disk(data, 1, "ro,mode=700"):
            refused = vedette(data, "run", "--config", str(config))
    else:
        data.chmod(0o500)
        refused = vedette(data, "run", "--config", str(config))
    assert refused.returncode == 4
    assert f"{data} cannot be written" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("name", ["vedette", "history"])
def test_a_newer_database_is_refused_with_a_sentence(tmp_path: Path, data: Path, served: Farm, name: str) -> None:
    config = written(tmp_path, served, names("newer", 1))
    assert vedette(data, "run", "--once", "--config", str(config)).returncode == 0
    connection = sqlite3.connect(data / f"{name}.db")
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    refused = vedette(data, "run", "--config", str(config))
    assert refused.returncode == 4
    assert "written by a newer Vedette" in refused.stderr
    assert "Traceback" not in refused.stderr

"""Opening: migrations with a copy before, newer and foreign databases refused, the engine's lease."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import LeaseHeldError, NotFoundError, StoreError
from core.store import lease
from core.store.connection import APPLICATION_ID, migrate
from core.store.open import open_store

FIRST = "CREATE TABLE old (a TEXT); INSERT INTO old VALUES ('kept');"
SECOND = "ALTER TABLE old ADD COLUMN b TEXT; UPDATE old SET b = 'new';"


def version(path: Path) -> int:
    connection = sqlite3.connect(path)
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.close()
    return int(found)


def test_an_older_database_is_copied_then_migrated(tmp_path: Path) -> None:
    path = tmp_path / "vedette.db"
    connection = sqlite3.connect(path, isolation_level=None)
    migrate(connection, path, (FIRST,))
    migrate(connection, path, (FIRST, SECOND))
    assert connection.execute("SELECT a, b FROM old").fetchall() == [("kept", "new")]
    connection.close()
    assert version(path) == 2
    assert version(tmp_path / "vedette.db.before-2") == 1


def test_a_migration_that_fails_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "vedette.db"
    connection = sqlite3.connect(path, isolation_level=None)
    migrate(connection, path, (FIRST,))
    with pytest.raises(sqlite3.Error):
        migrate(connection, path, (FIRST, f"{SECOND} SELECT nonsense;"))
    assert connection.execute("SELECT * FROM old").fetchall() == [("kept",)]
    connection.close()
    assert version(path) == 1


@pytest.mark.parametrize("name", ["vedette", "history"])
@pytest.mark.parametrize("writable", [True, False])
async def test_a_newer_database_is_refused_with_a_sentence(tmp_path: Path, name: str, writable: bool) -> None:
    await (await open_store(tmp_path, writable=True)).close()
    connection = sqlite3.connect(tmp_path / f"{name}.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match=r"written by a newer Vedette \(version 99"):
        await open_store(tmp_path, writable=writable)


async def test_a_foreign_database_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "vedette.db")
    connection.execute("CREATE TABLE other (a)")
    connection.close()
    with pytest.raises(StoreError, match="not a database of Vedette"):
        await open_store(tmp_path, writable=True)
    (tmp_path / "vedette.db").write_text("not a database at all " * 50)
    with pytest.raises(StoreError, match="cannot be used"):
        await open_store(tmp_path, writable=True)


async def test_reading_where_nothing_was_written_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="vedette add URL"):
        await open_store(tmp_path, writable=False)


async def test_a_store_for_reading_has_no_ledger_and_writes_nothing(tmp_path: Path) -> None:
    await (await open_store(tmp_path, writable=True)).close()
    before = {each.name: each.stat().st_mtime_ns for each in tmp_path.glob("*.db")}
    store = await open_store(tmp_path, writable=False)
    assert await store.reader.targets() == []
    with pytest.raises(NotFoundError):
        await store.reader.alert("A-1")
    with pytest.raises(StoreError, match="reading only"):
        _ = store.ledger
    await store.close()
    assert {each.name: each.stat().st_mtime_ns for each in tmp_path.glob("*.db")} == before


async def test_the_file_says_whose_it_is(tmp_path: Path) -> None:
    await (await open_store(tmp_path, writable=True)).close()
    assert (tmp_path / "vedette.db").read_bytes()[68:72] == APPLICATION_ID.to_bytes(4, "big") == b"VDTT"


def test_two_engines_cannot_hold_one_directory(tmp_path: Path) -> None:
    assert lease.holder(tmp_path) is None
    held = lease.acquire(tmp_path)
    with pytest.raises(LeaseHeldError, match=f"process {os.getpid()}"):
        lease.acquire(tmp_path)
    assert lease.holder(tmp_path) == os.getpid()
    held.release()
    lease.acquire(tmp_path).release()


def test_a_killed_engine_gives_its_lease_back(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys, time; from core.store import lease; held = lease.acquire(pathlib.Path(sys.argv[1])); "
        "print('held', flush=True); time.sleep(60)"
    )
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as engine:
        assert engine.stdout is not None
        assert engine.stdout.readline() == "held\n"
        assert lease.holder(tmp_path) == engine.pid
        engine.send_signal(signal.SIGKILL)
    lease.acquire(tmp_path).release()

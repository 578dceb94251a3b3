"""The one writer: groups, failures, cancellation, a full disk, readers beside it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.errors import StoreError
from core.store.connection import read_only
from core.store.open import open_store, prepare_directory
from core.store.transaction import Transaction
from core.store.writer import Writer
from tests.store.looks import NOW, change, look, watched


def note(body: str) -> object:
    return lambda transaction: transaction.add("add_note", ("alert", 1, NOW, "anna", body))


@pytest.fixture
async def writer(tmp_path: Path) -> AsyncIterator[Writer]:
    made = Writer(tmp_path, linger=0.02)
    yield made
    await made.close()


def stored(directory: Path) -> list[str]:
    connection = sqlite3.connect(read_only(directory / "vedette.db"), uri=True)
    rows = connection.execute("SELECT body FROM note ORDER BY id").fetchall()
    connection.close()
    return [row[0] for row in rows]


async def test_what_is_answered_is_committed(writer: Writer, tmp_path: Path) -> None:
    await writer.run(note("one"))
    assert stored(tmp_path) == ["one"]


async def test_one_that_fails_does_not_take_the_others_along(writer: Writer, tmp_path: Path) -> None:
    def fails(transaction: Transaction) -> None:
        transaction.add("add_note", ("alert", 1, NOW, "anna", "lost"))
        transaction.history("put_place", (1, 2, 3))
        raise KeyError("a mistake of the caller")

    def refused(transaction: Transaction) -> None:
        transaction.vedette("add_note", ("alert", None, NOW, "anna", "no subject"))

    answers = await asyncio.gather(
        writer.run(note("one")), writer.run(fails), writer.run(refused), writer.run(note("two")), return_exceptions=True
    )
    assert isinstance(answers[1], KeyError)
    assert isinstance(answers[2], StoreError)
    assert stored(tmp_path) == ["one", "two"]
    assert await writer.run(lambda transaction: transaction.history("place_of", (1,)).fetchone()) is None


async def test_cancelling_the_caller_does_not_cancel_the_write(writer: Writer, tmp_path: Path) -> None:
    waiting = asyncio.ensure_future(writer.run(note("kept")))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await writer.run(note("after"))
    assert stored(tmp_path) == ["kept", "after"]


async def test_closing_commits_what_waits(tmp_path: Path) -> None:
    writer = Writer(tmp_path, linger=5.0)
    await writer.run(note("first"))
    waiting = asyncio.ensure_future(writer.run(note("last")))
    await asyncio.sleep(0)
    await writer.close()
    await waiting
    assert stored(tmp_path) == ["first", "last"]
    with pytest.raises(StoreError, match="closed"):
        await writer.run(note("too late"))


def limit_pages(writer: Writer, pages: int) -> object:
    """The disk is full once vedette.db has so many pages more."""

    def limit(transaction: Transaction) -> None:
        connection = transaction._vedette
        present = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {present + pages}")

    return writer.run(limit)


async def test_a_full_disk_is_said_and_survived(writer: Writer, tmp_path: Path) -> None:
    await writer.run(note("before"))
    await limit_pages(writer, 5)
    with pytest.raises(StoreError, match="storage full"):
        await writer.run(note("x" * 100_000))
    assert writer.full
    assert not (tmp_path / "ballast").exists()
    assert stored(tmp_path) == ["before"]
    await limit_pages(writer, 100_000)
    await writer.run(note("after"))
    assert not writer.full
    assert stored(tmp_path) == ["before", "after"]


async def test_an_open_read_transaction_does_not_hold_the_writer_up(writer: Writer, tmp_path: Path) -> None:
    await writer.run(note("one"))
    reader = sqlite3.connect(read_only(tmp_path / "vedette.db"), uri=True)
    cursor = reader.execute("SELECT body FROM note UNION ALL SELECT name FROM org")
    assert cursor.fetchone() == ("one",)
    await writer.run(note("two"))
    assert cursor.fetchall() == [("default",)]
    reader.close()
    assert stored(tmp_path) == ["one", "two"]


async def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    directory = tmp_path / "deep" / "data"
    store = await open_store(directory, writable=True)
    shop = await watched(store.ledger)
    await store.ledger.record([look(shop, changes=(change(),))])
    assert directory.stat().st_mode & 0o777 == 0o700
    assert {
        each.name: oct(each.stat().st_mode & 0o777) for each in directory.iterdir() if each.stat().st_mode & 0o77
    } == {}
    await store.close()


def test_a_directory_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(StoreError, match="others may write"):
        prepare_directory(tmp_path)

"""The one thread that writes: it gathers units of work and commits them together.

History is committed first; the commit of vedette.db is the acknowledgement, and only then the callers get their
answers. One fsync for many looks is what makes `synchronous = FULL` affordable.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from core import clock
from core.errors import RefusedError, StoreError
from core.store.ballast import Ballast
from core.store.connection import open_for_writing
from core.store.transaction import Between, Transaction, on_with_it

log = logging.getLogger(__name__)
T = TypeVar("T")

CHECKPOINT_EVERY = 30.0
CHECKPOINT_GROWTH = 16 * 1024 * 1024
_LOST = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_NOMEM", "SQLITE_BUSY")


@dataclass(frozen=True, slots=True)
class _Work:
    do: Callable[[Transaction], Any]
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class _Done:
    work: _Work
    value: Any = None
    error: Exception | None = None


class Writer:
    """Owns both writing connections from start to close.

    `linger` is how long, in seconds, work may wait for company; after a pause at least that long it is committed at
    once. `batch` is the most units in one transaction.
    """

    def __init__(
        self, directory: Path, *, linger: float = 0.05, batch: int = 256, between: Between = on_with_it
    ) -> None:
        """Open, create and migrate the databases (blocking); StoreError where that cannot be done."""
        self._directory = directory
        self._vedette = open_for_writing(directory, "vedette")
        try:
            self._history = open_for_writing(directory, "history")
        except StoreError:
            self._vedette.close()
            raise
        self._between = between
        self._transaction = Transaction(self._vedette, self._history, between)
        self._ballast = Ballast(directory)
        self._linger = linger
        self._batch = batch
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._closed = False
        self.full = False
        """The last commit failed for want of space: shown as "storage full"."""
        self._checkpointed_at = clock.monotonic()
        self._checkpointed_size = 0
        self._thread = threading.Thread(target=self._serve, name="vedette-writer", daemon=True)
        self._thread.start()

    async def run(self, do: Callable[[Transaction], T]) -> T:
        """What `do` answered, after its commit; its exception, with nothing of it stored.

        `do` runs on the writer's thread, perhaps twice: nothing but the transaction may show that. Cancelling the
        caller does not cancel the work. StoreError when the databases cannot take it.
        """
        if self._closed:
            raise StoreError("the store is closed")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._queue.put(_Work(do, loop, answer))
        return await asyncio.shield(answer)

    async def close(self) -> None:
        """Commit what is waiting, checkpoint, close the databases."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _serve(self) -> None:
        self._ballast.hold()
        committed_at = clock.monotonic() - self._linger
        closing = False
        while not closing:
            gathered = self._gather(committed_at + self._linger)
            closing = None in gathered
            works = [work for work in gathered if work is not None]
            if works:
                _answer(self._commit(works))
                committed_at = clock.monotonic()
                self._checkpoint_when_due()
        self._shut()

    def _gather(self, until: float) -> list[_Work | None]:
        """At least one unit of work, then whatever comes before `until`; None is the wish to close."""
        gathered = [self._queue.get()]
        while gathered[-1] is not None and len(gathered) < self._batch:
            try:
                gathered.append(self._queue.get(timeout=max(0.0, until - clock.monotonic())))
            except queue.Empty:
                break
        return gathered

    def _commit(self, works: list[_Work]) -> list[_Done]:
        """Without savepoints first: inside one, FTS5 writes a segment for every row, which triples the price."""
        try:
            return self._attempt(works, self._perform)
        except Exception as error:  # noqa: BLE001 - the worker's border: told apart in the second attempt
            self._make_room(error)
        try:
            return self._attempt(works, self._perform_apart)
        except sqlite3.Error as error:
            return self._give_up(works, error)

    def _attempt(self, works: list[_Work], perform: Callable[[_Work], _Done]) -> list[_Done]:
        try:
            self._history.execute("BEGIN IMMEDIATE")
            self._vedette.execute("BEGIN IMMEDIATE")
            done = [perform(work) for work in works]
            self._transaction.find()
            self._between("COMMIT history")
            self._history.execute("COMMIT")
            self._between("COMMIT vedette")
            self._vedette.execute("COMMIT")
        except Exception:
            self._roll_back()
            raise
        self._between("committed")
        self.full = False
        return done

    def _perform(self, work: _Work) -> _Done:
        return _Done(work, work.do(self._transaction))

    def _perform_apart(self, work: _Work) -> _Done:
        """One unit in savepoints of its own, so that its failure does not take the others along."""
        self._on_both("SAVEPOINT work")
        try:
            done = self._perform(work)
        except sqlite3.Error as error:
            if _is_lost(error) or not (self._vedette.in_transaction and self._history.in_transaction):
                raise
            failure: Exception = RefusedError(f"the database refused: {error}")
            failure.__cause__ = error
        except Exception as error:  # noqa: BLE001 - the worker's border: it belongs to whoever asked for the work
            failure = error
        else:
            self._on_both("RELEASE work")
            return done
        self._on_both("ROLLBACK TO work")
        self._on_both("RELEASE work")
        return _Done(work, error=failure)

    def _on_both(self, statement: str) -> None:
        self._history.execute(statement)
        self._vedette.execute(statement)

    def _roll_back(self) -> None:
        for connection in (self._history, self._vedette):
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def _make_room(self, error: Exception) -> None:
        """Give the ballast back when the disk is full."""
        if _is_full(error):
            self.full = True
            self._ballast.release()

    def _give_up(self, works: list[_Work], error: sqlite3.Error) -> list[_Done]:
        self.full = _is_full(error)
        log.error("nothing could be stored", extra={"directory": str(self._directory), "error": str(error)})
        words = "storage full" if self.full else f"the database cannot be written: {error}"
        failure = StoreError(f"{words} ({self._directory})")
        failure.__cause__ = error
        return [_Done(work, error=failure) for work in works]

    def _checkpoint_when_due(self) -> None:
        now = clock.monotonic()
        size = sum(_size(self._directory / f"{name}.db-wal") for name in ("vedette", "history"))
        if now - self._checkpointed_at < CHECKPOINT_EVERY and size - self._checkpointed_size < CHECKPOINT_GROWTH:
            return
        self._checkpoint("PASSIVE")
        self._checkpointed_at = now
        self._checkpointed_size = size
        if not self.full:
            self._ballast.hold()

    def _checkpoint(self, mode: str) -> None:
        try:
            self._on_both(f"PRAGMA wal_checkpoint({mode})")
        except sqlite3.Error as error:
            self.full = self.full or _is_full(error)
            log.warning("checkpoint failed", extra={"directory": str(self._directory), "error": str(error)})

    def _shut(self) -> None:
        self._checkpoint("TRUNCATE")
        self._history.close()
        self._vedette.close()


def _is_full(error: Exception) -> bool:
    return getattr(error, "sqlite_errorname", "") == "SQLITE_FULL"


def _is_lost(error: sqlite3.Error) -> bool:
    """The database itself is in trouble: no unit of this transaction can be kept."""
    return getattr(error, "sqlite_errorname", "").startswith(_LOST)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _answer(done: list[_Done]) -> None:
    """Wake the callers: one call into each loop, however many of them there are."""
    loops: dict[asyncio.AbstractEventLoop, list[_Done]] = {}
    for each in done:
        loops.setdefault(each.work.loop, []).append(each)
    for loop, group in loops.items():
        try:
            loop.call_soon_threadsafe(_settle, group)
        except RuntimeError:
            log.debug("the caller's loop is closed", extra={"answers": len(group)})


def _settle(group: list[_Done]) -> None:
    for each in group:
        if each.work.answer.done():
            continue
        if each.error is None:
            each.work.answer.set_result(each.value)
        else:
            each.work.answer.set_exception(each.error)
            each.work.answer.exception()  # marks it as seen: its caller may have been cancelled

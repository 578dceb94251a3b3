"""Opening a data directory: the directory itself, the writer where it is wanted, and the readers."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

from core.errors import StoreError
from core.settings.values import RetentionSettings
from core.store.history import SqliteHistory
from core.store.ledger import SqliteLedger
from core.store.look_back import LookBack
from core.store.reader import SqliteReader
from core.store.reading import open_reading
from core.store.transaction import Between, on_with_it
from core.store.writer import Writer


class Store:
    """An open data directory. Only the holder of the engine lease has one with a ledger."""

    def __init__(
        self, reader: SqliteReader, history: SqliteHistory, back: LookBack, ledger: SqliteLedger | None = None
    ) -> None:
        self.reader = reader
        self.history = history
        self.back = back
        self._ledger = ledger

    @property
    def ledger(self) -> SqliteLedger:
        """StoreError when the store was opened for reading."""
        if self._ledger is None:
            raise StoreError("the store is open for reading only: writing is the engine's")
        return self._ledger

    async def close(self) -> None:
        """Readers first, so that the writer's last checkpoint can take the whole WAL."""
        await self.reader.close()
        await self.history.close()
        if self._ledger is not None:
            await self._ledger.close()


async def open_store(
    directory: Path,
    *,
    writable: bool,
    retention: RetentionSettings | None = None,
    linger: float = 0.05,
    between: Between = on_with_it,
) -> Store:
    """The store of a data directory, which is made (mode 0700) when it is to be written. StoreError where that fails.

    `linger` and `between` are the writer's.
    """
    if not writable:
        return await _readers(directory)
    prepare_directory(directory)
    writer = await asyncio.to_thread(lambda: Writer(directory, linger=linger, between=between))
    ledger = SqliteLedger(writer, retention or RetentionSettings())
    try:
        return await _readers(directory, ledger)
    except StoreError:
        await writer.close()
        raise


async def _readers(directory: Path, ledger: SqliteLedger | None = None) -> Store:
    vedette = await open_reading(directory, "vedette")
    try:
        history = await open_reading(directory, "history")
    except StoreError:
        await vedette.close()
        raise
    return Store(SqliteReader(vedette), SqliteHistory(history), LookBack(vedette, history), ledger)


def prepare_directory(directory: Path) -> None:
    """Make the data directory; StoreError when it is somebody else's, or open for others to write."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = directory.stat()
    except OSError as error:
        raise StoreError(f"{directory} cannot be used as data directory: {error.strerror}") from error
    if found.st_uid != os.geteuid():
        raise StoreError(f"{directory} belongs to another user: use a data directory of your own")
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise StoreError(f"others may write to {directory}: `chmod 700 {directory}` first")

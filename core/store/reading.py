"""One read-only connection for named statements, each fetched whole in one hop to its thread."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import aiosqlite

from core.errors import StoreError
from core.store.connection import READ_PRAGMAS, check_readable, read_only
from core.store.queries import statements


class Reading:
    """Opened by `open_reading`. A cursor never outlives its call, so no reader holds the WAL back."""

    def __init__(self, connection: aiosqlite.Connection, name: str) -> None:
        self._connection = connection
        self._name = name
        self._statements = statements()

    async def rows(self, statement: str, parameters: Sequence[object] = (), **words: str) -> list[sqlite3.Row]:
        """Every row; `words` stand in for `{word}` in the statement. StoreError when the database cannot serve."""
        text = self._statements[statement]
        try:
            found = await self._connection.execute_fetchall(text.format(**words) if words else text, tuple(parameters))
        except sqlite3.Error as error:
            raise StoreError(f"{self._name} cannot be read: {error}") from error
        return list(found)

    async def row(self, statement: str, parameters: Sequence[object] = ()) -> sqlite3.Row | None:
        """The first row, or None."""
        rows = await self.rows(statement, parameters)
        return rows[0] if rows else None

    async def close(self) -> None:
        await self._connection.close()


async def open_reading(directory: Path, database: str) -> Reading:
    """A reader of `vedette` or `history`; StoreError when it is missing or not of the version known here."""
    await asyncio.to_thread(check_readable, directory, database)
    path = directory / f"{database}.db"
    connection = await aiosqlite.connect(read_only(path), uri=True, isolation_level=None)
    connection.row_factory = sqlite3.Row
    for pragma in READ_PRAGMAS:
        await connection.execute_fetchall(pragma)
    return Reading(connection, path.name)

"""SQLite connections: one way to open for writing, one for reading, and the migrations in between.

Only the writer's connections are opened here for writing. Readers are `mode=ro`: they can neither write nor checkpoint,
and SQLite 3.7.0-3.51.2 can corrupt a WAL that two connections checkpoint.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from core.errors import StoreError
from core.store.queries import migrations

APPLICATION_ID = int.from_bytes(b"VDTT", "big")
READ_PRAGMAS = ("PRAGMA query_only = 1", "PRAGMA busy_timeout = 5000", "PRAGMA temp_store = MEMORY")
_SYNCHRONOUS = {"vedette": "FULL", "history": "NORMAL"}
_CACHE_KIB = {"vedette": 8192, "history": 4096}  # what a commit of looks touches, and little more


def open_for_writing(directory: Path, database: str) -> sqlite3.Connection:
    """The writer's connection to `vedette` or `history`, created (mode 0600) and migrated as needed; StoreError."""
    path = directory / f"{database}.db"
    try:
        _create(path)
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{path} cannot be opened: {error}") from error
    connection.row_factory = sqlite3.Row
    try:
        _prepare(connection, database)
        migrate(connection, path, migrations(database))
    except sqlite3.Error as error:
        connection.close()
        raise StoreError(f"{path} cannot be used: {error}") from error
    except StoreError:
        connection.close()
        raise
    return connection


def _create(path: Path) -> None:
    """SQLite gives its WAL the mode of the database, so only that has to be made with care.

    An existing file is not touched: closing it would drop the locks this process holds on it.
    """
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _prepare(connection: sqlite3.Connection, database: str) -> None:
    connection.executescript(
        f"""
        PRAGMA busy_timeout = 5000;
        PRAGMA page_size = 4096;
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = {_SYNCHRONOUS[database]};
        PRAGMA secure_delete = FAST;
        PRAGMA foreign_keys = 1;
        PRAGMA wal_autocheckpoint = 0;
        PRAGMA journal_size_limit = 67108864;
        PRAGMA cache_size = -{_CACHE_KIB[database]};
        PRAGMA temp_store = MEMORY;
        """
    )


def migrate(connection: sqlite3.Connection, path: Path, scripts: Sequence[str]) -> None:
    """Bring a database to version len(scripts), after a copy `NAME.before-VERSION` of one that has content."""
    version = checked_version(connection, path, len(scripts))
    if version == len(scripts):
        return
    if version:
        _keep_copy(connection, path.with_name(f"{path.name}.before-{len(scripts)}"))
    for number in range(version + 1, len(scripts) + 1):
        try:
            connection.executescript(
                f"BEGIN IMMEDIATE;\n{scripts[number - 1]}\n"
                f"PRAGMA application_id = {APPLICATION_ID};\nPRAGMA user_version = {number};\nCOMMIT;"
            )
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _keep_copy(connection: sqlite3.Connection, copy: Path) -> None:
    copy.unlink(missing_ok=True)
    os.close(os.open(copy, os.O_CREAT | os.O_RDWR | os.O_EXCL, 0o600))
    connection.execute("VACUUM INTO ?", (str(copy),))


def checked_version(connection: sqlite3.Connection, path: Path, known: int) -> int:
    """The version of a database; StoreError when it is not ours or newer than `known`."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    application = int(connection.execute("PRAGMA application_id").fetchone()[0])
    tables = int(connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])
    if tables and application != APPLICATION_ID:
        raise StoreError(f"{path} is not a database of Vedette: use another data directory")
    if version > known:
        raise StoreError(
            f"{path} was written by a newer Vedette (version {version}, this one knows {known}): "
            "update Vedette, or use another data directory"
        )
    return version


def check_readable(directory: Path, database: str) -> None:
    """StoreError when there is no such database yet, or not one of the version that this program reads."""
    path = directory / f"{database}.db"
    if not path.exists():
        raise StoreError(f"there is no database in {directory} yet: `vedette add URL` or `vedette run` makes one")
    known = len(migrations(database))
    try:
        connection = sqlite3.connect(read_only(path), uri=True)
        try:
            connection.execute("PRAGMA busy_timeout = 5000")
            version = checked_version(connection, path, known)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StoreError(f"{path} cannot be read: {error}") from error
    if version < known:
        raise StoreError(f"{path} is older than this Vedette: start `vedette run` once to bring it up to date")


def read_only(path: Path) -> str:
    """The URI under which SQLite opens a file for reading only."""
    return f"{path.resolve().as_uri()}?mode=ro"

"""What a unit of work gets: both databases, inside a transaction that somebody else begins and commits.

Every statement of the writer passes through here, so a test can stop or kill the process between any two of them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from functools import cache
from itertools import chain

from core.store.queries import statements

Parameters = Sequence[object]
Between = Callable[[str], None]

AT_ONCE = (256, 32, 4, 1)
"""Rows of one INSERT: a thread that runs statements row by row waits for the interpreter after each of them."""


def on_with_it(_statement: str) -> None:
    """The pause between two statements in production: none."""


class Transaction:
    """Runs named statements; `vedette` on the precious database, `history` on the prunable one."""

    __slots__ = ("_between", "_history", "_statements", "_vedette")

    def __init__(self, vedette: sqlite3.Connection, history: sqlite3.Connection, between: Between = on_with_it) -> None:
        self._vedette = vedette
        self._history = history
        self._between = between
        self._statements = statements()

    def vedette(self, statement: str, parameters: Parameters = ()) -> sqlite3.Cursor:
        self._between(statement)
        return self._vedette.execute(self._statements[statement], tuple(parameters))

    def history(self, statement: str, parameters: Parameters = ()) -> sqlite3.Cursor:
        self._between(statement)
        return self._history.execute(self._statements[statement], tuple(parameters))

    def find(self) -> None:
        """Tell the full text index what this transaction wrote; the last thing before its commit."""
        if self.vedette("unfound").fetchone():
            self.vedette("find")
            self.vedette("found")

    def add(self, statement: str, parameters: Parameters) -> int:
        """Insert into vedette.db; the new row's id."""
        identity = self.vedette(statement, parameters).lastrowid
        assert identity is not None
        return identity

    def add_many(self, statement: str, rows: Sequence[Parameters]) -> None:
        """Insert rows of equal width into vedette.db; `{rows}` in the statement is where they come."""
        at = 0
        for count in AT_ONCE:
            while len(rows) - at >= count:
                self._between(statement)
                text = _with_rows(self._statements[statement], count, len(rows[at]))
                self._vedette.execute(text, tuple(chain.from_iterable(rows[at : at + count])))
                at += count


@cache
def _with_rows(statement: str, count: int, width: int) -> str:
    row = f"({', '.join('?' * width)})"
    return statement.format(rows=", ".join([row] * count))

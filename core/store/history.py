"""The reading side of history.db: the numbers of every look, their hours, and the documents."""

from __future__ import annotations

import sqlite3

import zstandard

from core.model.scan import METRICS, Document, FailureClass
from core.ports import History
from core.store.reading import Reading
from core.store.record import milliseconds
from core.store.retention import HOUR
from core.store.rows import scale

_FAILURES = ("", *FailureClass)
EVER = 1 << 60


class SqliteHistory(History):
    """See core.ports.History. ValueError for a metric that is not in METRICS."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    async def window(self, target_id: int, metric: str, count: int) -> tuple[float, ...]:
        rows = await self._reading.rows("window", (target_id, count), metric=_known(metric))
        factor = scale(metric)
        return tuple(row[1] / factor for row in reversed(rows))

    async def windows(self, target_id: int, count: int) -> tuple[tuple[str, tuple[float, ...]], ...]:
        """The windows of all metrics over the latest `count` successful looks, in one query: see Before.windows."""
        rows = await self._reading.rows("latest", (target_id, count))
        return tuple(
            (metric, tuple(row[metric] / scale(metric) for row in reversed(rows) if row[metric] is not None))
            for metric in METRICS
        )

    async def series(self, target_id: int, metric: str, since: float, until: float) -> list[tuple[float, float]]:
        asked = (target_id, milliseconds(since), milliseconds(until))
        factor = scale(metric)
        rows = await self._reading.rows("series", asked, metric=_known(metric))
        return [(row[0] / 1000, row[1] / factor) for row in rows]

    async def hourly(
        self, target_id: int, metric: str, since: float, until: float
    ) -> list[tuple[float, int, float, float, float]]:
        """Hours are told by their beginning: those that begin within [since's hour, until]."""
        first = milliseconds(since) // HOUR * HOUR
        last = milliseconds(until) // HOUR * HOUR
        asked = (target_id, METRICS.index(_known(metric)), first, last)
        factor = scale(metric)
        return [
            (hour / 1000, count, low / factor, total / count / factor, high / factor)
            for hour, count, low, total, high in await self._reading.rows("hourly", asked, metric=metric)
        ]

    async def scans(self, target_id: int, since: float, until: float) -> list[tuple[float, str, float]]:
        asked = (target_id, milliseconds(since), milliseconds(until))
        return [
            (row[0] / 1000, str(_FAILURES[row[1]]), row[2] / 1000) for row in await self._reading.rows("scans", asked)
        ]

    async def document(self, digest: bytes) -> Document | None:
        return _document(await self._reading.row("document", (digest,)))

    async def document_at(self, target_id: int, at: float | None = None) -> Document | None:
        moment = EVER if at is None else milliseconds(at)
        return _document(await self._reading.row("document_then", (target_id, moment)))

    async def close(self) -> None:
        await self._reading.close()


def _known(metric: str) -> str:
    if metric not in METRICS:
        raise ValueError(f"'{metric}' is not a metric ({', '.join(METRICS)})")
    return metric


def _document(row: sqlite3.Row | None) -> Document | None:
    if row is None:
        return None
    body = zstandard.ZstdDecompressor().decompress(row["body"], max_output_size=row["size"])
    return Document(row["digest"], body, row["content_type"])

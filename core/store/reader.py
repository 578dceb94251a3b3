"""The reading side of vedette.db: what is committed, each answer in a fixed number of queries."""

from __future__ import annotations

import difflib
import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import msgspec

from core.errors import NotFoundError
from core.model.alert import Alert, Delivery, DeliveryState
from core.model.change import Change, Reason
from core.model.people import AuditEntry
from core.model.record import TargetRecord
from core.model.scan import Fact
from core.model.target import Target
from core.ports import Entry, Event, JobRow, Loaded, Reader
from core.store.audit import first_break
from core.store.identity import number_of
from core.store.reading import Reading
from core.store.rows import (
    alerts_of,
    audit_of,
    change_of,
    delivery_of,
    event_of,
    job_of,
    memory_of,
    overview_of,
    run_of,
    target_of,
)

_WORD = re.compile(r"[^\W_]+")
EVER = 1e18
MOST_OF_ALERT = 1000

FactsByRow = dict[int, dict[int, Fact]]
"""Target id -> row -> fact."""


@dataclass(frozen=True, slots=True)
class Found:
    """One hit of a full text search: a current fact, a change or a note (whose subject is an alert)."""

    what: str
    id: int
    subject_id: int
    text: str
    at: float


class SqliteReader(Reader):
    """See core.ports.Reader."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    async def load(self) -> Loaded:
        rows = self._reading.rows
        return Loaded(
            targets=tuple(map(target_of, await rows("all_targets"))),
            runs=tuple(map(run_of, await rows("all_runs"))),
            memories=tuple((row["target_id"], memory_of(row["body"])) for row in await rows("all_memories")),
            open_alerts=tuple(await self._held_alerts()),
            suspected=tuple(map(change_of, await rows("suspected_changes"))),
            told=tuple((row[0], row[1], row[2], row[3]) for row in await rows("all_told")),
            undelivered=tuple(map(delivery_of, await rows("undelivered"))),
            open_jobs=tuple(map(job_of, await rows("open_jobs"))),
        )

    async def facts(self, target_id: int, at: float | None = None) -> tuple[Fact, ...]:
        if at is None:
            rows = await self._reading.rows("facts_now", (target_id,))
        else:
            rows = await self._reading.rows("facts_then", (target_id, at))
        return tuple(Fact(*row) for row in rows)

    async def facts_many(self, target_ids: Sequence[int]) -> FactsByRow:
        """The current facts of several targets in one query."""
        return _by_row(await self._reading.rows("facts_of_many", (_list(target_ids),)))

    async def facts_at(self, rows: Iterable[int], named: Iterable[tuple[int, str, str]]) -> FactsByRow:
        """The current facts among some rows, and among those named by target, kind and key, in one query."""
        return _by_row(await self._reading.rows("facts_of_rows", (_list(rows), _list(named))))

    async def fleet(self, kind: str, key: str | None = None) -> list[tuple[int, Fact]]:
        if key is None:
            rows = await self._reading.rows("fleet_kind", (kind,))
        else:
            rows = await self._reading.rows("fleet_key", (kind, key))
        return [_fleet_fact(row) for row in rows]

    async def targets(self) -> list[TargetRecord]:
        """Ages, and the days that a certificate still has, are the caller's sums."""
        return [overview_of(row) for row in await self._reading.rows("overview")]

    async def targets_after(self, target_id: int, limit: int) -> list[TargetRecord]:
        """So many of `targets` from the next id on: rows of a hundred thousand at once take 150 MB and 2 s."""
        return [overview_of(row) for row in await self._reading.rows("overview_after", (target_id, limit))]

    async def targets_of(self, ids: Iterable[int]) -> list[TargetRecord]:
        """Those of `targets` that are named, in the order of their ids; what is gone is left out."""
        return [overview_of(row) for row in await self._reading.rows("overview_of", (_list(ids),))]

    async def looks_after(self, at: float) -> list[tuple[int, int]]:
        """(target id, looks so far) of the targets whose last look began later."""
        return [(row[0], row[1]) for row in await self._reading.rows("run_marks", (at,))]

    async def targets_touched(self, after: int) -> list[int]:
        """The targets about which there are events after this cursor."""
        return [row[0] for row in await self._reading.rows("targets_touched", (after,))]

    async def target(self, name_or_id: str) -> Target:
        row = await self._reading.row("find_target", (name_or_id, number_of(name_or_id, "T")))
        if row is None:
            raise NotFoundError(await self._no_such_target(name_or_id))
        return target_of(row)

    async def _no_such_target(self, name: str) -> str:
        names = [row[0] for row in await self._reading.rows("target_names")]
        near = difflib.get_close_matches(name, names, n=1)
        return f"there is no target '{name}'" + (f"; did you mean '{near[0]}'?" if near else "")

    async def changes(
        self,
        *,
        target_id: int | None = None,
        since: float = 0.0,
        until: float | None = None,
        states: Sequence[str] = (),
        limit: int = 1000,
    ) -> list[Change]:
        asked = (since, EVER if until is None else until, _list(states), limit)
        if target_id is None:
            rows = await self._reading.rows("changes", asked)
        else:
            rows = await self._reading.rows("changes_of_target", (*asked, target_id))
        return [change_of(row) for row in rows]

    async def change(self, name_or_id: str) -> Change:
        row = await self._reading.row("find_change", (number_of(name_or_id, "C"), name_or_id))
        if row is None:
            raise NotFoundError(f"there is no change '{name_or_id}'")
        return change_of(row)

    async def alerts(self, *, states: Sequence[str] = (), since: float = 0.0, limit: int = 1000) -> list[Alert]:
        rows = await self._reading.rows("alert_ids", (since, _list(states), limit))
        return await self._alerts([row[0] for row in rows])

    async def alerts_of_target(self, target_id: int, limit: int = 1000) -> list[Alert]:
        """As `alerts`, of one target."""
        return await self._alerts([row[0] for row in await self._reading.rows("alerts_of_target", (target_id, limit))])

    async def _alerts(self, ids: Sequence[int], most: int = MOST_OF_ALERT) -> list[Alert]:
        wanted = _list(ids)
        alerts = alerts_of(
            await self._reading.rows("alerts_by_id", (wanted,)),
            await self._reading.rows("changes_of_alerts", (wanted, most)),
            await self._reading.rows("deliveries_of_alerts", (wanted, most)),
        )
        counts: dict[int, int] = {
            row[0]: row[1] for row in await self._reading.rows("change_counts_of_alerts", (wanted,))
        }
        return [_with_left_out(alert, counts.get(alert.id, 0)) for alert in alerts]

    async def _held_alerts(self) -> list[Alert]:
        """Open alerts by their conditions, for the engine's memory: an alert may have been added to for months."""
        wanted = (_list([row[0] for row in await self._reading.rows("open_alert_ids")]),)
        return alerts_of(
            await self._reading.rows("alerts_by_id", wanted),
            await self._reading.rows("conditions_of_alerts", wanted),
            await self._reading.rows("told_of_alerts", wanted),
        )

    async def alert(self, name_or_id: str, most: int = MOST_OF_ALERT) -> Alert:
        row = await self._reading.row("find_alert", (number_of(name_or_id, "A"), name_or_id))
        if row is None:
            raise NotFoundError(f"there is no alert '{name_or_id}'")
        return (await self._alerts([row[0]], most))[0]

    async def deliveries(self, *, states: Sequence[DeliveryState] = (), limit: int = 1000) -> list[Delivery]:
        return [delivery_of(row) for row in await self._reading.rows("deliveries", (_list(states), limit))]

    async def delivery(self, name_or_id: str) -> Delivery:
        row = await self._reading.row("find_delivery", (number_of(name_or_id, "D"), name_or_id))
        if row is None:
            raise NotFoundError(f"there is no delivery '{name_or_id}'")
        return delivery_of(row)

    async def entries(self) -> list[Entry]:
        """Their texts as they are kept; what is no UTF-8 in a damaged one is marked."""
        rows = await self._reading.rows("entries")
        return [Entry(row[0], row[1], row[2].decode("utf-8", "replace")) for row in rows]

    async def jobs(self, *, states: Sequence[str] = (), limit: int = 1000) -> list[JobRow]:
        return [job_of(row) for row in await self._reading.rows("jobs", (_list(states), limit))]

    async def audit_entries(self, limit: int = 1000) -> list[AuditEntry]:
        return [audit_of(row) for row in await self._reading.rows("audit_entries", (limit,))]

    async def audit_break(self) -> int | None:
        """The id of the first audit entry that was changed, cut out or added by other hands; None when all is well."""
        anchor = await self._reading.row("audit_anchor")
        last = await self._reading.row("audit_last_given")
        start: tuple[int, str] = (anchor[0], anchor[1]) if anchor else (0, "")
        entries: list[AuditEntry] = []
        while rows := await self._reading.rows("audit_in_order", (entries[-1].id if entries else start[0],)):
            entries += map(audit_of, rows)
        return first_break(entries, start, last[0] if last else 0)

    async def revisions(self) -> list[tuple[int, float, str, str]]:
        return [(row[0], row[1], row[2], row[3]) for row in await self._reading.rows("revisions")]

    async def events(self, after: int, limit: int = 1000) -> list[Event]:
        return [event_of(row) for row in await self._reading.rows("events", (after, limit))]

    async def last_event(self) -> int:
        """The newest cursor of the feed, 0 before the first event."""
        row = await self._reading.row("last_event")
        return int(row[0]) if row else 0

    async def counts(self) -> dict[str, int]:
        """How many: `target.STATE`, open `alert.STATE`, undelivered and dead `delivery.STATE`."""
        return await self.target_counts() | await self.open_counts()

    async def target_counts(self) -> dict[str, int]:
        """How many targets are in each state, as `target.STATE`; all of them are looked at for that."""
        return {row[0]: row[1] for row in await self._reading.rows("target_counts")}

    async def open_counts(self) -> dict[str, int]:
        """How many alerts and deliveries are not over, as `alert.STATE` and `delivery.STATE`."""
        return {row[0]: row[1] for row in await self._reading.rows("open_counts")}

    async def search(self, text: str, limit: int = 100) -> list[Found]:
        """Current facts, changes and notes that have all the words of `text` (each may go on), newest first."""
        words = _WORD.findall(text)
        if not words:
            return []
        asked = (" AND ".join(f'"{word}"*' for word in words), limit)
        found = [Found(*row) for row in await self._reading.rows("search", asked)]
        return sorted(found, key=lambda each: each.at, reverse=True)

    async def close(self) -> None:
        await self._reading.close()


def _by_row(rows: Iterable[sqlite3.Row]) -> FactsByRow:
    found: FactsByRow = {}
    for row in rows:
        found.setdefault(row[1], {})[row[0]] = Fact(*row[2:])
    return found


def _list(values: Iterable[object]) -> str:
    """A JSON array: what json_each takes apart in the statement."""
    return msgspec.json.encode(list(values)).decode()


def _with_left_out(alert: Alert, changes: int) -> Alert:
    """An alert that says how many of its changes it comes without."""
    missing = changes - len(alert.changes)
    if missing <= 0:
        return alert
    because = f"the newest {len(alert.changes):,} changes are told, and {missing:,} more came before them"
    return replace(alert, reasons=(*alert.reasons, Reason("alert", "shortened", because)))


def _fleet_fact(row: sqlite3.Row) -> tuple[int, Fact]:
    return row[0], Fact(*row[1:])

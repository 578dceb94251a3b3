"""Short questions about the near past, cheap at any number of targets: the last hour of the watch, and one target's."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from core.model.judging import Memory
from core.model.record import TargetRecord
from core.model.scan import SAYS_NOTHING
from core.ports import JobRow
from core.store.reading import Reading
from core.store.record import FAILURE_CODES, milliseconds
from core.store.rows import job_of, memory_of, overview_of, scale

LOST_BEFORE = 5.0
"""So many seconds a loss of our own link may have gone unnoticed, while a look failed already."""
MOST_ASKED = 400
"""Targets whose looks are counted at most: beyond, every n-th stands for its neighbours."""


@dataclass(frozen=True, slots=True)
class Slices:
    """Looks a second, the share that failed and the 95th percentile of the first byte in ms; None where none was.

    `asked` of `known` targets were counted.
    """

    scans: tuple[float | None, ...]
    errors: tuple[float | None, ...]
    ttfb_ms: tuple[float | None, ...]
    asked: int
    known: int


@dataclass(frozen=True, slots=True)
class Moved:
    """A fact that came (`before` None), went (`after` None) or took another value; `since` is when the old one came."""

    at: float
    kind: str
    key: str
    before: str | None
    after: str | None
    since: float | None


Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Looks:
    """`failed` are those that say that the target was down, `unknown` the failures that say nothing of it."""

    count: int
    failed: int
    unknown: int
    first: float | None


class LookBack:
    """StoreError when a database cannot serve."""

    def __init__(self, vedette: Reading, history: Reading) -> None:
        self._vedette = vedette
        self._history = history

    async def looks(self, since: float, until: float, slices: int) -> Slices:
        """The looks of [since, until) in so many equal slices."""
        first, last = milliseconds(since), milliseconds(until)
        row = await self._history.row("places")
        known = int(row[0]) if row else 0
        every = max(1, -(-known // MOST_ASKED))
        width = max((last - first) // slices, 1)
        scans: list[float | None] = [None] * slices
        errors: list[float | None] = [None] * slices
        ttfb: list[float | None] = [None] * slices
        for at, count, failed, high in await self._history.rows("pulse_looks", (first, last, every, width)):
            if at < slices:
                scans[at] = count * every * 1000 / width
                errors[at] = failed / count
                ttfb[at] = None if high is None else high / scale("ttfb_ms")
        return Slices(tuple(scans), tuple(errors), tuple(ttfb), known // every, known)

    async def events(self, since: float, until: float, slices: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Confirmed changes, and new alerts, of each slice of [since, until)."""
        changes, alerts = [0] * slices, [0] * slices
        for at, changed, raised in await self._vedette.rows("pulse_events", (since, until, (until - since) / slices)):
            if at < slices:
                changes[at], alerts[at] = changed, raised
        return tuple(changes), tuple(alerts)

    async def peaks(
        self, targets: Sequence[int], since: float, until: float, slices: int
    ) -> dict[int, tuple[float | None, ...]]:
        """The slowest first byte in ms of each slice of each target, None where it was not looked at."""
        first, last = milliseconds(since), milliseconds(until)
        found: dict[int, list[float | None]] = {each: [None] * slices for each in targets}
        asked = (_json(targets), first, last, max((last - first) // slices, 1))
        for target_id, at, high in await self._history.rows("peaks", asked):
            if at < slices:
                found[target_id][at] = high / scale("ttfb_ms")
        return {target_id: tuple(values) for target_id, values in found.items()}

    async def first_added(self) -> float | None:
        """When the oldest target that is still watched was added."""
        row = await self._vedette.row("first_added")
        return row[0] if row else None

    async def record(self, target_id: int) -> TargetRecord | None:
        """One row of `Reader.targets`."""
        row = await self._vedette.row("overview_of_target", (target_id,))
        return None if row is None else overview_of(row)

    async def looks_since(self, target_id: int, since: float, losses: Sequence[Span] = ()) -> Looks:
        """`losses` are the times of which nothing is known: a look that failed then says nothing of its target."""
        spans = [[milliseconds(start - LOST_BEFORE), milliseconds(end)] for start, end in losses]
        asked = (target_id, milliseconds(since), _json([FAILURE_CODES[each] for each in SAYS_NOTHING]), _json(spans))
        row = await self._history.row("looks_since", asked)
        assert row is not None, "a count always answers"
        return Looks(row[0], row[1], row[2], None if row[3] is None else row[3] / 1000)

    async def link_losses(self, target_id: int, since: float, now: float) -> list[Span]:
        """When our own link was lost, and until when; of a loss that nobody was told of, until the target answered."""
        found: list[Span] = []
        for at, told, back in await self._vedette.rows("link_losses", (since,)):
            if not told:
                row = await self._history.row("first_success", (target_id, milliseconds(at)))
                found.append((at, row[0] / 1000 if row is not None and row[0] is not None else now))
            else:
                found.append((at, now if back is None else back))
        return found

    async def fleet(self, most: int) -> tuple[str, list[int]]:
        """The state of every target in the order of their names, as its place in WORST_FIRST, and the worst targets."""
        row = await self._vedette.row("fleet_states")
        return (row[0] or "") if row else "", [each[0] for each in await self._vedette.rows("fleet_worst", (most,))]

    async def names(self, target_ids: Sequence[int]) -> dict[int, str]:
        """What targets are called, those that are not watched any more too."""
        asked = (_json(target_ids),)
        return {row[0]: row[1] for row in await self._vedette.rows("names_of_targets", asked)}

    async def dues(self, target_ids: Sequence[int]) -> dict[int, float]:
        """When each target is looked at next; one that is not planned is left out."""
        rows = await self._vedette.rows("dues", (_json(target_ids),))
        return {row[0]: row[1] for row in rows if row[1]}

    async def memory(self, target_id: int) -> Memory:
        """What the judge remembers of a target."""
        row = await self._vedette.row("memory_of_target", (target_id,))
        return memory_of(row[0]) if row else Memory()

    async def jobs(self, target_id: int, limit: int) -> list[JobRow]:
        return [job_of(row) for row in await self._vedette.rows("jobs_of_target", (target_id, limit))]

    async def moved_facts(self, target_id: int, since: float, limit: int) -> list[Moved]:
        """Which facts came, went or took another value, newest first; what the first look saw did not come."""
        return _paired(await self._vedette.rows("facts_moved", (target_id, since, limit)))

    async def notes(self, what: str, subject_id: int) -> list[tuple[float, str, str]]:
        """(at, who, words) of a change's or an alert's notes, newest first."""
        return [(row[0], row[1], row[2]) for row in await self._vedette.rows("notes_of", (what, subject_id))]


def _paired(rows: Sequence[sqlite3.Row]) -> list[Moved]:
    """A fact that ends when another of its kind and key begins took another value."""
    came = {(row["kind"], row["key"], row["since"]): row for row in rows}
    moved: list[Moved] = []
    for row in rows:
        if row["till"] is not None:
            after = came.pop((row["kind"], row["key"], row["till"]), None)
            value = None if after is None else after["value"]
            moved.append(Moved(row["till"], row["kind"], row["key"], row["value"], value, row["since"]))
    new = (row for row in came.values() if row["since"] > row["first"])
    moved += [Moved(row["since"], row["kind"], row["key"], None, row["value"], None) for row in new]
    return sorted(moved, key=lambda each: (-each.at, each.kind, each.key))


def _json(values: Iterable[object]) -> str:
    return msgspec.json.encode(list(values)).decode()

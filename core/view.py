"""What consoles read: the committed state of a data directory, fetched and unpacked on a thread of its own.

Ten thousand rows cost a fifth of a second to unpack; on the console's own loop that would be felt at the keys. So the
readers live on another loop, only finished values come over, and of the targets those alone are unpacked again to which
something happened. Consoles act through core.operations, never here.
"""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import ceil
from pathlib import Path
from typing import Any, Generic, TypeVar

from core.clock import monotonic
from core.errors import NotFoundError
from core.feed import Feed
from core.model.alert import Alert, Delivery, DeliveryState
from core.model.change import Change
from core.model.judging import Limit
from core.model.people import AuditEntry
from core.model.record import TargetRecord
from core.model.scan import Document, Fact, SecurityTest
from core.model.target import Target
from core.ports import Event, JobRow
from core.query.records import change_record
from core.store.look_back import Moved
from core.store.open import Store, open_store

T = TypeVar("T")
Record = dict[str, Any]
DAY = 86400.0
_ASKED_OF_TARGETS = ("url", "tags", "class", "owner", "profile")
SLICES = 60
SPANS = (300.0, 900.0, 3600.0)
PEAKS = 12
UPTIME_DAYS = (1, 7, 30)
PEAK_SECONDS = 300.0
KEPT_FOR = 600.0  # then days left have grown old; and the feed may have been pruned past a cursor as old as that
PAGE = 2000
COUNTED_A_SECOND = 25_000  # counting a hundred thousand takes 0.15 s: then every four seconds is enough
LATEST = 120.0  # a look is stored at most so long after it began


@dataclass(frozen=True, slots=True)
class Overview:
    """One look at everything: counts by `target.STATE`, `alert.STATE`, `delivery.STATE`, what is open and what is new.

    `cursor` is the feed's newest event: ask `since(cursor)` for what came later.
    """

    counts: dict[str, int]
    alerts: tuple[Alert, ...]
    changes: tuple[Change, ...]
    dead: tuple[Delivery, ...]
    cursor: int


@dataclass(frozen=True, slots=True)
class Site:
    """One target with what holds now; `record` is its row as lists and filters see it."""

    target: Target
    record: TargetRecord
    facts: tuple[Fact, ...]
    changes: tuple[Change, ...]
    alerts: tuple[Alert, ...]

    @property
    def security_tests(self) -> tuple[SecurityTest, ...]:
        """Every test of its security grade, the costliest first; none before there is a grade."""
        from core.scan.grade import tests_of  # noqa: PLC0415 - reading pages is nothing that every list needs

        grades = (each.evidence for each in self.facts if (each.kind, each.key) == ("security", "grade"))
        return tests_of(next(grades, ""))


@dataclass(frozen=True, slots=True)
class Trend:
    """One metric of one target: raw points and hourly (start, count, low, mean, high), both oldest first."""

    metric: str
    points: tuple[tuple[float, float], ...]
    hours: tuple[tuple[float, int, float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Pulse:
    """The watch in `SLICES` equal slices of [`since`, `until`), oldest first; None where nothing was seen.

    `scans` a second, `errors` as shares, `ttfb_ms` the 95th percentile. Of `known` targets `asked` were counted, the
    others are taken to be like them.
    """

    since: float
    until: float
    scans: tuple[float | None, ...]
    errors: tuple[float | None, ...]
    ttfb_ms: tuple[float | None, ...]
    changes: tuple[int, ...]
    alerts: tuple[int, ...]
    asked: int
    known: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happened at one target, newest first, and its record for lists, None once it is not watched any more."""

    record: TargetRecord | None
    changes: tuple[Change, ...]
    alerts: tuple[Alert, ...]


@dataclass(frozen=True, slots=True)
class Fleet:
    """All targets in little: the state of each in the order of their names, a letter each, and the worst of them.

    A letter is a place in WORST_FIRST, so the least one of several targets is the worst.
    """

    states: str = ""
    worst: tuple[TargetRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Uptime:
    """Looks of the last `days` and how many failed; `watched` are the seconds since the first of them.

    `unknown` are looks that failed while our own link was lost, or before they saw the site: they say nothing of it.
    """

    days: int
    looks: int
    failed: int
    watched: float
    unknown: int = 0

    @property
    def share(self) -> float | None:
        """The share of looks that succeeded among those that say something, None where there was none."""
        known = self.looks - self.unknown
        return 1 - self.failed / known if known else None

    @property
    def unknown_share(self) -> float:
        """The share of looks of which nothing is known."""
        return self.unknown / self.looks if self.looks else 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """When a target is looked at next, soonest first, and the seconds that its class leaves between two looks."""

    looks: tuple[float, ...]
    floor: float


@dataclass(frozen=True, slots=True)
class Past:
    """One target's looks (at, failure class or "", ms), its facts that moved and its jobs, all newest first."""

    looks: tuple[tuple[float, str, float], ...]
    moved: tuple[Moved, ...]
    jobs: tuple[JobRow, ...]


@dataclass(frozen=True, slots=True)
class SitesMoved:
    """What has become of the sites since a version of them: which are new or other, and which are gone.

    With `whole`, `changed` are all that there are.
    """

    version: int
    changed: dict[int, TargetRecord]
    gone: frozenset[int] = frozenset()
    whole: bool = False


class _Sites:
    """The records of all targets, brought up to date by what happened since; a record that changes is another value.

    Whoever follows them is told of what moved only, as long as it names the version it was told last.
    """

    def __init__(self) -> None:
        self.records: dict[int, TargetRecord] = {}
        self._cursor = 0
        self._latest = 0.0
        self._read_at: float | None = None
        self._renewing: Iterator[int] = iter(())
        self._version = 0
        self._moved: set[int] | None = None

    async def read(self, store: Store, now: float) -> None:
        cursor = await store.reader.last_event()
        passed = None if self._read_at is None else now - self._read_at
        if passed is None or not 0 <= passed < KEPT_FOR or cursor < self._cursor:
            self.records, self._moved = {}, None
            while rows := await store.reader.targets_after(next(reversed(self.records), 0), PAGE):
                self._take(rows, now)
        else:
            touched = set(await store.reader.targets_touched(self._cursor))
            await self._follow(store, touched | await self._looked_at(store) | self._old(passed), now)
        self._cursor, self._read_at = cursor, now

    def since(self, version: int) -> SitesMoved:
        """What moved since that version; it counts as told."""
        whole = self._moved is None or version != self._version
        moved, known = self._moved or set(), self.records
        self._moved = set()
        self._version += 1
        if whole:
            return SitesMoved(self._version, dict(known), whole=True)
        changed = {each: known[each] for each in moved if each in known}
        return SitesMoved(self._version, changed, frozenset(moved - changed.keys()))

    async def _looked_at(self, store: Store) -> set[int]:
        marks = await store.reader.looks_after(self._latest - LATEST)
        known = self.records
        return {target for target, scans in marks if target not in known or known[target].scans != scans}

    def _old(self, passed: float) -> set[int]:
        """Those whose turn it is to be read anew, so that all of them are within `KEPT_FOR`."""
        many = ceil(len(self.records) * passed / KEPT_FOR)
        turn = set(islice(self._renewing, many))
        if len(turn) < many:
            self._renewing = iter(tuple(self.records))
        return turn

    async def _follow(self, store: Store, changed: set[int], now: float) -> None:
        if not changed:
            return
        found = await store.reader.targets_of(changed)
        for gone in changed - {each.target_id for each in found}:
            self.records.pop(gone, None)
        self._take(found, now)
        if self._moved is not None:
            self._moved |= changed

    def _take(self, rows: Sequence[TargetRecord], now: float) -> None:
        for row in rows:
            self.records[row.target_id] = _with_days(row, now)
            self._latest = max(self._latest, row.last_at or 0.0)


class _Seldom(Generic[T]):
    """What takes the longer the more targets there are: of a hundred thousand it is asked every four seconds only."""

    def __init__(self) -> None:
        self._known: tuple[T, float] | None = None

    async def read(self, ask: Callable[[], Awaitable[T]], size: Callable[[T], int]) -> T:
        if self._known is not None and monotonic() < self._known[1]:
            return self._known[0]
        found = await ask()
        self._known = (found, monotonic() + size(found) // COUNTED_A_SECOND)
        return found


class View:
    """Read-only access to one data directory. `open` first, `close` at the end; StoreError where it cannot be read."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="view", daemon=True)
        self._store: Store | None = None
        self._sites = _Sites()
        self._sites_turn = asyncio.Lock()
        self._counts: _Seldom[dict[str, int]] = _Seldom()
        self._fleet: _Seldom[tuple[str, list[int]]] = _Seldom()

    async def open(self) -> None:
        """It may be tried again after a StoreError."""
        if not self._thread.is_alive():
            self._thread.start()
        self._store = await self._there(open_store(self._directory, writable=False))

    async def close(self) -> None:
        if self._store is not None:
            await self._there(self._store.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join)
        self._loop.close()

    async def overview(self, changes: int = 50) -> Overview:
        async def read(store: Store) -> Overview:
            cursor = await store.reader.last_event()
            targets = await self._counts.read(store.reader.target_counts, lambda found: sum(found.values()))
            return Overview(
                targets | await store.reader.open_counts(),
                tuple(await store.reader.alerts(states=("firing", "acknowledged", "silenced"))),
                tuple(await store.reader.changes(limit=changes)),
                tuple(await store.reader.deliveries(states=(DeliveryState.DEAD,))),
                cursor,
            )

        return await self._read(read)

    async def sites(self, now: float) -> list[TargetRecord]:
        """Every target as a record for lists and the filter language, `cert` in days from about `now`."""

        async def read(store: Store) -> list[TargetRecord]:
            async with self._sites_turn:
                await self._sites.read(store, now)
                return list(self._sites.records.values())

        return await self._read(read)

    async def sites_since(self, version: int, now: float) -> SitesMoved:
        """What has become of `sites` since the version that was told last; all of them for any other version."""

        async def read(store: Store) -> SitesMoved:
            async with self._sites_turn:
                await self._sites.read(store, now)
                return self._sites.since(version)

        return await self._read(read)

    async def fleet(self, now: float, most: int = 100) -> Fleet:
        """`most` of the targets as records: the worst first, the slower first among those that are not up."""

        async def read(store: Store) -> Fleet:
            states, worst = await self._fleet.read(lambda: store.back.fleet(most), lambda found: len(found[0]))
            found = {each.target_id: each for each in await store.reader.targets_of(worst)}
            return Fleet(states, tuple(_with_days(found[each], now) for each in worst if each in found))

        return await self._read(read)

    async def site(self, name_or_id: str, now: float) -> Site:
        """NotFoundError, with the nearest name, when there is none."""

        async def read(store: Store) -> Site:
            target = await store.reader.target(name_or_id)
            row = await store.back.record(target.id)
            if row is None:
                raise NotFoundError(f"'{target.name}' is not watched any more")
            return Site(
                target,
                _with_days(row, now),
                await store.reader.facts(target.id),
                tuple(await store.reader.changes(target_id=target.id, limit=500)),
                tuple(await store.reader.alerts_of_target(target.id, 500)),
            )

        return await self._read(read)

    async def target(self, name_or_id: str) -> Target:
        """NotFoundError, with the nearest name, when there is none."""
        return await self._read(lambda store: store.reader.target(name_or_id))

    async def trend(self, target_id: int, metric: str, since: float, until: float) -> Trend:
        async def read(store: Store) -> Trend:
            points = await store.history.series(target_id, metric, since, until)
            hours = await store.history.hourly(target_id, metric, since, until)
            return Trend(metric, tuple(points), tuple(hours))

        return await self._read(read)

    async def scans(self, target_id: int, since: float, until: float) -> list[tuple[float, str, float]]:
        """(at, failure class or "", milliseconds) of each look, oldest first."""
        return await self._read(lambda store: store.history.scans(target_id, since, until))

    async def pulse(self, now: float) -> Pulse:
        """The last hour; of a younger watch the last minutes, so that there is something to see."""

        async def read(store: Store) -> Pulse:
            added = await store.back.first_added()
            age = SPANS[-1] if added is None else now - added
            since = now - next((span for span in SPANS if span >= age), SPANS[-1])
            seen = await store.back.looks(since, now, SLICES)
            changes, alerts = await store.back.events(since, now, SLICES)
            return Pulse(since, now, seen.scans, seen.errors, seen.ttfb_ms, changes, alerts, seen.asked, seen.known)

        return await self._read(read)

    async def peaks(self, target_ids: Sequence[int], now: float) -> dict[int, tuple[float | None, ...]]:
        """The slowest first byte in ms of each of the last twelve five minutes; None where there was no look."""
        since = now - PEAKS * PEAK_SECONDS
        return await self._read(lambda store: store.back.peaks(target_ids, since, now, PEAKS))

    async def dues(self, target_ids: Sequence[int]) -> dict[int, float]:
        """When each target is looked at next."""
        return await self._read(lambda store: store.back.dues(target_ids))

    async def names(self, target_ids: Sequence[int]) -> dict[int, str]:
        """What targets are called."""
        return await self._read(lambda store: store.back.names(target_ids))

    async def timeline(self, target_id: int, now: float, limit: int = 50) -> Timeline:
        async def read(store: Store) -> Timeline:
            row = await store.back.record(target_id)
            return Timeline(
                _with_days(row, now) if row else None,
                tuple(await store.reader.changes(target_id=target_id, limit=limit)),
                tuple(await store.reader.alerts_of_target(target_id, limit)),
            )

        return await self._read(read)

    async def uptimes(self, target_id: int, now: float) -> tuple[Uptime, ...]:
        """Of the last day, week and thirty days, each from the looks that there were."""

        async def read(store: Store) -> tuple[Uptime, ...]:
            losses = await store.back.link_losses(target_id, now - (UPTIME_DAYS[-1] + 1) * DAY, now)
            found = [await store.back.looks_since(target_id, now - days * DAY, losses) for days in UPTIME_DAYS]
            return tuple(
                Uptime(days, each.count, each.failed, now - each.first if each.first is not None else 0.0, each.unknown)
                for days, each in zip(UPTIME_DAYS, found, strict=True)
            )

        return await self._read(read)

    async def plan(self, target: Target, now: float, count: int = 3) -> Plan:
        """The next looks as they are planned, and the floor of the target's class; none while it is paused."""
        from core.schedule.due import FLOORS, next_due  # noqa: PLC0415 - one page of the console asks

        due = (await self.dues([target.id])).get(target.id)
        looks = [] if due is None or target.paused or target.fault else [due]
        while looks and len(looks) < count:
            last = max(looks[-1], now)
            found = next_due(target.schedule, target.target_class, target.uuid or target.name, last, last)
            if found == math.inf:
                break
            looks.append(found)
        return Plan(tuple(looks), FLOORS[target.target_class])

    async def limit(self, target: Target, metric: str) -> Limit | None:
        """From which level on the metric counts as slower, as the judge has it now; None where it cannot be said."""
        from core.detect.performance import WINDOW, limit_in_force  # noqa: PLC0415 - only a chart asks

        async def read(store: Store) -> Limit | None:
            values = await store.history.window(target.id, metric, WINDOW)
            memory = await store.back.memory(target.id)
            return limit_in_force(metric, values, memory.degraded, target)

        return await self._read(read)

    async def past(self, target_id: int, since: float, until: float) -> Past:
        async def read(store: Store) -> Past:
            looks = await store.history.scans(target_id, since, until)
            return Past(
                tuple(looks[::-1]),
                tuple(await store.back.moved_facts(target_id, since, 500)),
                tuple(await store.back.jobs(target_id, 50)),
            )

        return await self._read(read)

    async def notes(self, what: str, subject_id: int) -> list[tuple[float, str, str]]:
        """(at, who, words) of an alert's notes, newest first."""
        return await self._read(lambda store: store.back.notes(what, subject_id))

    async def document(self, target_id: int, at: float | None = None) -> Document | None:
        return await self._read(lambda store: store.history.document_at(target_id, at))

    async def facts(self, target_id: int, at: float | None = None) -> tuple[Fact, ...]:
        return await self._read(lambda store: store.reader.facts(target_id, at))

    async def changes(self, since: float = 0.0, states: Sequence[str] = (), limit: int = 5000) -> list[Change]:
        """Newest first."""
        return await self._read(lambda store: store.reader.changes(since=since, states=states, limit=limit))

    async def change_records(self, since: float, limit: int = 50_000) -> list[Record]:
        """Changes as rules and filters see them, each with itself under "change"; newest first."""

        async def read(store: Store) -> list[Record]:
            targets: dict[int, Mapping[str, Any]] = {each.target_id: each for each in await store.reader.targets()}
            return [
                {
                    **{key: targets.get(each.target_id, {}).get(key) for key in _ASKED_OF_TARGETS},
                    **change_record(each),
                    "change": each,
                }
                for each in await store.reader.changes(since=since, limit=limit)
            ]

        return await self._read(read)

    async def change(self, name_or_id: str) -> Change:
        return await self._read(lambda store: store.reader.change(name_or_id))

    async def alerts(self, states: Sequence[str] = (), limit: int = 5000) -> list[Alert]:
        """Newest first, each with its changes and deliveries."""
        return await self._read(lambda store: store.reader.alerts(states=states, limit=limit))

    async def alert(self, name_or_id: str) -> Alert:
        return await self._read(lambda store: store.reader.alert(name_or_id))

    async def delivery(self, name_or_id: str) -> Delivery:
        return await self._read(lambda store: store.reader.delivery(name_or_id))

    async def deliveries(self, states: Sequence[DeliveryState] = (), limit: int = 5000) -> list[Delivery]:
        return await self._read(lambda store: store.reader.deliveries(states=states, limit=limit))

    async def jobs(self, limit: int = 1000) -> list[JobRow]:
        return await self._read(lambda store: store.reader.jobs(limit=limit))

    async def views(self) -> dict[str, str]:
        """The saved views of lists: their text by name."""

        async def read(store: Store) -> dict[str, str]:
            return {each.name: each.text for each in await store.reader.entries() if each.kind == "view"}

        return await self._read(read)

    async def audit(self, limit: int = 500) -> list[AuditEntry]:
        return await self._read(lambda store: store.reader.audit_entries(limit))

    async def since(self, cursor: int) -> list[Event]:
        """What happened after the cursor, oldest first."""
        return await self._read(lambda store: Feed(store.reader).since(cursor))

    async def _read(self, question: Callable[[Store], Coroutine[Any, Any, T]]) -> T:
        assert self._store is not None, "the view is not open"
        return await self._there(question(self._store))

    async def _there(self, question: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(question, self._loop))


def _with_days(record: TargetRecord, now: float) -> TargetRecord:
    until = record.cert_not_after
    record.cert = None if until is None else (until - now) / DAY
    return record

"""What the screens show: the last values that were read, read again when the feed says that something happened."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from core.errors import VedetteError
from core.model.alert import Alert, AlertState, Delivery, DeliveryState
from core.model.change import Change, ChangeState, Severity
from core.model.people import AuditEntry
from core.model.record import TargetRecord
from core.operations import EngineStatus, Operations
from core.text import safe
from core.view import Fleet, SitesMoved, View

FLEET, SITES, CHANGES, ALERTS, JOBS, AUDIT = "fleet", "sites", "changes", "alerts", "jobs", "audit"
TOLD = (ChangeState.CONFIRMED, ChangeState.INCONCLUSIVE)  # suspicions and noise are on the screen of changes
READ_AGAIN = 5.0  # looks leave no event: ages and figures are read this often
ASK_AGAIN = 2.0  # an engine that is gone is told within five seconds
ANSWER_WITHIN = 2.5


class SiteRecords:
    """Every site as it was when it was read, and which of them have moved since a version of them."""

    def __init__(self) -> None:
        self.known: dict[int, TargetRecord] = {}
        self.version = 0
        self.told = 0  # the view's own version
        self._whole = 0
        self._moved: dict[int, int] = {}

    def take(self, moved: SitesMoved) -> None:
        self.told = moved.version
        self.version += 1
        if moved.whole:
            self.known, self._moved, self._whole = moved.changed, {}, self.version
            return
        self.known.update(moved.changed)
        for each in moved.gone:
            self.known.pop(each, None)
        for each in (*moved.changed, *moved.gone):
            self._moved.pop(each, None)  # the newest stand last
            self._moved[each] = self.version

    def since(self, version: int) -> list[int] | None:
        """Which sites are new, other or gone; None where all of them may be."""
        if version < self._whole:
            return None
        return [each for each, _ in takewhile(lambda each: each[1] > version, reversed(self._moved.items()))]


@dataclass
class News:
    """`read_at` is when all this was so, `seen` when each list was, as a list is read only while it is shown.

    `engine` is why there are no figures, empty while there are.
    """

    counts: dict[str, int] = field(default_factory=dict)
    open_alerts: tuple[Alert, ...] = ()
    latest: tuple[Change, ...] = ()
    dead: tuple[Delivery, ...] = ()
    fleet: Fleet = field(default_factory=Fleet)
    records: SiteRecords = field(default_factory=SiteRecords)
    changes: list[Change] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    jobs: list[Any] = field(default_factory=list)
    audit: list[AuditEntry] = field(default_factory=list)
    status: EngineStatus | None = None
    engine: str = ""
    trouble: str = ""
    cursor: int = 0
    read_at: float = 0.0
    seen: dict[str, float] = field(default_factory=dict)
    asked_at: float = 0.0
    rates: list[float] = field(default_factory=list)

    @property
    def states(self) -> dict[str, int]:
        """How many targets are in each state."""
        return {key.removeprefix("target."): count for key, count in self.counts.items() if key.startswith("target.")}

    @property
    def unacknowledged(self) -> int:
        return self.counts.get(f"alert.{AlertState.FIRING}", 0)

    def oldest(self, lists: Iterable[str]) -> float | None:
        """When the one of these lists that was read longest ago was so; None where one was not read yet."""
        seen = [self.seen.get(each) for each in lists]
        return min((each for each in seen if each is not None), default=None) if None not in seen else None

    @property
    def sites(self) -> Collection[TargetRecord]:
        return self.records.known.values()


async def read(news: News, view: View, wanted: Collection[str], now: float, *, all_of_it: bool) -> bool:
    """Take over what is new; whether anything was read. A store that cannot be read leaves its words in `trouble`."""
    try:
        events = len(await view.since(news.cursor)) if news.read_at else 0
        if not (events or all_of_it or now - news.read_at >= READ_AGAIN):
            return False
        if not all_of_it and 0 <= now - news.seen.get(FLEET, 0.0) < READ_AGAIN:  # every target is asked for it
            wanted = frozenset(wanted) - {FLEET}
        await _read(news, view, wanted, now)
    except (VedetteError, asyncio.CancelledError) as error:
        if isinstance(error, asyncio.CancelledError):
            raise
        news.trouble = safe(str(error), 300)
        return True
    news.trouble = ""
    return True


@dataclass(frozen=True, slots=True)
class Held:
    """How much has happened since the screen was frozen, up to `cursor`."""

    updates: int
    cursor: int


async def hold(news: News, view: View, held: Held) -> Held:
    """What has happened since then too. Nothing of it is taken over; a store that cannot be read is told."""
    try:
        events = await view.since(held.cursor)
    except VedetteError as error:
        news.trouble = safe(str(error), 300)
        return held
    news.trouble = ""
    return Held(held.updates + len(events), events[-1].seq) if events else held


async def _read(news: News, view: View, wanted: Collection[str], now: float) -> None:
    overview = await view.overview(changes=1)
    latest = await view.changes(states=TOLD, limit=50)
    if FLEET in wanted:
        news.fleet = await view.fleet(now)
    if SITES in wanted:
        news.records.take(await view.sites_since(news.records.told, now))
    if CHANGES in wanted:
        news.changes = await view.changes()
    if ALERTS in wanted:
        news.alerts = await view.alerts()
    if JOBS in wanted:
        news.jobs = list(await view.jobs())
    if AUDIT in wanted:
        news.audit = await view.audit()
    news.counts, news.open_alerts = overview.counts, overview.alerts
    news.latest, news.dead = tuple(latest), overview.dead
    news.cursor, news.read_at = overview.cursor, now
    news.seen.update(dict.fromkeys(wanted, now))


async def ask(news: News, operations: Operations, now: float) -> None:
    """The engine's own figures, or why there are none."""
    news.asked_at, last = now, news.status
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            news.status, news.engine = await operations.status(), ""
    except TimeoutError:
        news.engine = "it does not answer"
        return
    except VedetteError as error:
        news.engine = safe(str(error), 200)
        return
    if last is None or last.at != news.status.at:
        news.rates = [*news.rates, news.status.scans_per_second][-180:]


def alarming(before: Collection[int], alerts: Iterable[Alert]) -> list[Alert]:
    """The alerts that fire, are at least high, and were not open before: what a bell rings for."""
    return [
        each
        for each in alerts
        if each.id not in before and each.state is AlertState.FIRING and each.severity >= Severity.HIGH
    ]


def letters(news: News) -> list[Delivery]:
    """Dead letters, newest first."""
    return [each for each in news.dead if each.state is DeliveryState.DEAD]

"""The seams: small protocols, each named for what its caller needs.

The store has three of them: `Ledger` writes (every call is one transaction, answered after its commit), `Reader` reads
what is committed, `History` keeps the numbers. Calls raise StoreError when the database cannot serve them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.model.alert import Alert, AlertEvent, AlertState, Delivery, DeliveryState
from core.model.change import Change, Verdict
from core.model.judging import Ended, Memory, Outcome, Raised
from core.model.people import Actor, AuditEntry
from core.model.record import TargetRecord
from core.model.scan import Document, Fact
from core.model.secret import Secret, SecretRef
from core.model.target import Target


class SecretSource(Protocol):
    """Where secrets come from."""

    def get(self, ref: SecretRef) -> Secret:
        """The secret of that name; SecretError, naming the places looked at, where there is none."""
        ...


class DeliveryError(Exception):
    """A channel did not take a message. `permanent` says that asking again is of no use."""

    def __init__(self, message: str, *, permanent: bool, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel is to tell. `key` is the idempotency key: the same for every attempt."""

    event: AlertEvent
    alert: Alert
    key: str
    sent_at: float


class Channel(Protocol):
    """A way out of the house."""

    async def send(self, message: Message) -> str:
        """Deliver, and answer with the receiver's own words (short, sanitised); DeliveryError otherwise."""
        ...


@dataclass(frozen=True, slots=True)
class RunRow:
    """The narrow row of one target: when it is due next and what its last look left behind.

    `next_due` 0 means never planned. `last_ok`/`last_at` are epoch seconds, 0 for never.
    """

    target_id: int
    next_due: float = 0.0
    attempt: int = 0
    last_at: float = 0.0
    last_ok: float = 0.0
    raw_digest: bytes = b""
    fact_digest: bytes = b""
    scans: int = 0
    failures: int = 0


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job worth a row of its own: a retry, a manual look, a dead one. Times are epoch seconds, 0 for not yet."""

    target_id: int
    state: str
    scheduled_for: float
    started_at: float = 0.0
    completed_at: float = 0.0
    attempts: int = 0
    error: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True)
class Recording:
    """One outcome with the run row it leads to, and the job that gets a row of its own (id 0: a new one)."""

    outcome: Outcome
    run: RunRow
    job: JobRow | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the store made of a recording: the same changes, alerts and deliveries with their ids and uuids.

    `alerts` are as small as the judge needs them: of each condition the latest change, of each channel and event the
    latest delivery.
    `memory` has the ids of newly suspected changes filled in; `job_id` is that of the job's row, 0 where it has none.
    `opened` are the rows of the outcome's opened facts, in their order.
    """

    target_id: int
    changes: tuple[Change, ...]
    alerts: tuple[Alert, ...]
    deliveries: tuple[Delivery, ...]
    memory: Memory
    job_id: int = 0
    opened: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A channel or rule entered outside the settings file, kept as the JSON text of core.settings.stored."""

    kind: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the feed: `seq` is opaque and only grows; `kind` is target, change, alert, delivery, settings."""

    seq: int
    at: float
    kind: str
    subject_id: int
    what: str


class Ledger(Protocol):
    """The one writer. Everything here is acknowledged only after commit."""

    async def record(self, recordings: Sequence[Recording]) -> list[Recorded]:
        """Store scans: history first, then all outcomes in one transaction."""
        ...

    async def record_watch(
        self, changes: Sequence[Change], raised: Sequence[Raised], ended: Sequence[Ended], at: float
    ) -> Recorded:
        """Store decisions that have no scan of their own: the state of our own link, engine alerts."""
        ...

    async def add_target(self, target: Target, by: Actor, at: float, next_due: float) -> Target:
        """Add one; ConflictError when the name is taken."""
        ...

    async def replace_target(self, target: Target, by: Actor, at: float, next_due: float | None) -> Target:
        """Store a changed target under its id."""
        ...

    async def remove_target(self, target_id: int, by: Actor, at: float) -> None: ...

    async def pause_targets(self, ids: Sequence[int], paused: bool, by: Actor, at: float) -> None: ...

    async def sync_file_targets(self, targets: Sequence[tuple[Target, float]], at: float) -> list[Target]:
        """Make the file's targets (each with its next_due) the ones stored as such: add, change, retire by name."""
        ...

    async def put_jobs(self, jobs: Sequence[JobRow]) -> list[JobRow]: ...

    async def move_delivery(self, delivery: Delivery) -> None:
        """Store a delivery's new state, attempts, due time and response."""
        ...

    async def set_alert_state(self, alert_id: int, state: AlertState, by: Actor, note: str, at: float) -> Alert:
        """The alert as `Recorded` has it."""
        ...

    async def set_verdict(self, what: str, subject_id: int, verdict: Verdict, by: Actor, at: float) -> None: ...

    async def requeue_delivery(self, delivery_id: int, by: Actor, at: float) -> Delivery: ...

    async def drop_delivery(self, delivery_id: int, by: Actor, at: float) -> None: ...

    async def save_revision(self, text: str, digest: str, by: Actor, at: float) -> None: ...

    async def put_entries(self, entries: Sequence[Entry], by: Actor, at: float) -> None:
        """Store channels and rules by (kind, name), replacing ones of the same name."""
        ...

    async def remove_entry(self, kind: str, name: str, by: Actor, at: float) -> None: ...

    async def audit(self, entry: AuditEntry) -> None: ...

    async def purge(self, now: float) -> int:
        """One slice of retention; how many rows went. Called again until it answers 0."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the engine keeps in memory, read in a few queries when it starts; of alerts only what `Recorded` has."""

    targets: tuple[Target, ...]
    runs: tuple[RunRow, ...]
    memories: tuple[tuple[int, Memory], ...]
    open_alerts: tuple[Alert, ...]
    suspected: tuple[Change, ...]
    told: tuple[tuple[int, str, str, float], ...]
    undelivered: tuple[Delivery, ...]
    open_jobs: tuple[JobRow, ...]


class Reader(Protocol):
    """Read-only access to what is committed; each query is fetched fully."""

    async def load(self) -> Loaded: ...

    async def facts(self, target_id: int, at: float | None = None) -> tuple[Fact, ...]:
        """The facts of a target that held at a moment (None: now)."""
        ...

    async def targets(self) -> list[TargetRecord]:
        """Every target with its summary, as the records that the filter language looks at."""
        ...

    async def target(self, name_or_id: str) -> Target:
        """By name, `T-12` or uuid; NotFoundError with the nearest name otherwise."""
        ...

    async def changes(
        self,
        *,
        target_id: int | None = None,
        since: float = 0.0,
        until: float | None = None,
        states: Sequence[str] = (),
        limit: int = 1000,
    ) -> list[Change]:
        """Newest first."""
        ...

    async def change(self, name_or_id: str) -> Change: ...

    async def alerts(self, *, states: Sequence[str] = (), since: float = 0.0, limit: int = 1000) -> list[Alert]:
        """Newest first, each with its changes and deliveries, as `alert` gives them."""
        ...

    async def alert(self, name_or_id: str, most: int = 1000) -> Alert:
        """By `A-12` or uuid, with its newest `most` changes and deliveries; a reason says how many more there are."""
        ...

    async def deliveries(self, *, states: Sequence[DeliveryState] = (), limit: int = 1000) -> list[Delivery]: ...

    async def delivery(self, name_or_id: str) -> Delivery: ...

    async def jobs(self, *, states: Sequence[str] = (), limit: int = 1000) -> list[JobRow]: ...

    async def audit_entries(self, limit: int = 1000) -> list[AuditEntry]: ...

    async def revisions(self) -> list[tuple[int, float, str, str]]:
        """(number, at, digest, text), newest first."""
        ...

    async def entries(self) -> list[Entry]: ...

    async def events(self, after: int, limit: int = 1000) -> list[Event]: ...

    async def fleet(self, kind: str, key: str | None = None) -> list[tuple[int, Fact]]:
        """Current facts of one kind (and key) over all targets: (target id, fact)."""
        ...

    async def close(self) -> None: ...


class History(Protocol):
    """Numbers over time. The engine appends through `Ledger.record`; everyone reads here."""

    async def window(self, target_id: int, metric: str, count: int) -> tuple[float, ...]:
        """The latest `count` values that are not marked busy, oldest first."""
        ...

    async def series(self, target_id: int, metric: str, since: float, until: float) -> list[tuple[float, float]]:
        """(at, value), oldest first."""
        ...

    async def hourly(
        self, target_id: int, metric: str, since: float, until: float
    ) -> list[tuple[float, int, float, float, float]]:
        """(hour start, count, minimum, mean, maximum)."""
        ...

    async def scans(self, target_id: int, since: float, until: float) -> list[tuple[float, str, float]]:
        """(at, failure class or "", duration in ms), oldest first."""
        ...

    async def document(self, digest: bytes) -> Document | None: ...

    async def document_at(self, target_id: int, at: float | None = None) -> Document | None:
        """The document that held at a moment (None: the latest)."""
        ...

"""Rows to nouns and back: the only place that knows how a noun is laid out in columns."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from sys import intern

import msgspec

from core.model.alert import Alert, AlertEvent, AlertState, Delivery, DeliveryState
from core.model.change import Change, ChangeState, Reason, Severity, Verdict
from core.model.judging import Memory
from core.model.people import AuditEntry
from core.model.record import TargetRecord
from core.model.scan import METRICS, TIMING_METRICS, Scan
from core.model.target import ContentScope, Origin, Profile, Schedule, Target, TargetClass, TargetKind
from core.ports import Event, JobRow, RunRow


class _Spec(msgspec.Struct, omit_defaults=True):
    """What of a target has no column of its own, as JSON."""

    schedule: Schedule
    scanners: tuple[str, ...]
    content: ContentScope
    thresholds: tuple[tuple[str, float], ...]
    allow_private: bool = False


_spec = msgspec.json.Decoder(_Spec)
_strings = msgspec.json.Decoder(tuple[str, ...])
_pairs = msgspec.json.Decoder(tuple[tuple[str, str], ...])
_triples = msgspec.json.Decoder(tuple[tuple[str, str, str], ...])
_memory = msgspec.msgpack.Decoder(Memory)
_json = msgspec.json.Encoder()
_msgpack = msgspec.msgpack.Encoder()
UNREADABLE = (msgspec.MsgspecError, ValueError, TypeError)
_FACTORS = tuple((metric, 1000.0 if metric in TIMING_METRICS else 1.0) for metric in METRICS)
PAUSED = intern("paused")
_SHARED = 1024


def target_columns(target: Target) -> tuple[object, ...]:
    """In the order of `add_target` and `change_target`: name to spec."""
    spec = _Spec(target.schedule, target.scanners, target.content, target.thresholds, target.allow_private)
    return (
        target.name,
        target.url,
        target.kind,
        target.target_class,
        target.owner,
        target.profile,
        _json.encode(target.tags).decode(),
        target.origin,
        target.paused,
        _json.encode(spec).decode(),
    )


def target_of(row: sqlite3.Row) -> Target:
    """The target of a row; of one that this version cannot read what is left of it, with its fault."""
    try:
        return _target(row)
    except UNREADABLE as error:
        return _remains(row, str(error))


def _remains(row: sqlite3.Row, fault: str) -> Target:
    return Target(
        name=row["name"],
        url=row["url"],
        origin=Origin.FILE if row["origin"] == Origin.FILE else Origin.STORE,
        paused=bool(row["paused"]),
        id=row["id"],
        uuid=row["uuid"],
        org_id=row["org_id"],
        fault=fault,
    )


def _target(row: sqlite3.Row) -> Target:
    spec = _shared_spec(row["spec"])
    return Target(
        name=row["name"],
        url=row["url"],
        kind=TargetKind(row["kind"]),
        schedule=spec.schedule,
        profile=Profile(row["profile"]),
        target_class=TargetClass(row["class"]),
        owner=intern(row["owner"]),
        tags=_shared_strings(row["tags"]),
        scanners=spec.scanners,
        content=spec.content,
        thresholds=spec.thresholds,
        allow_private=spec.allow_private,
        origin=Origin(row["origin"]),
        paused=bool(row["paused"]),
        id=row["id"],
        uuid=row["uuid"],
        org_id=row["org_id"],
    )


@lru_cache(maxsize=_SHARED)
def _shared_spec(text: str) -> _Spec:
    """Most targets of a fleet say the same, and a spec is thirty objects."""
    return _spec.decode(text)


@lru_cache(maxsize=_SHARED)
def _shared_strings(text: str) -> tuple[str, ...]:
    return _strings.decode(text)


def encoded_memory(memory: Memory) -> bytes:
    return _msgpack.encode(memory)


def memory_of(body: bytes) -> Memory:
    """What was remembered of a target; nothing where that cannot be read, and it is learned anew."""
    try:
        return _memory.decode(body)
    except UNREADABLE:
        return Memory()


def encoded_reasons(reasons: Sequence[Reason]) -> str:
    return _json.encode([(each.step, each.outcome, each.because) for each in reasons]).decode()


def reasons_of(text: str) -> tuple[Reason, ...]:
    return tuple(Reason(*each) for each in _triples.decode(text))


def encoded_technologies(found: Sequence[tuple[str, str]]) -> str:
    return _json.encode(found).decode()


def change_of(row: sqlite3.Row) -> Change:
    return Change(
        type=row["type"],
        key=row["key"],
        before=row["before"],
        after=row["after"],
        severity=Severity(row["severity"]),
        confidence=row["confidence"],
        state=ChangeState(row["state"]),
        at=row["at"],
        reasons=reasons_of(row["reasons"]),
        evidence=row["evidence"],
        target_id=row["target_id"] or 0,
        target=row["target"] or "",
        id=row["id"],
        uuid=row["uuid"],
        verdict=_verdict(row["verdict"]),
    )


def delivery_of(row: sqlite3.Row) -> Delivery:
    return Delivery(
        channel=row["channel"],
        event=AlertEvent(row["event"]),
        at=row["at"],
        state=DeliveryState(row["state"]),
        attempts=row["attempts"],
        key=row["key"],
        response=row["response"],
        alert_id=row["alert_id"] or 0,
        id=row["id"],
        uuid=row["uuid"],
    )


def alerts_of(
    alerts: Iterable[sqlite3.Row], changes: Iterable[sqlite3.Row], deliveries: Iterable[sqlite3.Row]
) -> list[Alert]:
    """Alerts whole; each change row bears the `alert_id` it belongs to."""
    changes_by: dict[int, list[Change]] = {}
    for row in changes:
        changes_by.setdefault(row["alert_id"], []).append(change_of(row))
    deliveries_by: dict[int, list[Delivery]] = {}
    for row in deliveries:
        deliveries_by.setdefault(row["alert_id"], []).append(delivery_of(row))
    return [_alert_of(row, changes_by, deliveries_by) for row in alerts]


def _alert_of(
    row: sqlite3.Row, changes: Mapping[int, Sequence[Change]], deliveries: Mapping[int, Sequence[Delivery]]
) -> Alert:
    return Alert(
        rule=row["rule"],
        severity=Severity(row["severity"]),
        state=AlertState(row["state"]),
        dedup=row["dedup"],
        since=row["since"],
        target_id=row["target_id"] or 0,
        target=row["target"] or "",
        changes=tuple(changes.get(row["id"], ())),
        deliveries=tuple(deliveries.get(row["id"], ())),
        reasons=reasons_of(row["reasons"]),
        note=row["note"],
        acknowledged_by=row["acknowledged_by"],
        updated_at=row["updated_at"],
        id=row["id"],
        uuid=row["uuid"],
        verdict=_verdict(row["verdict"]),
    )


def _verdict(word: str | None) -> Verdict | None:
    return Verdict(word) if word else None


def run_of(row: sqlite3.Row) -> RunRow:
    return RunRow(
        target_id=row["target_id"],
        next_due=row["next_due"],
        attempt=row["attempt"],
        last_at=row["last_at"],
        last_ok=row["last_ok"],
        raw_digest=row["raw_digest"],
        fact_digest=row["fact_digest"],
        scans=row["scans"],
        failures=row["failures"],
    )


def scaled_samples(scan: Scan) -> list[int | None]:
    """The columns of METRICS: milliseconds as whole microseconds, bytes as they are, None where not measured."""
    values = {sample.metric: sample.value for sample in scan.samples}
    columns: list[int | None] = []
    for metric, factor in _FACTORS:
        value = values.get(metric)
        columns.append(None if value is None else round(value * factor))
    return columns


def scale(metric: str) -> float:
    """How many of a metric's unit in the database make one of its own."""
    return 1000.0 if metric in TIMING_METRICS else 1.0


def job_of(row: sqlite3.Row) -> JobRow:
    return JobRow(
        target_id=row["target_id"],
        state=row["state"],
        scheduled_for=row["scheduled_for"],
        started_at=row["started_at"],
        completed_at=row["completed_at"],
        attempts=row["attempts"],
        error=row["error"],
        id=row["id"],
    )


def audit_of(row: sqlite3.Row) -> AuditEntry:
    return AuditEntry(
        at=row["at"],
        actor=row["actor"],
        origin=row["origin"],
        action=row["action"],
        subject=row["subject"],
        detail=row["detail"],
        digest=row["digest"],
        id=row["id"],
    )


def event_of(row: sqlite3.Row) -> Event:
    return Event(row["seq"], row["at"], row["kind"], row["subject_id"], row["what"])


def overview_of(row: sqlite3.Row) -> TargetRecord:
    """A target with its summary, from the columns of `overview`; texts that many targets share are there once.

    Tags or technologies that are damaged are none here; the site's own page says what is wrong.
    """
    (id, uuid, name, url, kind, lane, target_class, owner, profile, tags, origin, paused, status, title, grade, until,
     technologies, dns, connect, tls, ttfb, download, total, transfer, body,
     last_at, added_at, changed_at, next_due, scans, failures) = row  # fmt: skip
    known = intern(status)
    return TargetRecord(
        id, uuid, name, url, intern(kind), lane or None, intern(target_class), intern(owner), intern(profile),
        _tags(tags), intern(origin), bool(paused), known, PAUSED if paused else known, title, intern(grade), until,
        _technologies(technologies), _milliseconds(dns), _milliseconds(connect), _milliseconds(tls),
        _milliseconds(ttfb), _milliseconds(download), _milliseconds(total), transfer, body, last_at or None, added_at,
        changed_at or None, next_due or None, scans, failures,
    )  # fmt: skip


def _milliseconds(column: int | None) -> float | None:
    return None if column is None else column / 1000.0


@lru_cache(4096)
def _tags(text: str) -> tuple[str, ...]:
    try:
        return tuple(map(intern, _strings.decode(text)))
    except UNREADABLE:
        return ()


@lru_cache(4096)
def _technologies(text: str) -> tuple[tuple[str, str], ...]:
    try:
        return tuple((intern(name), intern(version)) for name, version in _pairs.decode(text))
    except UNREADABLE:
        return ()

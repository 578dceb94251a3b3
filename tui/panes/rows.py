"""The rows of each list: which columns, which cells, in which order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from core.model.alert import Alert, AlertState, Delivery, DeliveryState
from core.model.change import Change, Severity
from core.model.people import AuditEntry
from core.operations import ChannelFigures, WorkerFigures
from tui import wording
from tui.widgets.rows import Cell, Column

DAY = 86_400.0

SITE_COLUMNS = (
    Column("state", "STATE", 8, priority=20),
    Column("name", "SITE", 18, priority=21, grow=2),
    Column("ttfb_ms", "TTFB", 6, "right", priority=9),
    Column("total_ms", "LOAD", 6, "right", priority=7),
    Column("peaks", "1h", 12, priority=6, sortable=False),
    Column("cert", "TLS", 5, "right", priority=8),
    Column("sec", "SEC", 3, priority=10),
    Column("tech", "STACK", 11, priority=5, grow=3),
    Column("seen", "SEEN", 4, "right", priority=11),
    Column("changed_at", "CHANGED", 7, "right", priority=3, sortable=False),
    Column("tag", "TAGS", 10, priority=2, grow=1),
    Column("owner", "OWNER", 8, priority=1, grow=1),
)

CHANGE_COLUMNS = (
    Column("at", "TIME", 8, priority=18),
    Column("state", "ST", 3, priority=9),
    Column("target", "SUBJECT", 12, priority=17, grow=1),
    Column("what", "WHAT", 28, priority=20, grow=5, field="key"),
    Column("type", "TYPE", 27, priority=4),
    Column("severity", "SEV", 6, priority=19),
    Column("confidence", "CONF", 4, "right", priority=12),
    Column("verdict", "SAID", 8, priority=3),
    Column("id", "ID", 7, priority=2),
)

ALERT_COLUMNS = (
    Column("severity", "SEV", 6, priority=20),
    Column("id", "ID", 5, priority=18),
    Column("target", "SUBJECT", 12, priority=19, grow=1),
    Column("cause", "CAUSE", 26, priority=17, grow=6, field="type"),
    Column("age", "AGE", 4, "right", priority=16),
    Column("state", "STATE", 12, priority=7),
    Column("told", "TOLD", 14, priority=8, sortable=False, field="channel"),
    Column("next", "NEXT STEP", 14, priority=12, grow=1),
)

LETTER_COLUMNS = (
    Column("id", "ID", 7, priority=10),
    Column("at", "TIME", 8, priority=9),
    Column("channel", "CHANNEL", 14, priority=20, grow=1),
    Column("alert", "ALERT", 7, priority=15),
    Column("attempts", "TRIED", 5, "right", priority=8),
    Column("response", "LAST ANSWER", 20, priority=17, grow=4),
)


def site_cells(record: Mapping[str, Any], now: float, plain: bool, peaks: str = "") -> tuple[Cell, ...]:
    """One site; `record` is that of `View.sites`, `peaks` its last hour as cells."""
    sign = wording.target_sign(str(record["status"]), bool(record["paused"]))
    technologies = " ".join(name for name, _ in record["tech"] or ())
    days = record["cert"]
    return (
        Cell(f"{sign.mark(plain)} {sign.brief}", sign.role),
        Cell(record["name"]),
        Cell(wording.milliseconds(record["ttfb_ms"])),
        Cell(wording.milliseconds(record["total_ms"])),
        Cell(peaks, sign.role if sign.role in ("down", "degraded") else "muted"),
        Cell(wording.days_left(None if days is None else days * DAY), certificate_role(days)),
        Cell(wording.grade(record["sec"])),
        Cell(technologies, "muted"),
        Cell(wording.age(record["last_at"], now), "muted"),
        Cell(wording.age(record["changed_at"], now), "muted"),
        Cell(" ".join(record["tags"] or ()), "muted"),
        Cell(record["owner"] or "", "muted"),
    )


def certificate_role(days: float | None) -> str:
    """A certificate that ends within three weeks is worth a look, within one it hurts."""
    if days is None:
        return "muted"
    return "down" if days < 7 else "degraded" if days < 21 else ""


def change_cells(change: Change, now: float, plain: bool) -> tuple[Cell, ...]:
    severity, state = wording.severity_sign(change.severity), wording.change_sign(change.state)
    said = wording.VERDICT_SIGNS[change.verdict].word if change.verdict else ""
    return (
        Cell(wording.day_or_clock(change.at, now), "muted"),
        Cell(state.mark(plain), state.role),
        Cell(change.target or "the watch itself"),
        Cell(wording.change_words(change)),
        Cell(change.type, "muted"),
        Cell(f"{severity.mark(plain)}{severity.brief}", severity.role),
        Cell(wording.confidence(change.confidence), "muted"),
        Cell(said, "muted"),
        Cell(f"C-{change.id}", "muted"),
    )


def alert_cells(alert: Alert, now: float, plain: bool, due: float | None = None) -> tuple[Cell, ...]:
    """`due` is when its target is looked at next, where that is known."""
    severity, state = wording.severity_sign(alert.severity), wording.alert_sign(alert.state)
    return (
        Cell(f"{severity.mark(plain)}{severity.brief}", severity.role),
        Cell(f"A-{alert.id}"),
        Cell(wording.alert_subject(alert)),
        Cell(wording.alert_words(alert)),
        Cell(wording.age(alert.since, now), "muted"),
        Cell(state.brief, severity.role if alert.state is AlertState.FIRING else state.role),
        Cell(wording.told(alert.deliveries), "muted"),
        Cell(next_step(alert, now, due), "muted"),
    )


def next_step(alert: Alert, now: float, due: float | None = None) -> str:
    """What happens next by itself: a delivery, the end of a throttle, the next look; else who has it."""
    waiting = [each for each in alert.deliveries if each.state in (DeliveryState.PENDING, DeliveryState.RETRYING)]
    if waiting:
        first = min(waiting, key=lambda each: each.at)
        retry = "retry " if first.state is DeliveryState.RETRYING else ""
        return f"{first.channel} {retry}{wording.countdown(first.at, now)}"
    if alert.state is AlertState.RESOLVED:
        return f"over for {wording.age(alert.updated_at, now)}"
    channel, until = throttled(alert)
    if until > now:
        return f"{channel} again {wording.countdown(until, now)}"
    if alert.state is AlertState.ACKNOWLEDGED and alert.acknowledged_by:
        return f"{alert.acknowledged_by} has it"
    return f"rescan {wording.countdown(due, now)}" if due else wording.NOTHING


def throttled(alert: Alert) -> tuple[str, float]:
    """The channel that a rule may tell again soonest, and when; ("", 0) where none is held back."""
    found = [match for each in alert.reasons if each.outcome == "throttled" if (match := _HELD.match(each.because))]
    moments = [(datetime.fromisoformat(match["until"]).timestamp(), match["channel"]) for match in found]
    until, channel = min(moments, default=(0.0, ""))
    return channel, until


_HELD = re.compile(r"(?P<channel>\S+) was told at \S+, next from (?P<until>\d{4}-\d\d-\d\dT[0-9:.]+(Z|[+-]\d\d:\d\d))$")


def letter_cells(delivery: Delivery, now: float, plain: bool) -> tuple[Cell, ...]:
    return (
        Cell(f"D-{delivery.id}"),
        Cell(wording.day_or_clock(delivery.at, now), "muted"),
        Cell(delivery.channel, "dead"),
        Cell(f"A-{delivery.alert_id}" if delivery.alert_id else wording.NOTHING),
        Cell(str(delivery.attempts)),
        Cell(delivery.response or "no answer", "muted"),
    )


QUEUE_COLUMNS = (
    Column("id", "ID", 7, priority=20),
    Column("state", "STATE", 11, priority=19),
    Column("about", "ABOUT", 14, priority=18, grow=1),
    Column("tried", "TRIED", 5, "right", priority=10),
    Column("when", "WHEN", 9, "right", priority=15),
    Column("why", "WHY", 16, priority=12, grow=4),
)

WORKER_COLUMNS = (
    Column("worker", "WORKER", 8, priority=20),
    Column("state", "STATE", 9, priority=19),
    Column("pid", "PID", 8, "right", priority=10),
    Column("flight", "IN FLIGHT", 9, "right", priority=15),
    Column("done", "DONE", 9, "right", priority=14),
    Column("restarts", "RESTARTS", 8, "right", priority=16),
    Column("late", "LATE", 9, "right", priority=12),
)

CHANNEL_COLUMNS = (
    Column("channel", "CHANNEL", 14, priority=20, grow=1),
    Column("type", "TYPE", 8, priority=10),
    Column("state", "STATE", 9, priority=19),
    Column("told", "TOLD", 7, "right", priority=14),
    Column("failed", "FAILED", 6, "right", priority=15),
    Column("waiting", "WAITING", 7, "right", priority=16),
    Column("last", "LAST", 5, "right", priority=11),
    Column("error", "LAST ERROR", 10, priority=13, grow=4),
)

AUDIT_COLUMNS = (
    Column("at", "TIME", 8, priority=20),
    Column("actor", "WHO", 10, priority=19),
    Column("action", "ACT", 18, priority=18),
    Column("subject", "TO WHAT", 14, priority=17, grow=2),
    Column("detail", "DETAIL", 12, priority=10, grow=3),
    Column("origin", "FROM", 8, priority=9),
)


def job_cells(job: Any, name: str, now: float, plain: bool) -> tuple[Cell, ...]:
    """A look out of turn, as `View.jobs` has it; `name` is its site."""
    sign = wording.job_sign(job.state)
    waits = job.state in ("pending", "retrying")
    when = wording.countdown(job.scheduled_for, now) if waits else wording.day_or_clock(job.completed_at, now)
    return (
        Cell(f"J-{job.id}"), Cell(sign.label(plain), sign.role), Cell(name), Cell(f"{job.attempts:,}"),
        Cell(when, "muted"), Cell(job.error or wording.NOTHING, "error" if job.error else "muted"),
    )  # fmt: skip


def queued_cells(delivery: Delivery, now: float, plain: bool) -> tuple[Cell, ...]:
    """A delivery that is not done."""
    sign = wording.delivery_sign(delivery.state)
    dead = delivery.state is DeliveryState.DEAD
    when = wording.day_or_clock(delivery.at, now) if dead else wording.countdown(delivery.at, now)
    return (
        Cell(f"D-{delivery.id}"), Cell(sign.label(plain), sign.role),
        Cell(f"{delivery.channel} A-{delivery.alert_id}" if delivery.alert_id else delivery.channel),
        Cell(f"{delivery.attempts:,}"), Cell(when, "muted"), Cell(delivery.response or wording.NOTHING, "muted"),
    )  # fmt: skip


def worker_cells(worker: WorkerFigures, plain: bool) -> tuple[Cell, ...]:
    sign = wording.HEALTH_SIGNS["ok" if worker.in_flight else "idle"]
    word = "working" if worker.in_flight else "idle"
    return (
        Cell(f"{worker.number}"), Cell(f"{sign.mark(plain)} {word}", sign.role), Cell(f"{worker.pid}"),
        Cell(f"{worker.in_flight:,}"), Cell(f"{worker.done:,}"),
        Cell(f"{worker.restarts:,}", "degraded" if worker.restarts else ""),
        Cell(wording.milliseconds(worker.lateness_ms), "muted"),
    )  # fmt: skip


def channel_cells(channel: ChannelFigures, health: str, now: float, plain: bool) -> tuple[Cell, ...]:
    sign = wording.HEALTH_SIGNS[health]
    return (
        Cell(channel.name), Cell(channel.type, "muted"), Cell(sign.label(plain), sign.role),
        Cell(f"{channel.delivered:,}"), Cell(f"{channel.failed:,}", "degraded" if channel.failed else ""),
        Cell(f"{channel.waiting:,}"), Cell(wording.age(channel.last_at, now), "muted"),
        Cell(channel.last_error or wording.NOTHING, "error" if channel.last_error else "muted"),
    )  # fmt: skip


def audit_cells(entry: AuditEntry, now: float) -> tuple[Cell, ...]:
    return (
        Cell(wording.day_or_clock(entry.at, now), "muted"), Cell(entry.actor), Cell(entry.action, "heading"),
        Cell(entry.subject), Cell(entry.detail, "muted"), Cell(entry.origin, "muted"),
    )  # fmt: skip


_URGENCY = {AlertState.FIRING: 0, AlertState.SILENCED: 2, AlertState.ACKNOWLEDGED: 1, AlertState.RESOLVED: 3}


def worst_first(alerts: Iterable[Alert]) -> list[Alert]:
    """Unacknowledged before acknowledged, then the more severe, then the older."""
    return sorted(alerts, key=lambda each: (_URGENCY[each.state], -each.severity, each.since, each.id))


CHANGE_KEYS: dict[str, Callable[[Change], Any]] = {
    "at": lambda each: each.at,
    "state": lambda each: each.state.value,
    "target": lambda each: each.target.lower(),
    "what": lambda each: each.key.lower(),
    "type": lambda each: each.type,
    "severity": lambda each: each.severity,
    "confidence": lambda each: each.confidence,
    "verdict": lambda each: each.verdict or "",
    "id": lambda each: each.id,
}
ALERT_KEYS: dict[str, Callable[[Alert], Any]] = {
    "severity": lambda each: (-each.severity, each.since),
    "id": lambda each: each.id,
    "target": lambda each: each.target.lower(),
    "cause": wording.alert_words,
    "age": lambda each: -each.since,
    "state": lambda each: _URGENCY[each.state],
    "next": lambda each: wording.told(each.deliveries),
}


def severities(alerts: Sequence[Alert]) -> dict[Severity, int]:
    """How many of each severity."""
    return {each: sum(alert.severity is each for alert in alerts) for each in Severity}

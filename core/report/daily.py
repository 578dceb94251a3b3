"""The daily report: what was down, what changed, what it meant for security and speed, and who was told."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from core.clock import rfc3339
from core.model.alert import Alert, AlertState, Delivery, DeliveryState
from core.model.change import Change, ChangeState, Severity, Verdict
from core.query.fields import GRADE_RANK
from core.report.outages import Standing, standings
from core.report.report import UNKNOWN, Figure, Material, Report, Section, count, measured, shortened
from core.text import duration_words

EXPIRING_DAYS = 14
_DAY = 86_400.0
_FEW, _MANY = 10, 25
_WORST_COLUMNS = ("Target", "Availability", "Down for", "Incidents", "State")
_TOP_COLUMNS = ("When", "Target", "Severity", "Change", "Key", "Before", "After", "Confidence")
_ALERT_COLUMNS = ("Alert", "Since", "Severity", "State", "Target", "Rule", "Acknowledged by")
_DEAD_COLUMNS = ("Delivery", "When", "Channel", "Alert", "Attempts", "Answer")
_NONE = "–"
_OPEN = (AlertState.FIRING, AlertState.ACKNOWLEDGED, AlertState.SILENCED)


def daily(material: Material, made_at: float, name: str = "daily") -> Report:
    """The report over the material's period; `made_at` is the moment it says it was made, `name` how often it is."""
    sections = (
        _availability(material),
        _changes(material),
        _security(material),
        _performance(material),
        _alerts(material),
        _deliveries(material),
    )
    return Report(name, f"{name.capitalize()} report", material.since, material.until, made_at, sections)


# -- availability


def _availability(material: Material) -> Section:
    found = standings(material)
    known = [each.availability for each in found if each.availability is not None]
    outages = [outage for each in found for outage in each.outages]
    states = Counter(each.state for each in found)
    figures = (
        _percent("Availability", sum(known) / len(known) if known else None),
        count("Incidents", len(outages)),
        _mean_time("Mean time to acknowledge", _acknowledged_after(material)),
        _mean_time("Mean time to repair", [o.until - o.began for o in outages if o.ended and o.began is not None]),
        count("Targets", len(found)),
        *(count(f"Targets {state}", states[state]) for state in sorted(states)),
    )
    worst = [_worst_row(each) for each in found if each.outages]
    return Section(
        "Availability",
        figures,
        shortened("Worst targets", _WORST_COLUMNS, worst, _FEW),
    )


def _worst_row(standing: Standing) -> tuple[str, ...]:
    return (
        standing.target,
        _percent_words(standing.availability),
        duration_words(standing.downtime),
        str(len(standing.outages)),
        standing.state,
    )


def _acknowledged_after(material: Material) -> list[float]:
    """Of alerts that stand acknowledged: one that was resolved since does not tell any more when it was."""
    return [
        alert.updated_at - alert.since
        for alert in material.alerts
        if alert.state is AlertState.ACKNOWLEDGED and _within(material, alert.since) and alert.updated_at >= alert.since
    ]


# -- changes


def _changes(material: Material) -> Section:
    inside = [change for change in material.changes if _within(material, change.at)]
    confirmed = [change for change in inside if change.state is ChangeState.CONFIRMED]
    verdicts = Counter(change.verdict for change in inside if change.verdict is not None)
    judged = sum(verdicts.values())
    held_back = [change for change in inside if change.state is not ChangeState.CONFIRMED]
    figures = (
        count("Changes", len(confirmed)),
        count("High or critical", sum(1 for change in confirmed if change.severity >= Severity.HIGH)),
        count("Held back", len(held_back)),
        count("Verdicts", judged),
        _percent("Noise rate", verdicts[Verdict.NOISE] / judged if judged else None),
    )
    severities = Counter(change.severity for change in confirmed)
    types = Counter(change.type for change in confirmed)
    by_severity = [(each.word, f"{severities[each]:,}") for each in sorted(severities, reverse=True)]
    tables = (
        *shortened("By severity", ("Severity", "Changes"), by_severity, _FEW),
        *shortened("By type", ("Type", "Changes"), _most_common(types), _MANY),
        *shortened("Top changes", _TOP_COLUMNS, _top_changes(confirmed), _MANY),
    )
    return Section("Changes", figures, tables)


def _top_changes(changes: Iterable[Change]) -> list[tuple[str, ...]]:
    ordered = sorted(changes, key=lambda change: (-change.severity, -change.confidence, -change.at))
    return [
        (
            rfc3339(change.at),
            change.target or _NONE,
            change.severity.word,
            change.type,
            change.key,
            _NONE if change.before is None else change.before,
            _NONE if change.after is None else change.after,
            f"{change.confidence:.2f}",
        )
        for change in ordered
    ]


# -- security and performance


def _security(material: Material) -> Section:
    grades = Counter(str(record["sec"]) for record in material.targets if record.get("sec"))
    ordered = sorted(grades, key=lambda grade: -GRADE_RANK.get(grade, -1))
    days = {
        str(record["name"]): left for record in material.targets if (left := _days_left(record, material)) is not None
    }
    soon = sorted((left, name) for name, left in days.items() if left < EXPIRING_DAYS)
    figures = (
        measured(f"Certificates expiring within {EXPIRING_DAYS} days", len(soon) if days else None, f"{len(soon):,}"),
        count("Certificates known", len(days)),
        count("Targets graded", sum(grades.values())),
    )
    rows = [(name, "expired" if left < 0 else duration_words(left * _DAY)) for left, name in soon]
    by_grade = [(grade, f"{grades[grade]:,}") for grade in ordered]
    tables = (
        *shortened("Grades", ("Grade", "Targets"), by_grade, len(GRADE_RANK)),
        *shortened("Certificates", ("Target", "Expires in"), rows, _MANY),
    )
    return Section("Security", figures, tables)


def _days_left(record: Mapping[str, object], material: Material) -> float | None:
    ends = record.get("cert_not_after")
    return (ends - material.until) / _DAY if isinstance(ends, int | float) else None


def _performance(material: Material) -> Section:
    waits = sorted(
        (float(wait), str(record["name"]))
        for record in material.targets
        if isinstance(wait := record.get("ttfb_ms"), int | float)
    )
    values = [wait for wait, _ in waits]
    figures = (
        _milliseconds("Median time to first byte", _quantile(values, 0.5)),
        _milliseconds("p95 time to first byte", _quantile(values, 0.95)),
        count("Targets measured", len(values)),
    )
    slowest = [(name, f"{wait:,.0f} ms") for wait, name in reversed(waits[-_FEW:])]
    return Section(
        "Performance", figures, shortened("Slowest targets", ("Target", "Time to first byte"), slowest, _FEW)
    )


# -- alerts and deliveries


def _alerts(material: Material) -> Section:
    opened = [alert for alert in material.alerts if _within(material, alert.since)]
    still_open = [alert for alert in material.alerts if alert.state in _OPEN]
    still_open.sort(key=lambda alert: (-alert.severity, alert.since))
    figures = (
        count("Alerts opened", len(opened)),
        count("Open now", len(still_open)),
        count("Not acknowledged", sum(1 for alert in still_open if alert.state is AlertState.FIRING)),
    )
    rows = [_alert_row(alert) for alert in still_open]
    return Section("Alerts", figures, shortened("Open alerts", _ALERT_COLUMNS, rows, _MANY))


def _alert_row(alert: Alert) -> tuple[str, ...]:
    return (
        f"A-{alert.id}",
        rfc3339(alert.since),
        alert.severity.word,
        alert.state.value,
        alert.target or _NONE,
        alert.rule,
        alert.acknowledged_by or _NONE,
    )


def _deliveries(material: Material) -> Section:
    inside = [delivery for delivery in material.deliveries if _within(material, delivery.at)]
    states = Counter(delivery.state for delivery in inside)
    dead = [delivery for delivery in material.deliveries if delivery.state is DeliveryState.DEAD]
    figures = (
        count("Delivered", states[DeliveryState.DELIVERED]),
        count("Failed for good", states[DeliveryState.DEAD]),
        count("Being retried", states[DeliveryState.RETRYING]),
        _seconds("p95 from alert to delivery", _quantile(_told_after(material, inside), 0.95)),
    )
    channels = Counter(delivery.channel for delivery in inside if delivery.state is DeliveryState.DELIVERED)
    tables = (
        *shortened("By channel", ("Channel", "Delivered"), _most_common(channels), _MANY),
        *shortened("Dead letters", _DEAD_COLUMNS, [_dead_row(each) for each in dead], _MANY),
    )
    return Section("Deliveries", figures, tables)


def _dead_row(delivery: Delivery) -> tuple[str, ...]:
    return (
        f"D-{delivery.id}",
        rfc3339(delivery.at),
        delivery.channel,
        f"A-{delivery.alert_id}" if delivery.alert_id else _NONE,
        str(delivery.attempts),
        delivery.response or _NONE,
    )


def _told_after(material: Material, deliveries: Iterable[Delivery]) -> list[float]:
    """Seconds from the beginning of an alert to each channel's having it."""
    since = {alert.id: alert.since for alert in material.alerts}
    return sorted(
        max(0.0, each.at - since[each.alert_id])
        for each in deliveries
        if each.state is DeliveryState.DELIVERED and each.event == "alert.firing" and each.alert_id in since
    )


# -- figures


def _within(material: Material, at: float) -> bool:
    return material.since <= at < material.until


def _most_common(counter: Counter[str]) -> list[tuple[str, ...]]:
    return [(name, f"{number:,}") for name, number in sorted(counter.items(), key=lambda item: (-item[1], item[0]))]


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    """The nearest rank: a value that was really measured."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def _percent(label: str, ratio: float | None) -> Figure:
    return measured(label, None if ratio is None else ratio * 100, _percent_words(ratio), "%")


def _percent_words(ratio: float | None) -> str:
    """Rounded down, so that less than all never reads as 100."""
    return UNKNOWN if ratio is None else f"{math.floor(ratio * 1e4 + 1e-6) / 100:.2f} %"


def _mean_time(label: str, seconds: Sequence[float]) -> Figure:
    return _seconds(label, sum(seconds) / len(seconds) if seconds else None)


def _seconds(label: str, seconds: float | None) -> Figure:
    return measured(label, seconds, duration_words(seconds or 0.0), "s")


def _milliseconds(label: str, milliseconds: float | None) -> Figure:
    return measured(label, milliseconds, f"{milliseconds or 0.0:,.0f} ms", "ms")

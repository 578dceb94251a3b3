"""The JSON that others build on: scans, changes, alerts, deliveries and jobs as plain dicts with the documented keys.

It stands this low because webhooks, the command line, reports and the API must say the same thing of the same noun.
Times are RFC 3339 in UTC, ids are short (`A-12`) with the uuid beside, and every foreign string is sanitised.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from core.clock import rfc3339
from core.model.alert import Alert, AlertEvent, Delivery
from core.model.change import Change, Reason
from core.model.scan import Fact, Grade, Scan, Technology
from core.model.target import Target
from core.text import csv_cell, safe, unreadable

SCHEMA = 1
_LONGEST_VALUE = 20_000

Json = dict[str, object]


class Job(Protocol):
    """What a job row has to have to be shown."""

    @property
    def id(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def scheduled_for(self) -> float: ...
    @property
    def started_at(self) -> float: ...
    @property
    def completed_at(self) -> float: ...
    @property
    def attempts(self) -> int: ...
    @property
    def error(self) -> str: ...


def short_id(letter: str, number: int) -> str | None:
    """`A-12`; None for what has not been stored."""
    return f"{letter}-{number}" if number else None


def moment(at: float) -> str | None:
    """RFC 3339 in UTC; None for 0, which means not yet."""
    return rfc3339(at) if at else None


def listing(items: Iterable[Json]) -> Json:
    """A list as every command prints it."""
    return {"schema": SCHEMA, "items": list(items)}


def reason_json(reason: Reason) -> Json:
    return {"step": safe(reason.step), "outcome": safe(reason.outcome), "because": safe(reason.because)}


def change_json(change: Change) -> Json:
    return {
        "id": short_id("C", change.id),
        "uuid": change.uuid or None,
        "at": rfc3339(change.at),
        "target": safe(change.target) or None,
        "type": change.type,
        "key": safe(change.key),
        "before": _value(change.before),
        "after": _value(change.after),
        "severity": change.severity.word,
        "confidence": round(change.confidence, 4),
        "state": change.state.value,
        "reasons": [reason_json(reason) for reason in change.reasons],
        "evidence": safe(change.evidence),
    }


def diff_json(before: str, after: str, changes: Iterable[Change]) -> Json:
    """Two moments and what differs between them; `before` and `after` say which they were."""
    return {
        "schema": SCHEMA,
        "before": safe(before),
        "after": safe(after),
        "changes": [change_json(change) for change in changes],
    }


def delivery_json(delivery: Delivery) -> Json:
    return {
        "id": short_id("D", delivery.id),
        "uuid": delivery.uuid or None,
        "alert": short_id("A", delivery.alert_id),
        "channel": safe(delivery.channel),
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "key": safe(delivery.key),
        "at": moment(delivery.at),
        "response": safe(delivery.response),
    }


def alert_json(alert: Alert) -> Json:
    return {
        "id": short_id("A", alert.id),
        "uuid": alert.uuid or None,
        "rule": safe(alert.rule),
        "severity": alert.severity.word,
        "state": alert.state.value,
        "target": safe(alert.target) or None,
        "since": rfc3339(alert.since),
        "changes": [change_json(change) for change in alert.changes],
        "deliveries": [delivery_json(delivery) for delivery in alert.deliveries],
        "reasons": [reason_json(reason) for reason in alert.reasons],
    }


def notification_json(event: AlertEvent, alert: Alert, sent_at: float) -> Json:
    """The body of a webhook."""
    return {"schema": SCHEMA, "event": event.value, "alert": alert_json(alert), "sent_at": rfc3339(sent_at)}


def why_json(reasons: Iterable[Reason]) -> Json:
    return {"schema": SCHEMA, "reasons": [reason_json(reason) for reason in reasons]}


def when_json(times: Iterable[float]) -> Json:
    return {"schema": SCHEMA, "times": [rfc3339(each) for each in times]}


def job_json(job: Job, target: str) -> Json:
    return {
        "id": short_id("J", job.id),
        "target": safe(target) or None,
        "state": job.state,
        "scheduled_for": moment(job.scheduled_for),
        "started_at": moment(job.started_at),
        "completed_at": moment(job.completed_at),
        "attempts": job.attempts,
        "error": safe(job.error) or None,
    }


def target_json(target: Target) -> Json:
    """A target as it was declared."""
    return {
        "id": short_id("T", target.id),
        "uuid": target.uuid or None,
        "name": safe(target.name),
        "kind": target.kind.value,
        "url": safe(target.url),
        "every": target.schedule.every,
        "cron": target.schedule.cron,
        "timezone": target.schedule.timezone,
        "profile": target.profile.value,
        "class": target.target_class.value,
        "owner": safe(target.owner),
        "tags": [safe(tag) for tag in target.tags],
        "scan": list(target.scanners),
        "origin": target.origin.value,
        "paused": target.paused,
        **({"fault": unreadable(target.fault)} if target.fault else {}),
    }


def target_row_json(record: Mapping[str, Any]) -> Json:
    """A target of a list, from the record that filters look at: unknown values are null."""
    cert = record["cert"]
    return {
        "id": record["id"],
        "uuid": record["uuid"],
        "name": record["name"],
        "url": record["url"],
        "status": record["status"],
        "paused": record["paused"],
        "class": record["class"],
        "profile": record["profile"],
        "owner": record["owner"] or None,
        "tags": record["tags"],
        "origin": record["origin"],
        "seen_at": moment(record["last_at"]),
        "next_due": moment(record["next_due"]),
        "ttfb_ms": _rounded(record["ttfb_ms"]),
        "total_ms": _rounded(record["total_ms"]),
        "grade": record["sec"] or None,
        "cert_days": None if cert is None else round(cert, 1),
        "title": record["title"] or None,
        "technologies": [{"name": name, "version": version or None} for name, version in record["tech"]],
        "scans": record["scans"],
        "failures": record["failures"],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def csv_text(items: Iterable[Mapping[str, Any]]) -> str:
    """A list as a spreadsheet: a column a key, what is no text as JSON, no cell a formula."""
    items = list(items)
    fields = list(dict.fromkeys(key for item in items for key in item))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(fields)
    for item in items:
        writer.writerow([csv_cell(_flat(item.get(field))) for field in fields])
    return text.getvalue()


def _flat(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=True)


def scan_json(scan: Scan, target: str | None, job_id: int = 0) -> Json:
    """One look; `target` is None for a URL or file that is not watched."""
    failure = scan.failure
    return {
        "schema": SCHEMA,
        "id": short_id("J", job_id),
        "target": safe(target) if target else None,
        "url": safe(scan.url),
        "scanned_at": rfc3339(scan.scanned_at),
        "duration_ms": round(scan.duration_ms, 3),
        "failure": failure and {"class": failure.failure_class.value, "message": safe(failure.message)},
        "facts": [fact_json(fact) for fact in scan.facts],
        "samples": [{"metric": each.metric, "value": each.value, "unit": each.unit} for each in scan.samples],
        "technologies": [technology_json(each) for each in scan.technologies],
        "security": scan.grade and grade_json(scan.grade),
        "vulnerabilities": None,
    }


def fact_json(fact: Fact) -> Json:
    return {
        "kind": fact.kind,
        "key": safe(fact.key),
        "value": _value(fact.value),
        "confidence": round(fact.confidence, 4),
        "evidence": safe(fact.evidence),
    }


def technology_json(technology: Technology) -> Json:
    return {
        "name": safe(technology.name),
        "version": safe(technology.version) or None,
        "categories": [safe(each) for each in technology.categories],
        "confidence": round(technology.confidence, 4),
        "evidence": safe(technology.evidence),
    }


def grade_json(grade: Grade) -> Json:
    tests = [
        {
            "name": test.name,
            "result": safe(test.result),
            "pass": test.passed,
            "modifier": test.modifier,
            "reason": safe(test.reason),
        }
        for test in grade.tests
    ]
    return {"grade": grade.grade, "score": grade.score, "tests": tests}


def _value(text: str | None) -> str | None:
    return None if text is None else safe(text, _LONGEST_VALUE)

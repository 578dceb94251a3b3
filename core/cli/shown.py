"""How one thing is shown to a person: a scan, a change, an alert, a target with all that is known of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress

from core import clock
from core.cli.output import say, say_json
from core.contract import alert_json, change_json, delivery_json, fact_json, job_json, target_json
from core.errors import NotFoundError
from core.model.alert import Alert, Delivery
from core.model.change import Change
from core.model.scan import Fact, Scan
from core.model.target import Origin, Target
from core.store.open import Store
from core.text import duration_words, safe

SHOWN_OF_A_KIND = 12
_ORDER = ("page", "technology", "security", "header", "cookie", "tls", "certificate", "dns", "infrastructure", "meta")


def scan_lines(scan: Scan, target: str) -> Iterator[str]:
    """A scan: where, how fast, its grade, its technologies, its facts."""
    yield f"{target or scan.url}  {clock.rfc3339(scan.scanned_at)}  {scan.duration_ms:.0f} ms"
    if scan.failure is not None:
        yield f"  failed at {scan.failure.failure_class.value}: {scan.failure.message}"
    if scan.samples:
        yield "  " + "  ".join(f"{each.metric} {each.value:.0f}" for each in scan.samples)
    if scan.grade is not None:
        yield f"  security {scan.grade.grade} ({scan.grade.score})"
    for found in scan.technologies:
        version = f" {found.version}" if found.version else ""
        yield f"  {found.name}{version}  {found.confidence:.2f}  {', '.join(found.categories)}  {found.evidence}"
    yield from fact_lines(scan.facts)


def fact_lines(facts: tuple[Fact, ...]) -> Iterator[str]:
    """Facts by kind, the first dozen of each."""
    kinds: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        kinds[fact.kind].append(fact)
    for kind in sorted(kinds, key=lambda each: (_ORDER.index(each) if each in _ORDER else len(_ORDER), each)):
        members = kinds[kind]
        yield f"  {kind} ({len(members)})"
        for fact in members[:SHOWN_OF_A_KIND]:
            value = safe(fact.value.replace("\n", " · "), 160)
            yield f"    {safe(fact.key, 100)}  {value}"
        if len(members) > SHOWN_OF_A_KIND:
            yield f"    … and {len(members) - SHOWN_OF_A_KIND} more (-o json has all)"


def change_lines(change: Change, *, why: bool = False) -> Iterator[str]:
    """A change: what, where, before and after; its reasons where they are asked for or it was suppressed."""
    name = f"C-{change.id}  " if change.id else ""
    state = "" if change.state.value == "confirmed" else f"  {change.state.value}"
    key = f"  {safe(change.key, 200)}" if change.key else ""
    yield f"{name}{change.type}{key}  {change.severity.word}  {change.confidence:.2f}{state}"
    for sign, value in (("-", change.before), ("+", change.after)):
        for line in (value or "").splitlines()[:6]:
            yield f"  {sign} {safe(line, 200)}"
    if why or change.state.value == "suppressed":
        for reason in change.reasons:
            yield f"    {reason.step}: {reason.outcome} - {reason.because}"


def alert_lines(alert: Alert) -> Iterator[str]:
    """An alert with its changes, reasons and deliveries."""
    yield f"A-{alert.id}  {alert.severity.word}  {alert.state.value}  {alert.target or '(the watch itself)'}"
    yield f"  rule {alert.rule}, since {clock.rfc3339(alert.since)}"
    if alert.acknowledged_by or alert.note:
        yield f"  {alert.acknowledged_by}: {alert.note}"
    for change in alert.changes:
        yield from (f"  {line}" for line in change_lines(change))
    for reason in alert.reasons:
        yield f"  {reason.step}: {reason.outcome} - {reason.because}"
    for delivery in alert.deliveries:
        yield f"  {delivery_line(delivery)}"


def delivery_line(delivery: Delivery) -> str:
    answer = f"  {delivery.response}" if delivery.response else ""
    attempts = f"{delivery.attempts} attempts"
    return f"D-{delivery.id}  {delivery.event.value} to {delivery.channel}: {delivery.state.value}, {attempts}{answer}"


async def show_subject(store: Store, subject: str, output: str) -> int:
    """Print whatever the id or name stands for: T-, C-, A-, D-, J-, else a target, change, alert, delivery by uuid."""
    kind = subject[:2].upper()
    if kind == "C-":
        return _show_change(await store.reader.change(subject), output)
    if kind == "A-":
        return _show_alert(await store.reader.alert(subject), output)
    if kind == "D-":
        return _show_delivery(await store.reader.delivery(subject), output)
    if kind == "J-":
        return await _show_job(store, subject, output)
    try:
        return await _show_target(store, subject, output)
    except NotFoundError as unknown:
        with suppress(NotFoundError):
            return _show_change(await store.reader.change(subject), output)
        with suppress(NotFoundError):
            return _show_alert(await store.reader.alert(subject), output)
        with suppress(NotFoundError):
            return _show_delivery(await store.reader.delivery(subject), output)
        raise unknown from None


async def _show_job(store: Store, subject: str, output: str) -> int:
    rows = await store.reader.jobs(limit=1_000_000)
    job = next((each for each in rows if f"J-{each.id}" == subject.upper()), None)
    if job is None:
        raise NotFoundError(f"there is no job '{subject}'")
    names = [str(each["name"]) for each in await store.reader.targets() if each["target_id"] == job.target_id]
    shown = job_json(job, "".join(names))
    if output == "json":
        say_json({"schema": 1, "job": shown})
        return 0
    say(f"{shown['id']}  {shown['target']}  {shown['state']}")
    for key in ("scheduled_for", "started_at", "completed_at", "attempts", "error"):
        if shown[key] is not None:
            say(f"  {key.replace('_', ' ')}: {shown[key]}")
    return 0


def _show_change(change: Change, output: str) -> int:
    if output == "json":
        say_json({"schema": 1, "change": change_json(change)})
        return 0
    for line in change_lines(change, why=True):
        say(line)
    if change.evidence:
        say(f"  evidence: {change.evidence}")
    return 0


def _show_alert(alert: Alert, output: str) -> int:
    if output == "json":
        say_json({"schema": 1, "alert": alert_json(alert)})
        return 0
    for line in alert_lines(alert):
        say(line)
    return 0


def _show_delivery(delivery: Delivery, output: str) -> int:
    if output == "json":
        say_json({"schema": 1, "delivery": delivery_json(delivery)})
        return 0
    say(delivery_line(delivery))
    return 0


def _declared(target: Target) -> Iterator[str]:
    """What was declared of a target, in a person's words."""
    schedule = target.schedule
    every = f"every {duration_words(schedule.every)}" if schedule.every is not None else ""
    yield f"T-{target.id}  {every or f'cron {schedule.cron} ({schedule.timezone})'}  {target.uuid}"
    facts = {
        "class": target.target_class.value,
        "profile": target.profile.value,
        "owner": target.owner,
        "tags": ", ".join(target.tags),
        "scan": ", ".join(target.scanners),
        "from": "settings file" if target.origin is Origin.FILE else "command line or console",
    }
    yield "  ".join(f"{name} {value}" for name, value in facts.items() if value and name != "scan")
    yield f"scan {facts['scan']}"


async def _show_target(store: Store, subject: str, output: str) -> int:
    target = await store.reader.target(subject)
    facts = await store.reader.facts(target.id)
    changes = await store.reader.changes(target_id=target.id, limit=20)
    record = next(each for each in await store.reader.targets() if each["target_id"] == target.id)
    if output == "json":
        built = {"facts": [fact_json(fact) for fact in facts], "changes": [change_json(each) for each in changes]}
        say_json({"schema": 1, "target": target_json(target), **built})
        return 0
    seen = record["last_at"]
    say(f"{target.name}  {record['state']}  {target.url}")
    say(f"  last look {clock.rfc3339(float(seen))}" if isinstance(seen, float) and seen else "  never looked at")
    for line in _declared(target):
        say(f"  {line}")
    for line in fact_lines(facts):
        say(line)
    for change in changes:
        for line in change_lines(change):
            say(f"  {line}")
    return 0

"""`vedette ls`: every list, in the same filter language, as table, JSON or CSV."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import click

from core import clock
from core.cli.output import Column, output_option, say_list
from core.cli.place import Place, reading
from core.contract import alert_json, change_json, delivery_json, job_json, moment, target_row_json
from core.errors import NotYetError
from core.model.people import AuditEntry
from core.operations import SocketOperations, is_served
from core.query.filters import compile_filter, parse, sort_records
from core.query.records import alert_record, change_record, delivery_record
from core.store.open import Store
from core.text import duration_words, nearest

Record = dict[str, Any]
LATER = ("vulnerabilities", "containers", "services", "schemas", "files", "users")
DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Listing:
    """One list: what is read, as records that hold their JSON under "item", and the columns of its table."""

    kind: str
    read: Callable[[Place, Store], Awaitable[list[Record]]]
    columns: tuple[Column, ...]


@click.command()
@click.argument("what", default="targets", metavar="[WHAT]")
@click.option("-f", "--filter", "query", default="", help="Filter, such as 'down tag:shop' or 'ttfb>400ms sort:ttfb-'.")
@click.option("--limit", default=1000, show_default=True, type=click.IntRange(1, 1_000_000), help="At most so many.")
@output_option(csv_too=True)
@click.pass_obj
def ls(place: Place, what: str, query: str, limit: int, output: str) -> int:
    """List targets, changes, alerts, jobs, …

    WHAT is targets (if it is left out), changes, alerts, jobs, deliveries, technologies or audit.
    """
    if what in LATER:
        raise NotYetError(f"ls {what}")
    if what not in LISTINGS:
        meant = nearest(what, LISTINGS)
        hint = f"did you mean '{meant}'?" if meant else f"there are: {', '.join(LISTINGS)}"
        raise click.UsageError(f"there is no list '{what}'; {hint}")
    records = asyncio.run(matching(place, what, query))[:limit]
    say_list([record["item"] for record in records], LISTINGS[what].columns, output, records)
    return 0


async def matching(place: Place, what: str, query: str) -> list[Record]:
    """The records of a list for which a filter holds, in its order."""
    listing = LISTINGS[what]
    parsed = parse(query, listing.kind)
    now = clock.now()
    holds = compile_filter(parsed, now)
    async with reading(place) as store:
        records = await listing.read(place, store)
    kept = [record for record in records if holds(record)]
    return [dict(record) for record in sort_records(parsed, kept, now)]


async def names_matching(place: Place, query: str) -> list[str]:
    """The names of the targets for which a filter holds."""
    return [str(record["name"]) for record in await matching(place, "targets", query)]


async def _targets(place: Place, store: Store) -> list[Record]:
    now = clock.now()
    records = []
    for found in await store.reader.targets():
        record: Record = dict(found)
        until = found.cert_not_after
        record["cert"] = None if until is None else (until - now) / DAY
        record["item"] = target_row_json(record)
        records.append(record)
    return records


async def _changes(place: Place, store: Store) -> list[Record]:
    targets = await _by_id(store)
    return [
        {**_about(targets, change.target_id), **change_record(change), "item": change_json(change)}
        for change in await store.reader.changes(limit=1_000_000)
    ]


async def _alerts(place: Place, store: Store) -> list[Record]:
    targets = await _by_id(store)
    return [
        {**_about(targets, alert.target_id), **alert_record(alert), "item": alert_json(alert)}
        for alert in await store.reader.alerts(limit=100_000)
    ]


async def _deliveries(place: Place, store: Store) -> list[Record]:
    return [
        {**delivery_record(each), "item": delivery_json(each)}
        for each in await store.reader.deliveries(limit=1_000_000)
    ]


async def _jobs(place: Place, store: Store) -> list[Record]:
    """Jobs with rows of their own, those that run (asked of the engine), and what is pending (from the run rows)."""
    targets = await _by_id(store)
    records = []
    for job in await store.reader.jobs(limit=100_000):
        name = str(targets.get(job.target_id, {}).get("name", ""))
        item = job_json(job, name)
        records.append({**_about(targets, job.target_id), **item, "at": job.scheduled_for, "item": item})
    running = dict((await SocketOperations(place.data).status()).running) if is_served(place.data) else {}
    for record in targets.values():
        if not record["paused"] and record["next_due"]:
            records.append(_pending(record, running.get(str(record["name"]), 0.0)))
    return records


def _pending(record: Mapping[str, Any], started_at: float) -> Record:
    item = {
        "id": None,
        "target": record["name"],
        "state": "pending" if not started_at else "running",
        "scheduled_for": moment(record["next_due"]),
        "started_at": moment(started_at),
        "completed_at": None,
        "attempts": 0 if not started_at else 1,
        "error": None,
    }
    return {**record, **item, "id": "", "at": record["next_due"], "item": item}


async def _technologies(place: Place, store: Store) -> list[Record]:
    targets = await _by_id(store)
    records = []
    for target_id, fact in await store.reader.fleet("technology"):
        name = str(targets.get(target_id, {}).get("name", ""))
        item = {
            "name": fact.key,
            "version": fact.value or None,
            "target": name,
            "confidence": fact.confidence,
            "evidence": fact.evidence,
        }
        records.append({**item, "tech": [(fact.key, fact.value)], "item": item})
    return records


async def _audit(place: Place, store: Store) -> list[Record]:
    records = []
    for entry in await store.reader.audit_entries(limit=100_000):
        item = _audit_item(entry)
        records.append({**item, "at": entry.at, "by": entry.actor, "item": item})
    return records


def _audit_item(entry: AuditEntry) -> Record:
    return {
        "id": entry.id,
        "at": clock.rfc3339(entry.at),
        "actor": entry.actor,
        "origin": entry.origin,
        "action": entry.action,
        "subject": entry.subject,
        "detail": entry.detail,
        "digest": entry.digest,
    }


async def _by_id(store: Store) -> dict[int, Mapping[str, Any]]:
    return {record.target_id: record for record in await store.reader.targets()}


_ASKED_OF_TARGETS = ("url", "tags", "class", "owner", "profile")


def _about(targets: Mapping[int, Mapping[str, Any]], target_id: int) -> Record:
    known = targets.get(target_id, {})
    return {key: known.get(key) for key in _ASKED_OF_TARGETS}


def _text(key: str, heading: str, at_most: int = 0, *, right: bool = False) -> Column:
    return Column(heading, lambda record: record.get(key), at_most, right)


def _age(record: Mapping[str, Any]) -> str | None:
    at = record.get("last_at")
    return duration_words(max(0.0, float(round(clock.now() - at)))) if at else None


def _milliseconds(key: str) -> Callable[[Any], object]:
    return lambda record: None if record[key] is None else f"{record[key]:.0f}"


def _item(key: str) -> Callable[[Any], object]:
    return lambda record: record["item"][key]


def _moment(key: str) -> Callable[[Any], object]:
    return lambda record: _clock_face(record["item"][key])


def _clock_face(text: str | None) -> str | None:
    """An RFC 3339 moment in few characters: the time today, the day and the minute before."""
    if text is None:
        return None
    today = clock.rfc3339(clock.now())
    if text[:10] == today[:10]:
        return text[11:19]
    return f"{text[5:10]} {text[11:16]}" if text[:4] == today[:4] else text[:10]


def _before_after(record: Any) -> str:
    """`key: before → after` on one line; a key that is the value itself is not said twice."""
    item = record["item"]
    before, after = item["before"] or "–", item["after"] or "–"
    key = f"{item['key']}: " if item["key"] not in ("", before, after) else ""
    return f"{key}{before:.40} → {after:.40}".replace("␊", " · ")


def _names_and_versions(record: Any) -> str:
    return ", ".join(f"{name} {version}".strip() for name, version in record["tech"])


LISTINGS: dict[str, Listing] = {
    "targets": Listing(
        "targets",
        _targets,
        (
            _text("id", "ID"),
            _text("state", "STATE"),
            _text("name", "NAME", 40),
            Column("TTFB", _milliseconds("ttfb_ms"), right=True),
            Column("LOAD", _milliseconds("total_ms"), right=True, rank=1),
            Column("TLS", lambda record: None if record["cert"] is None else f"{record['cert']:.0f}d", right=True),
            _text("sec", "SEC"),
            Column("SEEN", _age, right=True),
            Column("STACK", _names_and_versions, 60),
        ),
    ),
    "changes": Listing(
        "changes",
        _changes,
        (
            Column("ID", _item("id")),
            Column("UTC", _moment("at")),
            Column("SEV", _item("severity")),
            Column("TARGET", _item("target"), 30),
            Column("TYPE", _item("type")),
            Column("WHAT", _before_after, 84),
            Column("CONF", _item("confidence"), right=True, rank=2),
            Column("STATE", _item("state"), rank=1),
        ),
    ),
    "alerts": Listing(
        "alerts",
        _alerts,
        (
            Column("ID", _item("id")),
            Column("SEV", _item("severity")),
            Column("STATE", _item("state")),
            Column("SINCE", _moment("since")),
            Column("TARGET", _item("target"), 30),
            Column("ABOUT", lambda record: ", ".join(each["type"] for each in record["item"]["changes"]), 60),
            Column("RULE", _item("rule"), 30, rank=2),
            Column("TOLD", lambda record: ", ".join(
                f"{each['channel']} {each['state']}" for each in record["item"]["deliveries"]), 60, rank=1),
        ),
    ),
    "deliveries": Listing(
        "deliveries",
        _deliveries,
        (
            Column("ID", _item("id")),
            Column("ALERT", _item("alert")),
            Column("CHANNEL", _item("channel"), 30),
            Column("STATE", _item("state")),
            Column("TRIES", _item("attempts"), right=True),
            Column("UTC", _moment("at")),
            Column("RESPONSE", _item("response"), 100),
        ),
    ),
    "jobs": Listing(
        "jobs",
        _jobs,
        (
            Column("ID", _item("id")),
            Column("TARGET", _item("target"), 40),
            Column("STATE", _item("state")),
            Column("DUE", _moment("scheduled_for")),
            Column("STARTED", _moment("started_at"), rank=3),
            Column("ENDED", _moment("completed_at"), rank=1),
            Column("TRIES", _item("attempts"), right=True),
            Column("ERROR", _item("error"), 80, rank=2),
        ),
    ),
    "technologies": Listing(
        "technologies",
        _technologies,
        (
            Column("TECHNOLOGY", _item("name"), 40),
            Column("VERSION", _item("version"), 24),
            Column("TARGET", _item("target"), 40),
            Column("CONF", _item("confidence"), right=True),
            Column("EVIDENCE", _item("evidence"), 100),
        ),
    ),
    "audit": Listing(
        "audit",
        _audit,
        (
            Column("ID", _item("id"), right=True),
            Column("UTC", _moment("at")),
            Column("WHO", _item("actor"), 20),
            Column("FROM", _item("origin"), 24, rank=1),
            Column("DID", _item("action")),
            Column("WHAT", _item("subject"), 40),
            Column("DETAIL", _item("detail"), 70, rank=2),
        ),
    ),
}  # fmt: skip

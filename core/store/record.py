"""What one look leaves behind, in both databases: numbers, facts, changes, alerts, outbox rows, run row, events.

A look at an unchanged page is four statements; the rest is done only for what differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import zstandard
from msgspec.structs import astuple

from core.model.alert import Alert, Delivery
from core.model.change import Change
from core.model.judging import Ended, Memory, Outcome, Raised
from core.model.scan import Fact, FailureClass, Scan, Zipped
from core.model.target import Target
from core.ports import Recorded, Recording, RunRow
from core.store.alerts import held_alerts, keep_ended, keep_raised
from core.store.identity import new_uuid
from core.store.journal import put_job
from core.store.rows import encoded_memory, encoded_reasons, encoded_technologies, scaled_samples
from core.store.transaction import Transaction

TAIL = 12
"""Looks of one target that gather in `tail` before they move to `sample`."""

Samples = Sequence[int | None]

FAILURE_CODES = {each: number for number, each in enumerate(FailureClass, 1)}
_SUMMARISED = {("page", "title"), ("security", "grade"), ("certificate", "not_after")}


def keep_recording(transaction: Transaction, recording: Recording) -> Recorded:
    """A look at a target that was removed meanwhile leaves nothing."""
    outcome = recording.outcome
    samples = scaled_samples(outcome.scan)
    if not _keep_run(transaction, recording, samples):
        return Recorded(outcome.target.id, (), (), (), outcome.memory)
    _keep_look(transaction, recording, samples)
    if (document := _zipped(outcome.scan)) is not None:
        _keep_document(transaction, outcome.target.id, outcome.scan.scanned_at, document)
    rows = _turn_facts(transaction, outcome) if outcome.opened or outcome.closed else ()
    job_id = put_job(transaction, recording.job).id if recording.job is not None else 0
    return replace(_keep_decisions(transaction, outcome), job_id=job_id, opened=rows)


def place(target: Target, run: RunRow) -> tuple[int, int]:
    """Where a target's rows lie: its interval in seconds (0 for cron) and its phase therein, in tenths of a second."""
    lane = int(target.schedule.every or 0)
    return lane, round(run.next_due % (lane or 60) * 10)


def _keep_run(transaction: Transaction, recording: Recording, samples: Samples) -> bool:
    run, outcome = recording.run, recording.outcome
    kept = transaction.vedette(
        "keep_run",
        (
            run.next_due,
            run.attempt,
            run.last_at,
            run.last_ok,
            run.raw_digest,
            run.fact_digest,
            run.scans,
            run.failures,
            outcome.status,
            *samples,
            outcome.target.id,
        ),
    )
    return kept.rowcount > 0


def _keep_look(transaction: Transaction, recording: Recording, samples: Samples) -> None:
    target_id, scan = recording.outcome.target.id, recording.outcome.scan
    lane, phase = place(recording.outcome.target, recording.run)
    in_phase = recording.run.attempt == 0 and recording.outcome.rescan_after is None
    if in_phase and transaction.history("misplaced", (target_id, lane, phase)).fetchone():
        settle_tail(transaction, target_id)
        transaction.history("put_place", (target_id, lane, phase))
        transaction.vedette("move_run", (lane, phase, target_id, lane, phase))
    failure = FAILURE_CODES[scan.failure.failure_class] if scan.failure else 0
    look = (milliseconds(scan.scanned_at), round(scan.duration_ms * 1000), scan.busy, failure)
    row = (target_id, *look, *samples, target_id)
    if (
        not transaction.history("keep_look", row).rowcount
        and not transaction.history("place_of", (target_id,)).fetchone()
    ):
        transaction.history("put_place", (target_id, lane, phase))
        transaction.history("keep_look", row)
    if recording.run.scans % TAIL == 0:
        settle_tail(transaction, target_id)


def settle_tail(transaction: Transaction, target_id: int) -> None:
    """Move a target's newest looks to where all its others are."""
    transaction.history("settle_tail", (target_id,))
    transaction.history("clear_tail", (target_id,))


def milliseconds(at: float) -> int:
    return round(at * 1000)


def _zipped(scan: Scan) -> Zipped | None:
    if scan.document is None:
        return scan.packed.document if scan.packed is not None else None
    body = zstandard.ZstdCompressor(level=3).compress(scan.document.body)
    return Zipped(scan.document.digest, body, scan.document.content_type, len(scan.document.body))


def _keep_document(transaction: Transaction, target_id: int, at: float, document: Zipped) -> None:
    latest = transaction.history("latest_document", (target_id,)).fetchone()
    if latest and latest[0] == document.digest:
        return
    if not transaction.history("document_known", (document.digest,)).fetchone():
        transaction.history("put_document", (document.digest, document.body, document.content_type, document.size))
    transaction.history("use_document", (target_id, milliseconds(at), document.digest))


def _turn_facts(transaction: Transaction, outcome: Outcome) -> tuple[int, ...]:
    """End what is over and begin what is new, both at the moment of the scan; the rows of the new."""
    target_id, at = outcome.target.id, outcome.scan.scanned_at
    touched = [*outcome.closed, *[(fact.kind, fact.key) for fact in outcome.opened]]
    if transaction.vedette("has_facts", (target_id,)).fetchone():
        for kind, key in touched:
            transaction.vedette("end_fact", (at, target_id, kind, key))
    rows = _begin_facts(transaction, outcome.opened, target_id, at)
    if not _SUMMARISED.isdisjoint(touched) or any(kind == "technology" for kind, _ in touched):
        _summarise(transaction, target_id)
    return rows


def _begin_facts(transaction: Transaction, facts: Sequence[Fact], target_id: int, at: float) -> tuple[int, ...]:
    """The rows, which nobody else gives out meanwhile: there is one writer."""
    if not facts:
        return ()
    first = transaction.vedette("last_fact").fetchone()[0] + 1
    rows = tuple(range(first, first + len(facts)))
    columns = [(row, target_id, at, *astuple(fact)) for row, fact in zip(rows, facts, strict=True)]
    transaction.add_many("begin_facts", columns)
    transaction.vedette("find_facts", (first, first + len(facts) - 1))
    return rows


def _summarise(transaction: Transaction, target_id: int) -> None:
    """The overview's slow columns, from the facts that hold now."""
    rows = transaction.vedette("summarised_facts", (target_id,)).fetchall()
    single = {(row["kind"], row["key"]): row["value"] for row in rows}
    technologies = [(row["key"], row["value"]) for row in rows if row["kind"] == "technology"]
    transaction.vedette(
        "summarise",
        (
            single.get(("page", "title"), ""),
            single.get(("security", "grade"), ""),
            _moment(single.get(("certificate", "not_after"), "")),
            encoded_technologies(technologies),
            target_id,
        ),
    )


def _moment(text: str) -> float | None:
    """RFC 3339 to epoch seconds; None for anything else."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def _keep_decisions(transaction: Transaction, outcome: Outcome) -> Recorded:
    target, at = outcome.target, outcome.scan.scanned_at
    changes = [_keep_change(transaction, each, target, at) for each in outcome.changes]
    alerts, deliveries = keep_alerts(transaction, outcome.raised, outcome.ended, changes, at)
    memory = _with_ids(outcome.memory, changes)
    remembered = transaction.vedette("keep_memory", (target.id, encoded_memory(memory))).rowcount > 0
    if remembered or changes or outcome.opened or outcome.closed:
        transaction.vedette("add_event", (at, "target", target.id, outcome.status))
    if changes:
        transaction.vedette("touch_target", (at, target.id))
    return Recorded(target.id, tuple(changes), tuple(alerts), tuple(deliveries), memory)


def keep_watch(
    transaction: Transaction, changes: Sequence[Change], raised: Sequence[Raised], ended: Sequence[Ended], at: float
) -> Recorded:
    """Decisions that have no scan of their own."""
    kept = [_keep_change(transaction, each, None, at) for each in changes]
    alerts, deliveries = keep_alerts(transaction, raised, ended, kept, at)
    return Recorded(0, tuple(kept), tuple(alerts), tuple(deliveries), Memory())


def _keep_change(transaction: Transaction, change: Change, target: Target | None, at: float) -> Change:
    if target is not None:
        change = replace(change, target_id=target.id, target=target.name)
    kept = _settle_change(transaction, change) if change.id else _add_change(transaction, change)
    transaction.vedette("add_event", (at, "change", kept.id, kept.state))
    return kept


def _add_change(transaction: Transaction, change: Change) -> Change:
    uuid = change.uuid or new_uuid()
    identity = transaction.add(
        "add_change",
        (
            uuid,
            change.target_id or None,
            change.type,
            change.key,
            change.before,
            change.after,
            change.severity,
            change.confidence,
            change.state,
            change.at,
            encoded_reasons(change.reasons),
            change.evidence,
            change.verdict,
        ),
    )
    return replace(change, id=identity, uuid=uuid)


def _settle_change(transaction: Transaction, change: Change) -> Change:
    """A suspected change got its final state. One that retention took meanwhile comes back as a new one."""
    columns = (
        change.key,
        change.before,
        change.after,
        change.severity,
        change.confidence,
        change.state,
        change.at,
        encoded_reasons(change.reasons),
        change.evidence,
        change.id,
    )
    rows = transaction.vedette("settle_change", columns).fetchall()
    return replace(change, uuid=rows[0][0]) if rows else _add_change(transaction, replace(change, uuid=""))


def keep_alerts(
    transaction: Transaction,
    raised: Sequence[Raised],
    ended: Sequence[Ended],
    changes: Sequence[Change],
    at: float,
) -> tuple[list[Alert], list[Delivery]]:
    """The alerts touched, whole, and the outbox rows written for them."""
    touched: list[int] = []
    deliveries: list[Delivery] = []
    for each in raised:
        identity, sent = keep_raised(transaction, each, changes, at)
        touched.append(identity)
        deliveries += sent
    for over in ended:
        resolved, sent = keep_ended(transaction, over, at)
        if resolved:
            touched.append(over.alert_id)
        deliveries += sent
    return held_alerts(transaction, list(dict.fromkeys(touched))), deliveries


def _with_ids(memory: Memory, changes: Sequence[Change]) -> Memory:
    """Suspicions of changes that are new here point at them by -(1 + position): give them the stored ids."""
    if not any(each.change_id < 0 for each in memory.suspicions):
        return memory
    suspicions = tuple(
        replace(each, change_id=changes[-each.change_id - 1].id) if each.change_id < 0 else each
        for each in memory.suspicions
    )
    return replace(memory, suspicions=suspicions)

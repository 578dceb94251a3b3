"""What looks leave behind, in both databases: numbers, facts, changes, alerts, outbox rows, run row, events.

A look at an unchanged page is four statements; the rest is done only for what differs. The facts of all looks that are
kept together are begun together, because the writer's thread waits for the interpreter after every statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

import msgspec
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


def keep_recordings(transaction: Transaction, recordings: Sequence[Recording]) -> list[Recorded]:
    """A look at a target that was removed meanwhile leaves nothing."""
    return [kept for batch in _apart(recordings) for kept in _keep_batch(transaction, batch)]


def _apart(recordings: Sequence[Recording]) -> Iterator[list[Recording]]:
    """Batches without two looks at one target, of which the second one builds on what the first one leaves."""
    batch: dict[int, Recording] = {}
    for each in recordings:
        if each.outcome.target.id in batch:
            yield list(batch.values())
            batch = {}
        batch[each.outcome.target.id] = each
    yield list(batch.values())


def _keep_batch(transaction: Transaction, batch: Sequence[Recording]) -> list[Recorded]:
    watched = {each.outcome.target.id for each in batch if _keep_numbers(transaction, each)}
    rows = _turn_facts(transaction, [each.outcome for each in batch if each.outcome.target.id in watched])
    kept = []
    for each in batch:
        outcome = each.outcome
        if outcome.target.id not in watched:
            kept.append(Recorded(outcome.target.id, (), (), (), outcome.memory))
            continue
        job_id = put_job(transaction, each.job).id if each.job is not None else 0
        decided = _keep_decisions(transaction, outcome)
        kept.append(replace(decided, job_id=job_id, opened=rows.get(outcome.target.id, ())))
    return kept


def _keep_numbers(transaction: Transaction, recording: Recording) -> bool:
    """False where the target is gone."""
    samples = scaled_samples(recording.outcome.scan)
    if not _keep_run(transaction, recording, samples):
        return False
    _keep_look(transaction, recording, samples)
    if (document := _zipped(recording.outcome.scan)) is not None:
        _keep_document(transaction, recording.outcome, document)
    return True


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


def _keep_document(transaction: Transaction, outcome: Outcome, document: Zipped) -> None:
    used = (outcome.target.id, milliseconds(outcome.scan.scanned_at), document.digest)
    if transaction.history("use_document", used).rowcount:
        transaction.history("put_document", (document.digest, document.body, document.content_type, document.size))


def _turn_facts(transaction: Transaction, outcomes: Iterable[Outcome]) -> dict[int, range]:
    """End what is over and begin what is new, each at the moment of its scan; the rows of the new by target."""
    turned = [each for each in outcomes if each.opened or each.closed]
    if not turned:
        return {}
    ids = msgspec.json.encode([each.target.id for each in turned]).decode()
    known = {row[0] for row in transaction.vedette("with_facts", (ids,))}
    for each in turned:
        if each.target.id in known:
            for kind, key in _touched(each):
                transaction.vedette("end_fact", (each.scan.scanned_at, each.target.id, kind, key))
    rows = _begin_facts(transaction, turned)
    for each in turned:
        if any(identity in _SUMMARISED or identity[0] == "technology" for identity in _touched(each)):
            facts = _summarised(transaction, each.target.id) if each.target.id in known else each.opened
            _summarise(transaction, each.target.id, facts)
    return rows


def _touched(outcome: Outcome) -> Iterator[tuple[str, str]]:
    yield from outcome.closed
    for fact in outcome.opened:
        yield fact.kind, fact.key


def _begin_facts(transaction: Transaction, outcomes: Iterable[Outcome]) -> dict[int, range]:
    """The rows by target, which nobody else gives out meanwhile: there is one writer."""
    first = row = transaction.vedette("last_fact").fetchone()[0] + 1
    columns: list[tuple[object, ...]] = []
    rows: dict[int, range] = {}
    for each in outcomes:
        target_id, at = each.target.id, each.scan.scanned_at
        rows[target_id] = range(row, row + len(each.opened))
        columns += [(number, target_id, at, *astuple(fact)) for number, fact in enumerate(each.opened, row)]
        row += len(each.opened)
    transaction.add_many("begin_facts", columns)
    if columns:
        transaction.vedette("find_facts", (first, row - 1))
    return rows


def _summarised(transaction: Transaction, target_id: int) -> list[Fact]:
    return [Fact(*row) for row in transaction.vedette("summarised_facts", (target_id,))]


def _summarise(transaction: Transaction, target_id: int, facts: Iterable[Fact]) -> None:
    """The overview's slow columns, from the facts that hold now."""
    shown = [each for each in facts if each.kind == "technology" or (each.kind, each.key) in _SUMMARISED]
    single = {(each.kind, each.key): each.value for each in shown}
    technologies = sorted((each.key, each.value) for each in shown if each.kind == "technology")
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

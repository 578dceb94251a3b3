"""Targets: added, changed, paused and retired by people and by the settings file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.errors import ConflictError, NotFoundError
from core.model.change import Reason
from core.model.judging import Ended
from core.model.people import Actor
from core.model.target import Origin, Target
from core.ports import RunRow
from core.store.alerts import keep_ended
from core.store.audit import note_act
from core.store.identity import new_uuid
from core.store.record import place, settle_tail
from core.store.rows import target_columns, target_of
from core.store.transaction import Transaction

_REMOVED = Reason("target", "resolved", "the target was removed")


def add_target(transaction: Transaction, target: Target, by: Actor, at: float, next_due: float) -> Target:
    added = _add(transaction, target, at, next_due)
    note_act(transaction, by, at, action="target.add", subject=added.name, detail=added.url)
    return added


def _add(transaction: Transaction, target: Target, at: float, next_due: float) -> Target:
    _check_name(transaction, target)
    uuid = target.uuid or new_uuid()
    identity = transaction.add("add_target", (*target_columns(target), uuid, target.org_id, at))
    added = replace(target, id=identity, uuid=uuid)
    lane, phase = place(added, RunRow(identity, next_due))
    transaction.history("put_place", (identity, lane, phase))
    transaction.vedette("add_run", (lane, phase, identity, next_due))
    transaction.vedette("add_event", (at, "target", identity, "added"))
    return added


def _check_name(transaction: Transaction, target: Target) -> None:
    """ConflictError when another target has the name."""
    row = transaction.vedette("target_named", (target.org_id, target.name)).fetchone()
    if row is not None and row["id"] != target.id:
        raise ConflictError(f"there is already a target named '{target.name}' (T-{row['id']}): choose another name")


def replace_target(transaction: Transaction, target: Target, by: Actor, at: float, next_due: float | None) -> Target:
    changed = _change(transaction, target, _target(transaction, target.id), at, next_due)
    note_act(transaction, by, at, action="target.edit", subject=changed.name, detail=changed.url)
    return changed


def _change(transaction: Transaction, target: Target, stored: Target, at: float, next_due: float | None) -> Target:
    _check_name(transaction, target)
    rows = transaction.vedette("change_target", (*target_columns(target), target.id)).fetchall()
    if not rows:
        raise NotFoundError(f"there is no target T-{target.id}")
    if next_due is not None:
        transaction.vedette("plan_run", (next_due, target.id))
    if stored.fault or not target.sees_like(stored):
        transaction.vedette("forget_digests", (target.id,))
    transaction.vedette("add_event", (at, "target", target.id, "changed"))
    return replace(target, uuid=rows[0][0])


def remove_target(transaction: Transaction, target_id: int, by: Actor, at: float) -> None:
    target = _target(transaction, target_id)
    _retire(transaction, target_id, at)
    note_act(transaction, by, at, action="target.remove", subject=target.name, detail=target.url)


def _target(transaction: Transaction, target_id: int) -> Target:
    row = transaction.vedette("target_by_id", (target_id,)).fetchone()
    if row is None:
        raise NotFoundError(f"there is no target T-{target_id}")
    return target_of(row)


def _retire(transaction: Transaction, target_id: int, at: float) -> None:
    """End everything that still goes on about a target; its past stays until retention takes it."""
    settle_tail(transaction, target_id)
    for row in transaction.vedette("open_alerts_of_target", (target_id,)).fetchall():
        keep_ended(transaction, Ended(row[0], (_REMOVED,), ()), at)
    transaction.vedette("end_facts", (at, target_id))
    for statement in ("give_up_suspected", "forget_jobs", "forget_told", "forget_memory", "forget_run"):
        transaction.vedette(statement, (target_id,))
    transaction.vedette("retire_target", (at, target_id))
    transaction.vedette("add_event", (at, "target", target_id, "removed"))


def pause_targets(transaction: Transaction, ids: Sequence[int], paused: bool, by: Actor, at: float) -> None:
    """NotFoundError, and nothing paused, when one of them is not there."""
    word = "paused" if paused else "resumed"
    for target_id in ids:
        target = _target(transaction, target_id)
        transaction.vedette("pause_target", (paused, target_id))
        note_act(transaction, by, at, action=f"target.{word}", subject=target.name)
        transaction.vedette("add_event", (at, "target", target_id, word))


def sync_file_targets(transaction: Transaction, targets: Sequence[tuple[Target, float]], at: float) -> list[Target]:
    """Make the file's targets the stored ones of that origin, in the order given; pausing stays as it is stored."""
    stored = {row["name"]: target_of(row) for row in transaction.vedette("targets_of_origin", (Origin.FILE,))}
    wanted = {target.name for target, _ in targets}
    for name, target in stored.items():
        if name not in wanted:
            _retire(transaction, target.id, at)
    return [_sync(transaction, target, stored.get(target.name), at, next_due) for target, next_due in targets]


def _sync(transaction: Transaction, target: Target, stored: Target | None, at: float, next_due: float) -> Target:
    target = replace(target, origin=Origin.FILE)
    if stored is None:
        return _add(transaction, target, at, next_due)
    same = replace(target, id=stored.id, uuid=stored.uuid, paused=stored.paused, org_id=stored.org_id)
    if same == stored:
        return stored
    replanned = next_due if same.schedule != stored.schedule else None
    return _change(transaction, same, stored, at, replanned)

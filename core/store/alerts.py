"""Alerts and deliveries: raised and ended by the judge, settled by people, moved on by the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from core.errors import ConflictError, NotFoundError
from core.model.alert import Alert, AlertState, Delivery, DeliveryState
from core.model.change import Change, Reason, Verdict
from core.model.judging import Ended, Raised
from core.model.people import Actor
from core.store.audit import note_act
from core.store.identity import new_uuid
from core.store.rows import alerts_of, delivery_of, encoded_reasons, reasons_of
from core.store.transaction import Transaction

MOST_REASONS = 100
_BEGINNING = 20


def keep_raised(
    transaction: Transaction, raised: Raised, changes: Sequence[Change], at: float
) -> tuple[int, list[Delivery]]:
    """Open an alert or add to the open one of the same condition; its id, and its new deliveries with ids and keys."""
    alert = raised.alert
    open_id = _open_alert(transaction, alert)
    if open_id:
        _extend(transaction, open_id, alert, at)
    else:
        open_id = _open(transaction, alert, at)
    for position in raised.changes:
        transaction.vedette("link_change", (open_id, changes[position].id))
    deliveries = [_keep_delivery(transaction, open_id, each, at) for each in raised.deliveries]
    for delivery in deliveries:
        transaction.vedette("tell", (alert.target_id, alert.rule, delivery.channel, at))
    return open_id, deliveries


def _open_alert(transaction: Transaction, alert: Alert) -> int:
    """0 where there is none: never was, or a person resolved it meanwhile."""
    if alert.id and transaction.vedette("alert_reasons", (alert.id,)).fetchone():
        return alert.id
    row = transaction.vedette("open_alert_of", (alert.target_id, alert.dedup)).fetchone()
    return int(row[0]) if row else 0


def _open(transaction: Transaction, alert: Alert, at: float) -> int:
    identity = transaction.add(
        "open_alert",
        (
            alert.uuid or new_uuid(),
            alert.target_id or None,
            alert.rule,
            alert.severity,
            alert.state,
            alert.dedup,
            alert.since,
            alert.updated_at or at,
            encoded_reasons(alert.reasons),
            alert.note,
            alert.acknowledged_by,
        ),
    )
    transaction.vedette("add_event", (at, "alert", identity, alert.state))
    return identity


def _extend(transaction: Transaction, identity: int, alert: Alert, at: float) -> None:
    stored = transaction.vedette("alert_reasons", (identity,)).fetchone()
    if stored is None:
        return
    reasons = _together(reasons_of(stored["reasons"]), alert.reasons)
    severity = max(stored["severity"], alert.severity)
    transaction.vedette("extend_alert", (severity, encoded_reasons(reasons), at, identity))
    transaction.vedette("add_event", (at, "alert", identity, "extended"))


def _together(stored: tuple[Reason, ...], given: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """Stored reasons and the new ones, whether or not `given` repeats the stored ones at its head.

    An alert that is added to for months keeps how it began and what came last.
    """
    together = given if given[: len(stored)] == stored else stored + given
    return together if len(together) <= MOST_REASONS else together[:_BEGINNING] + together[_BEGINNING - MOST_REASONS :]


def keep_ended(transaction: Transaction, ended: Ended, at: float) -> tuple[bool, list[Delivery]]:
    """Resolve an alert. One that a person resolved meanwhile stays as it is, and nothing is sent about it."""
    stored = transaction.vedette("alert_reasons", (ended.alert_id,)).fetchone()
    if stored is None:
        return False, []
    reasons = _together(reasons_of(stored["reasons"]), ended.reasons)
    transaction.vedette("resolve_alert", (encoded_reasons(reasons), at, ended.alert_id))
    transaction.vedette("add_event", (at, "alert", ended.alert_id, AlertState.RESOLVED))
    return True, [_keep_delivery(transaction, ended.alert_id, each, at) for each in ended.deliveries]


def _keep_delivery(transaction: Transaction, alert_id: int, delivery: Delivery, at: float) -> Delivery:
    kept = replace(delivery, alert_id=alert_id, uuid=delivery.uuid or new_uuid(), key=delivery.key or new_uuid())
    identity = transaction.add(
        "add_delivery",
        (
            kept.uuid,
            alert_id,
            kept.channel,
            kept.event,
            kept.state,
            kept.at,
            kept.attempts,
            kept.key,
            kept.response,
        ),
    )
    transaction.vedette("add_event", (at, "delivery", identity, kept.state))
    return replace(kept, id=identity)


def whole_alerts(transaction: Transaction, ids: Sequence[int]) -> list[Alert]:
    """Alerts with their changes and deliveries, in the order of `ids`."""
    if not ids:
        return []
    wanted = (msgspec.json.encode(list(ids)).decode(),)
    alerts = alerts_of(
        transaction.vedette("alerts_by_id", wanted).fetchall(),
        transaction.vedette("changes_of_alerts", wanted).fetchall(),
        transaction.vedette("deliveries_of_alerts", wanted).fetchall(),
    )
    by_id = {alert.id: alert for alert in alerts}
    return [by_id[each] for each in ids if each in by_id]


def set_alert_state(
    transaction: Transaction, alert_id: int, state: AlertState, by: Actor, at: float, *, note: str
) -> Alert:
    """NotFoundError for no such alert; ConflictError where a resolved one is to be anything else again."""
    row = transaction.vedette("state_of_alert", (alert_id,)).fetchone()
    if row is None:
        raise NotFoundError(f"there is no alert A-{alert_id}")
    if row[0] == AlertState.RESOLVED and state is not AlertState.RESOLVED:
        raise ConflictError(f"A-{alert_id} is resolved: it cannot become {state}")
    acknowledged_by = by.name if state is AlertState.ACKNOWLEDGED else ""
    transaction.vedette("set_alert_state", (state, at, note, acknowledged_by, alert_id))
    if note:
        transaction.vedette("add_note", ("alert", alert_id, at, by.name, note))
    note_act(transaction, by, at, action=f"alert.{state}", subject=f"A-{alert_id}", detail=note)
    transaction.vedette("add_event", (at, "alert", alert_id, state))
    return whole_alerts(transaction, [alert_id])[0]


_JUDGED = {"change": ("judge_change", "C"), "alert": ("judge_alert", "A")}


def set_verdict(transaction: Transaction, subject: tuple[str, int], verdict: Verdict, by: Actor, at: float) -> None:
    """`subject` is ("change" or "alert", id); NotFoundError where there is none."""
    what, subject_id = subject
    statement, letter = _JUDGED[what]
    if not transaction.vedette(statement, (verdict, subject_id)).rowcount:
        raise NotFoundError(f"there is no {what} {letter}-{subject_id}")
    note_act(transaction, by, at, action=f"{what}.verdict", subject=f"{letter}-{subject_id}", detail=verdict)
    transaction.vedette("add_event", (at, what, subject_id, verdict))


def move_delivery(transaction: Transaction, delivery: Delivery) -> None:
    moved = transaction.vedette(
        "move_delivery",
        (delivery.state, delivery.at, delivery.attempts, delivery.response, delivery.id),
    )
    if not moved.rowcount:
        raise NotFoundError(f"there is no delivery D-{delivery.id}")
    transaction.vedette("add_event", (delivery.at, "delivery", delivery.id, delivery.state))


def requeue_delivery(transaction: Transaction, delivery_id: int, by: Actor, at: float) -> Delivery:
    """A dead delivery tries again from the start, under its old key."""
    dead = _dead_delivery(transaction, delivery_id)
    again = replace(dead, state=DeliveryState.PENDING, attempts=0, at=at)
    move_delivery(transaction, again)
    note_act(transaction, by, at, action="delivery.requeue", subject=f"D-{delivery_id}")
    return again


def drop_delivery(transaction: Transaction, delivery_id: int, by: Actor, at: float) -> None:
    dead = _dead_delivery(transaction, delivery_id)
    transaction.vedette("drop_delivery", (delivery_id,))
    note_act(
        transaction,
        by,
        at,
        action="delivery.drop",
        subject=f"D-{delivery_id}",
        detail=f"{dead.channel}, A-{dead.alert_id}",
    )
    transaction.vedette("add_event", (at, "delivery", delivery_id, "dropped"))


def _dead_delivery(transaction: Transaction, delivery_id: int) -> Delivery:
    row = transaction.vedette("delivery_by_id", (delivery_id,)).fetchone()
    if row is None:
        raise NotFoundError(f"there is no delivery D-{delivery_id}")
    delivery = delivery_of(row)
    if delivery.state is not DeliveryState.DEAD:
        raise ConflictError(f"D-{delivery_id} is {delivery.state}: only a dead delivery can be requeued or dropped")
    return delivery

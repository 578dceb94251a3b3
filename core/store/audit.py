"""The audit trail: each entry's digest covers the entry before, so nothing can be changed or cut out unnoticed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

from core.model.people import Actor, AuditEntry
from core.store.transaction import Transaction


def chained(previous: str, entry: AuditEntry) -> str:
    """The SHA-256, in hex, of the digest before and the entry as a JSON array of its six columns."""
    body = msgspec.json.encode((entry.at, entry.actor, entry.origin, entry.action, entry.subject, entry.detail))
    return hashlib.sha256(previous.encode() + b"\n" + body).hexdigest()


def write_audit(transaction: Transaction, entry: AuditEntry) -> None:
    previous = transaction.vedette("last_audit").fetchone()[0]
    transaction.vedette(
        "add_audit",
        (
            entry.at,
            entry.actor,
            entry.origin,
            entry.action,
            entry.subject,
            entry.detail,
            chained(previous, entry),
        ),
    )


def note_act(transaction: Transaction, by: Actor, at: float, *, action: str, subject: str, detail: str = "") -> None:
    """What a person did, in the transaction that does it."""
    write_audit(transaction, AuditEntry(at, by.name, by.origin, action, subject, detail))


def first_break(entries: Iterable[AuditEntry], anchor: tuple[int, str], last: int) -> int | None:
    """The id at which the trail is broken; None when it is whole.

    `anchor` is the last entry that retention took (id, digest), `last` the newest id ever given out.
    """
    before, digest = anchor
    for entry in entries:
        if entry.id != before + 1 or entry.digest != chained(digest, entry):
            return before + 1
        before, digest = entry.id, entry.digest
    return None if before == max(last, anchor[0]) else before + 1

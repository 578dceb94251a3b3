"""Jobs worth a row of their own, entries made beside the settings file, and the revisions of the settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.errors import NotFoundError
from core.model.people import Actor
from core.ports import Entry, JobRow
from core.store.audit import note_act
from core.store.transaction import Transaction


def put_job(transaction: Transaction, job: JobRow) -> JobRow:
    """Add a job (id 0) or store its new state."""
    if job.id:
        settle_job(transaction, job)
        return job
    columns = (
        job.target_id,
        job.state,
        job.scheduled_for,
        job.started_at,
        job.completed_at,
        job.attempts,
        job.error,
    )
    return replace(job, id=transaction.add("add_job", columns))


def settle_job(transaction: Transaction, job: JobRow) -> None:
    """Store a job's new state; nothing when its target was removed and it with it."""
    columns = (
        job.state,
        job.scheduled_for,
        job.started_at,
        job.completed_at,
        job.attempts,
        job.error,
        job.id,
    )
    transaction.vedette("settle_job", columns)


def save_revision(transaction: Transaction, text: str, digest: str, by: Actor, at: float) -> None:
    """Keep the settings as they are now; nothing when they are those of the newest revision."""
    newest = transaction.vedette("last_revision").fetchone()
    if newest and newest[0] == digest:
        return
    number = transaction.add("add_revision", (at, digest, by.name, text))
    note_act(transaction, by, at, action="settings.revision", subject=str(number), detail=digest)
    transaction.vedette("add_event", (at, "settings", number, digest))


def put_entries(transaction: Transaction, entries: Sequence[Entry], by: Actor, at: float) -> None:
    for each in entries:
        transaction.vedette("put_entry", (each.kind, each.name, each.text))
        note_act(transaction, by, at, action=f"{each.kind}.put", subject=each.name, detail=each.text)
        transaction.vedette("add_event", (at, "settings", 0, each.kind))


def remove_entry(transaction: Transaction, entry: tuple[str, str], by: Actor, at: float) -> None:
    """`entry` is (kind, name); NotFoundError where there is none."""
    kind, name = entry
    if not transaction.vedette("remove_entry", entry).rowcount:
        raise NotFoundError(f"there is no {kind} '{name}' beside the settings file")
    note_act(transaction, by, at, action=f"{kind}.remove", subject=name)
    transaction.vedette("add_event", (at, "settings", 0, kind))

"""The writing side of the store: every call is one unit of work of the writer, answered after its commit."""

from __future__ import annotations

from collections.abc import Sequence

from core.model.alert import Alert, AlertState, Delivery
from core.model.change import Change, Verdict
from core.model.judging import Ended, Raised
from core.model.people import Actor, AuditEntry
from core.model.target import Target
from core.ports import Entry, JobRow, Ledger, Recorded, Recording
from core.settings.values import RetentionSettings
from core.store import alerts, journal, record
from core.store import targets as watched
from core.store.audit import write_audit
from core.store.retention import Retention
from core.store.writer import Writer


class SqliteLedger(Ledger):
    """See core.ports.Ledger. `retention` may be exchanged when the settings change."""

    def __init__(self, writer: Writer, retention: RetentionSettings) -> None:
        self._writer = writer
        self._retention = Retention(retention)

    @property
    def full(self) -> bool:
        """Nothing can be stored for want of space: shown as "storage full"."""
        return self._writer.full

    def keep(self, retention: RetentionSettings) -> None:
        """Obey other periods from the next round of retention on."""
        self._retention.settings = retention

    async def record(self, recordings: Sequence[Recording]) -> list[Recorded]:
        return await self._writer.run(lambda transaction: record.keep_recordings(transaction, recordings))

    async def record_watch(
        self, changes: Sequence[Change], raised: Sequence[Raised], ended: Sequence[Ended], at: float
    ) -> Recorded:
        return await self._writer.run(lambda transaction: record.keep_watch(transaction, changes, raised, ended, at))

    async def add_target(self, target: Target, by: Actor, at: float, next_due: float) -> Target:
        return await self._writer.run(lambda transaction: watched.add_target(transaction, target, by, at, next_due))

    async def replace_target(self, target: Target, by: Actor, at: float, next_due: float | None) -> Target:
        return await self._writer.run(lambda transaction: watched.replace_target(transaction, target, by, at, next_due))

    async def remove_target(self, target_id: int, by: Actor, at: float) -> None:
        await self._writer.run(lambda transaction: watched.remove_target(transaction, target_id, by, at))

    async def pause_targets(self, ids: Sequence[int], paused: bool, by: Actor, at: float) -> None:
        await self._writer.run(lambda transaction: watched.pause_targets(transaction, ids, paused, by, at))

    async def sync_file_targets(self, targets: Sequence[tuple[Target, float]], at: float) -> list[Target]:
        return await self._writer.run(lambda transaction: watched.sync_file_targets(transaction, targets, at))

    async def put_jobs(self, jobs: Sequence[JobRow]) -> list[JobRow]:
        return await self._writer.run(lambda transaction: [journal.put_job(transaction, each) for each in jobs])

    async def move_delivery(self, delivery: Delivery) -> None:
        await self._writer.run(lambda transaction: alerts.move_delivery(transaction, delivery))

    async def set_alert_state(self, alert_id: int, state: AlertState, by: Actor, note: str, at: float) -> Alert:
        return await self._writer.run(
            lambda transaction: alerts.set_alert_state(transaction, alert_id, state, by, at, note=note)
        )

    async def set_verdict(self, what: str, subject_id: int, verdict: Verdict, by: Actor, at: float) -> None:
        await self._writer.run(lambda transaction: alerts.set_verdict(transaction, (what, subject_id), verdict, by, at))

    async def requeue_delivery(self, delivery_id: int, by: Actor, at: float) -> Delivery:
        return await self._writer.run(lambda transaction: alerts.requeue_delivery(transaction, delivery_id, by, at))

    async def drop_delivery(self, delivery_id: int, by: Actor, at: float) -> None:
        await self._writer.run(lambda transaction: alerts.drop_delivery(transaction, delivery_id, by, at))

    async def save_revision(self, text: str, digest: str, by: Actor, at: float) -> None:
        await self._writer.run(lambda transaction: journal.save_revision(transaction, text, digest, by, at))

    async def put_entries(self, entries: Sequence[Entry], by: Actor, at: float) -> None:
        await self._writer.run(lambda transaction: journal.put_entries(transaction, entries, by, at))

    async def remove_entry(self, kind: str, name: str, by: Actor, at: float) -> None:
        await self._writer.run(lambda transaction: journal.remove_entry(transaction, (kind, name), by, at))

    async def audit(self, entry: AuditEntry) -> None:
        await self._writer.run(lambda transaction: write_audit(transaction, entry))

    async def purge(self, now: float) -> int:
        return await self._writer.run(lambda transaction: self._retention.slice(transaction, now))

    async def close(self) -> None:
        await self._writer.close()

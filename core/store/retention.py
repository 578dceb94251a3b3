"""What is too old goes, in slices so short that nobody waits for them; looks are rolled up to hours before they go.

One big DELETE stalls the writer for a second, slices of 50 rows do not. Never taken: open alerts, what is undelivered,
facts that hold, suspected changes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial

from core.model.scan import METRICS
from core.settings.values import RetentionSettings
from core.store.record import milliseconds, settle_tail
from core.store.transaction import Transaction

SLICE = 50
"""Rows that one slice takes at most."""
TARGETS = 20
"""Targets that one slice looks at where rows lie by target."""
EVENTS_KEPT = 7 * 86400.0
HOUR = 3_600_000
LATE = 300_000
"""Milliseconds that an hour waits for late looks before it is rolled up."""

Step = Callable[[Transaction], tuple[int, bool]]
"""One slice: (rows that went, whether there may be more)."""


class Retention:
    """A round over all kinds, one slice a call."""

    def __init__(self, settings: RetentionSettings) -> None:
        self.settings = settings
        self._round: deque[Step] = deque()

    def slice(self, transaction: Transaction, now: float) -> int:
        """Rows that went; 0 only when a round is over, so at least 1 for a slice that found nothing within one."""
        if not self._round:
            self._round.extend(_steps(self.settings, now))
        rows, more = self._round[0](transaction)
        if not more:
            self._round.popleft()
        return max(rows, 1) if self._round else rows


def _steps(settings: RetentionSettings, now: float) -> list[Step]:
    return [
        _ByTarget(partial(_roll_up, milliseconds(now)), partial(_rolled, milliseconds(now))),
        partial(_rows, "purge_facts", now - settings.facts),
        partial(_rows, "purge_changes", now - settings.changes),
        partial(_rows, "purge_alerts", now - settings.alerts),
        partial(_rows, "purge_notes", now - settings.alerts),
        partial(_rows, "purge_jobs", now - settings.jobs),
        partial(_rows, "purge_events", now - EVENTS_KEPT),
        partial(_audit, now - settings.audit),
        _ByTarget(partial(_looks, "purge_samples", milliseconds(now - settings.samples))),
        _ByTarget(partial(_looks, "purge_hours", milliseconds(now - settings.samples_hourly))),
        _ByTarget(partial(_documents, milliseconds(now - settings.documents))),
    ]


def _rows(statement: str, cutoff: float, transaction: Transaction) -> tuple[int, bool]:
    gone = transaction.vedette(statement, (cutoff, SLICE)).rowcount
    return gone, gone >= SLICE


def _audit(cutoff: float, transaction: Transaction) -> tuple[int, bool]:
    """Oldest entries first; the anchor takes over the digest of the last one, so that the chain still verifies."""
    oldest = transaction.vedette("oldest_audit", (SLICE,)).fetchall()
    gone = [row for row in oldest if row["at"] < cutoff]
    gone = gone[: next((at for at, row in enumerate(oldest) if row["at"] >= cutoff), len(gone))]
    if not gone:
        return 0, False
    transaction.vedette("move_audit_anchor", (gone[-1]["id"], gone[-1]["digest"]))
    transaction.vedette("purge_audit", (gone[-1]["id"],))
    return len(gone), len(gone) == SLICE


class _ByTarget:
    """A step that walks over the targets a few at a time; `finish` runs after the last of them."""

    def __init__(
        self,
        each: Callable[[Transaction, int], int],
        finish: Callable[[Transaction], None] = lambda _transaction: None,
    ) -> None:
        self._each = each
        self._finish = finish
        self._after = 0

    def __call__(self, transaction: Transaction) -> tuple[int, bool]:
        gone = 0
        targets = transaction.history("places_after", (self._after, TARGETS)).fetchall()
        for row in targets:
            rows = self._each(transaction, row[0])
            gone += rows
            if rows >= SLICE:  # the same target again next time
                return gone, True
            self._after = row[0]
            if gone >= SLICE:
                return gone, True
        if len(targets) == TARGETS:
            return gone, True
        self._finish(transaction)
        return gone, False


def _looks(statement: str, cutoff: int, transaction: Transaction, target_id: int) -> int:
    return transaction.history(statement, (target_id, cutoff, SLICE)).rowcount


def _documents(cutoff: int, transaction: Transaction, target_id: int) -> int:
    """The latest document of a target stays, however old: it still holds."""
    unused = transaction.history("purge_document_uses", (target_id, cutoff, SLICE)).fetchall()
    for row in unused:
        transaction.history("purge_document", (row[0],))
    return len(unused)


def _whole_hours(now: int) -> int:
    """The end of the last hour for which no look can still come."""
    return (now - LATE) // HOUR * HOUR


def _roll_up(now: int, transaction: Transaction, target_id: int) -> int:
    """Count, minimum, sum and maximum of each metric, for each whole hour not rolled up yet."""
    since = transaction.history("rolled_until").fetchone()[0]
    until = _whole_hours(now)
    if since >= until:
        return 0
    settle_tail(transaction, target_id)
    for row in transaction.history("hours_of_target", (target_id, since, until)).fetchall():
        for metric in range(len(METRICS)):
            count, *figures = row[1 + 4 * metric : 5 + 4 * metric]
            if count:
                transaction.history("put_hour", (target_id, row[0], metric, count, *figures))
    return 0


def _rolled(now: int, transaction: Transaction) -> None:
    transaction.history("set_rolled", (max(_whole_hours(now), transaction.history("rolled_until").fetchone()[0]),))

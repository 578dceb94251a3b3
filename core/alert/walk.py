"""What walks through the alert stages: changes, the alerts they are about to raise or end, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.model.alert import Alert, Delivery, Rule
from core.model.change import CHANGE_TYPES, Change, Reason, Severity
from core.model.judging import Before, Ended, Judging, Raised


@dataclass(frozen=True, slots=True)
class Candidate:
    """An alert in the making: one rule and one type, with the positions of the changes that met it.

    `open` is the open alert of the same condition, if there is one. `channels` are those still to be told.
    """

    rule: Rule
    type: str
    key: str
    severity: Severity
    changes: tuple[int, ...]
    open: Alert | None = None
    channels: tuple[str, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    reasons: tuple[Reason, ...] = ()

    def because(self, outcome: str, because: str) -> Candidate:
        """The candidate with one more reason."""
        return replace(self, reasons=(*self.reasons, Reason("alert", outcome, because)))


@dataclass(frozen=True, slots=True)
class Walk:
    """Everything the stages see. `pending` are the positions of changes that may still alert someone.

    `noted` are open alerts that get changes without anybody being told.
    """

    changes: tuple[Change, ...]
    before: Before
    judging: Judging
    now: float
    pending: tuple[int, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    ended: tuple[Ended, ...] = ()
    noted: tuple[Raised, ...] = ()

    def note(self, position: int, outcome: str, because: str) -> Walk:
        """The walk with one more reason on a change."""
        change = self.changes[position]
        told = replace(change, reasons=(*change.reasons, Reason("alert", outcome, because)))
        return replace(self, changes=(*self.changes[:position], told, *self.changes[position + 1 :]))

    def drop(self, position: int, because: str) -> Walk:
        """The walk without that change, which now says why nobody is told."""
        walk = self.note(position, "not alerted", because)
        return replace(walk, pending=tuple(each for each in self.pending if each != position))


@dataclass(frozen=True, slots=True)
class Decisions:
    """What the stages decided. `changes` are those that came in, each with the reasons it gained."""

    changes: tuple[Change, ...] = ()
    raised: tuple[Raised, ...] = ()
    ended: tuple[Ended, ...] = ()


def dedup_key(rule: str, target_id: int, type_name: str, key: str) -> str:
    """What identifies a condition: one open alert for one of these."""
    return f"{rule}/{target_id}/{type_name}/{key}"


def conditions(alert: Alert) -> tuple[tuple[str, str], ...]:
    """The conditions of an alert that still last, as types and keys: those of its changes less those that ended.

    An alert about several conditions also holds the changes that ended some of them, in the order they came. Where no
    changes are known, its dedup key says what it is about.
    """
    own = named(alert)
    lasting: dict[tuple[str, str], None] = {}
    for change in alert.changes:
        lasting.pop((CHANGE_TYPES[change.type].ends, change.key), None)
        if change.type == own[0]:
            lasting[change.type, change.key] = None
    return tuple(lasting) or (own,)


def named(alert: Alert) -> tuple[str, str]:
    """The type and key that an alert was opened for, by its dedup key."""
    type_name, _, key = alert.dedup.removeprefix(f"{alert.rule}/{alert.target_id}/").partition("/")
    return type_name, key

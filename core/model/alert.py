"""Whom a change concerns: rules, alerts and the deliveries that carry them out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.model.change import Change, Reason, Severity, Verdict


@dataclass(frozen=True, slots=True)
class Rule:
    """When `when` (filter language) holds for a change, tell the channels named, at most once a `throttle` seconds.

    `severity` None keeps the change's own. Empty `notify` means every channel. A rule that is not `enabled` is kept
    and shown, but fires never.
    """

    name: str
    when: str
    severity: Severity | None = None
    notify: tuple[str, ...] = ()
    throttle: float = 0.0
    enabled: bool = True


class AlertState(StrEnum):
    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    RESOLVED = "resolved"


class DeliveryState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    RETRYING = "retrying"
    DEAD = "dead"


class AlertEvent(StrEnum):
    """What a delivery says of its alert."""

    FIRING = "alert.firing"
    RESOLVED = "alert.resolved"
    DIGEST = "digest"
    DRILL = "drill"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One outbox row: one alert, one event, one channel, one idempotency key for all its attempts.

    `at` is when it is next due, or when it ended. `response` is what the channel last answered, sanitised.
    """

    channel: str
    event: AlertEvent
    at: float
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    key: str = ""
    response: str = ""
    alert_id: int = 0
    id: int = 0
    uuid: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """An open question for a person. `dedup` identifies the condition: one open alert for one condition."""

    rule: str
    severity: Severity
    state: AlertState
    dedup: str
    since: float
    target_id: int = 0
    target: str = ""
    changes: tuple[Change, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    reasons: tuple[Reason, ...] = ()
    note: str = ""
    acknowledged_by: str = ""
    updated_at: float = 0.0
    id: int = 0
    uuid: str = ""
    verdict: Verdict | None = None

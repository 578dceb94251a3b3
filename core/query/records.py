"""The nouns as records that filters look at: a target with its summary, a change, alert or delivery with its target.

Rules, lists and reports filter the same mappings, so a filter tried in the console means the same in a rule.
"""

from __future__ import annotations

from core.model.alert import Alert, Delivery
from core.model.change import Change
from core.model.target import Status, Target


def target_record(target: Target, status: Status = Status.UNKNOWN, **summary: object) -> dict[str, object]:
    """A target; `summary` adds measured values under the field names: ttfb_ms, cert, sec, tech, vuln, last_at, …"""
    return {
        "id": f"T-{target.id}",
        "uuid": target.uuid,
        **about(target),
        "state": "paused" if target.paused else status.value,
        "origin": target.origin.value,
        "every": target.schedule.every,
        **summary,
    }


def change_record(change: Change, target: Target | None = None) -> dict[str, object]:
    """A change, with what rules ask of its target: url, tags, class, owner, profile."""
    return {
        **(about(target) if target else {}),
        "id": f"C-{change.id}",
        "uuid": change.uuid,
        "target": change.target,
        "type": change.type,
        "key": change.key,
        "before": change.before,
        "after": change.after,
        "severity": change.severity,
        "confidence": change.confidence,
        "state": change.state.value,
        "at": change.at,
        "evidence": change.evidence,
        "verdict": change.verdict.value if change.verdict else None,
    }


def alert_record(alert: Alert, target: Target | None = None) -> dict[str, object]:
    """An alert with its target; `type` and `channel` list those of its changes and deliveries."""
    return {
        **(about(target) if target else {}),
        "id": f"A-{alert.id}",
        "uuid": alert.uuid,
        "target": alert.target,
        "rule": alert.rule,
        "severity": alert.severity,
        "state": alert.state.value,
        "since": alert.since,
        "note": alert.note,
        "by": alert.acknowledged_by or None,
        "type": tuple(change.type for change in alert.changes),
        "key": tuple(change.key for change in alert.changes),
        "channel": tuple(delivery.channel for delivery in alert.deliveries),
        "verdict": alert.verdict.value if alert.verdict else None,
    }


def delivery_record(delivery: Delivery, target: str = "") -> dict[str, object]:
    """A delivery; `target` is the name of the one that its alert is about."""
    return {
        "id": f"D-{delivery.id}",
        "uuid": delivery.uuid,
        "alert": f"A-{delivery.alert_id}",
        "target": target or None,
        "channel": delivery.channel,
        "event": delivery.event.value,
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "key": delivery.key,
        "at": delivery.at,
        "response": delivery.response,
    }


def about(target: Target) -> dict[str, object]:
    """What filters for changes and alerts may ask of their target."""
    return {
        "name": target.name,
        "url": target.url,
        "tag": target.tags,
        "class": target.target_class.value,
        "owner": target.owner or None,
        "profile": target.profile.value,
        "kind": target.kind.value,
    }

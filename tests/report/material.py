"""Material for reports: a small day whose figures can be counted by hand, and one that is hostile everywhere."""

from __future__ import annotations

from core.model.alert import Alert, AlertEvent, AlertState, Delivery, DeliveryState
from core.model.change import Change, ChangeState, Severity, Verdict
from core.report.report import Material

SINCE = 1_800_000_000.0
DAY = 86_400.0
UNTIL = SINCE + DAY


def change(name: str, at: float, target: str = "shop", severity: Severity = Severity.LOW, **more: object) -> Change:
    values: dict[str, object] = {"key": "k", "before": "old", "after": "new", "confidence": 0.9, **more}
    state = values.pop("state", ChangeState.CONFIRMED)
    return Change(type=name, at=SINCE + at, target=target, severity=severity, state=state, **values)  # type: ignore[arg-type]


def target(name: str, state: str = "up", **summary: object) -> dict[str, object]:
    return {"name": name, "url": f"https://{name}.example/", "state": state, **summary}


def down(at: float, name: str = "shop") -> Change:
    return change("availability.down", at, name, Severity.CRITICAL)


def up(at: float, name: str = "shop") -> Change:
    return change("availability.up", at, name, Severity.INFO)


def small_day() -> Material:
    return Material(
        SINCE,
        UNTIL,
        targets=(
            target("shop", ttfb_ms=100.0, sec="A", cert_not_after=UNTIL + 3 * DAY),
            target("blog", ttfb_ms=200.0, sec="A", cert_not_after=UNTIL + 80 * DAY),
            target("pay", "down", ttfb_ms=900.0, sec="F", cert_not_after=UNTIL - DAY),
            target("new", "unknown"),
            target("old", "paused"),
        ),
        changes=(
            down(3600),
            up(3600 + 864),
            down(DAY - 432, "pay"),
            change("technology.version_changed", 100, severity=Severity.HIGH, confidence=0.5, verdict=Verdict.REAL),
            change("technology.version_changed", 200, severity=Severity.HIGH, verdict=Verdict.NOISE),
            change("content.text_changed", 300, state=ChangeState.SUPPRESSED),
            change("content.text_changed", -300),
            change("content.text_changed", DAY),
        ),
        alerts=(
            Alert("down", Severity.CRITICAL, AlertState.FIRING, "d1", UNTIL - 432, target="pay", id=2),
            Alert("tech", Severity.HIGH, AlertState.ACKNOWLEDGED, "d2", SINCE + 100, target="shop", id=1,
                  acknowledged_by="ann", updated_at=SINCE + 290),
            Alert("tech", Severity.HIGH, AlertState.RESOLVED, "d3", SINCE - 5, target="shop", id=3),
        ),
        deliveries=(
            Delivery("mail", AlertEvent.FIRING, SINCE + 103, DeliveryState.DELIVERED, 1, alert_id=1, id=1),
            Delivery("hook", AlertEvent.FIRING, SINCE + 102, DeliveryState.DELIVERED, 1, alert_id=1, id=2),
            Delivery("hook", AlertEvent.FIRING, SINCE + 400, DeliveryState.DEAD, 9, response="410 gone", id=3),
            Delivery("hook", AlertEvent.FIRING, SINCE + 500, DeliveryState.RETRYING, 2, response="503", id=4),
        ),
    )  # fmt: skip


def hostile_day(text: str) -> Material:
    """`text` wherever something foreign, or a person, may have written."""
    return Material(
        SINCE,
        UNTIL,
        targets=(target(text, "down", sec=text, ttfb_ms=1.0, cert_not_after=UNTIL), target("x", text, sec="A")),
        changes=(
            change("availability.down", 100, text, Severity.CRITICAL, key=text, before=text, after=text),
            change(text, 200, text, Severity.HIGH, key=text, before=None, after=text),
        ),
        alerts=(
            Alert(text, Severity.HIGH, AlertState.FIRING, text, SINCE + 1, target=text, id=1, acknowledged_by=text),
        ),
        deliveries=(
            Delivery(text, AlertEvent.FIRING, SINCE + 3, DeliveryState.DELIVERED, 1, alert_id=1, id=1),
            Delivery(text, AlertEvent.FIRING, SINCE + 3, DeliveryState.DEAD, 1, response=text, alert_id=1, id=2),
        ),
    )

"""A change or an alert in full: why it was decided so, from what it was read, and who was told."""

from __future__ import annotations

from core.model.alert import Alert, AlertState, Delivery, DeliveryState
from core.model.change import Change, Reason
from tui import wording
from tui.panes.paint import Part, labelled

Lines = list[list[Part]]


def change_lines(change: Change, now: float, plain: bool, alerts: tuple[Alert, ...] = ()) -> Lines:
    """Why, evidence, and the alerts that it is in."""
    severity, state = wording.severity_sign(change.severity), wording.change_sign(change.state)
    lines: Lines = [
        labelled("what", (wording.change_words(change), "")),
        labelled("judged", (severity.label(plain), severity.role), ("  ", ""), (state.label(plain), state.role),
                 (f"  {wording.confidence(change.confidence)} sure", "muted"),
                 (f"  {change.verdict.value} by a person" if change.verdict else "", "text")),
        *reason_lines(change.reasons),
    ]  # fmt: skip
    if change.evidence:
        lines.append(labelled("evidence", (change.evidence, "muted")))
    for each in alerts:
        sign = wording.alert_sign(each.state)
        lines.append(labelled("alert", (f"A-{each.id} ", ""), (sign.label(plain), sign.role),
                              (f"  {wording.told(each.deliveries)}", "muted")))  # fmt: skip
    return lines


def reason_lines(reasons: tuple[Reason, ...]) -> Lines:
    """`why   step: outcome, because`, the label on the first only."""
    return [
        labelled("why" if not at else "", (f"{each.step}: {each.outcome}", ""), (f"  {each.because}", "muted"))
        for at, each in enumerate(reasons)
    ]


def alert_lines(alert: Alert, now: float, plain: bool) -> Lines:
    """The rule, the state, the changes that caused it, and the delivery log."""
    severity, state = wording.severity_sign(alert.severity), wording.alert_sign(alert.state)
    by = f" by {alert.acknowledged_by}" if alert.acknowledged_by and alert.state is not AlertState.FIRING else ""
    lines: Lines = [
        labelled("rule", (alert.rule, ""), (f"  {alert.dedup}", "muted")),
        labelled("state", (severity.label(plain), severity.role), ("  ", ""), (state.label(plain), state.role),
                 (by, ""), (f"  since {wording.moment(alert.since)}", "muted"),
                 (f"  {wording.duration(now - alert.since)}", "")),
    ]  # fmt: skip
    if alert.note:
        lines.append(labelled("note", (alert.note, "")))
    for at, change in enumerate(alert.changes[-5:][::-1]):
        number, words = (f"C-{change.id} ", "muted"), (wording.change_words(change), "")
        lines.append(labelled("because" if not at else "", number, words, (f"  {wording.clock(change.at)}", "muted")))
    lines += delivery_lines(alert.deliveries, now, plain)
    return lines + reason_lines(alert.reasons)


def delivery_lines(deliveries: tuple[Delivery, ...], now: float, plain: bool) -> Lines:
    """Who was told, or will be, and what the channel answered."""
    if not deliveries:
        return [labelled("told", ("nobody", "muted"))]
    lines = []
    for at, each in enumerate(sorted(deliveries, key=lambda one: (one.at, one.id))):
        sign = wording.delivery_sign(each.state)
        answer = f"  {each.response}" if each.response and each.state is not DeliveryState.DEAD else ""
        lines.append(labelled("told" if not at else "", (f"{sign.mark(plain)} ", sign.role),
                              (wording.delivery_words(each, now), ""), (answer, "muted")))  # fmt: skip
    return lines


def letter_lines(delivery: Delivery, now: float, plain: bool) -> Lines:
    """A delivery that was given up."""
    sign = wording.delivery_sign(delivery.state)
    return [
        labelled("letter", (f"D-{delivery.id} ", ""), (sign.label(plain), sign.role)),
        labelled("channel", (delivery.channel, "")),
        labelled("about", (f"A-{delivery.alert_id} {delivery.event.value}", "")),
        labelled(
            "tried", (wording.counted(delivery.attempts, "time"), ""), (f"  {wording.moment(delivery.at)}", "muted")
        ),
        labelled("answer", (delivery.response or "none", "error")),
        labelled("key", (delivery.key, "muted")),
    ]

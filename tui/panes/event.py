"""A change or an alert in full: why it was decided so, from what it was read, and who was told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.model.alert import Alert, AlertState, Delivery, DeliveryState
from core.model.change import Change, ChangeState, Reason
from tui import wording
from tui.panes.paint import Part, labelled
from tui.panes.rows import next_step

Lines = list[list[Part]]
SAME_LOOK = 2.0
SAME_TIME = 3600.0
MOST_SIBLINGS = 8
MOST_BEFORE, SHORT = 4, 48


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside a change: the alerts it is in, what else changed in the same look, the same elsewhere."""

    alerts: tuple[Alert, ...] = ()
    same_look: tuple[Change, ...] = ()
    elsewhere: tuple[Change, ...] = ()


def beside(change: Change, changes: Iterable[Change], alerts: Iterable[Alert]) -> Beside:
    """The siblings of a change among those that are known."""
    others = [each for each in changes if each.id != change.id]
    return Beside(
        tuple(each for each in alerts if any(one.id == change.id for one in each.changes)),
        tuple(each for each in others if each.target_id == change.target_id and abs(each.at - change.at) < SAME_LOOK),
        tuple(each for each in others if each.target_id != change.target_id and _is_same(each, change)),
    )


def _is_same(one: Change, other: Change) -> bool:
    same = (one.type, one.key) == (other.type, other.key)
    return same and abs(one.at - other.at) < SAME_TIME and one.state is ChangeState.CONFIRMED


def change_lines(change: Change, now: float, plain: bool, near: Beside) -> Lines:
    """Why, evidence, the alerts that it is in, and its siblings."""
    severity, state = wording.severity_sign(change.severity), wording.change_sign(change.state)
    lines: Lines = [
        labelled("what", (wording.change_words(change), "")),
        labelled("judged", (severity.label(plain), severity.role), ("  ", ""), (state.label(plain), state.role),
                 (f"  {wording.confidence(change.confidence)} sure", "muted"),
                 (f"  {change.verdict.value} by a person" if change.verdict else "", "text")),
        *_decided(change.reasons),
        labelled("evidence", (change.evidence or "none was kept", "muted")),
    ]  # fmt: skip
    for at, each in enumerate(near.alerts):
        sign = wording.alert_sign(each.state)
        lines.append(labelled("alert" if not at else "", (f"A-{each.id} ", ""), (sign.label(plain), sign.role),
                              (f"  {wording.told(each.deliveries)}", "muted")))  # fmt: skip
    lines += _siblings("same look", near.same_look, plain, with_site=False)
    return lines + _siblings("elsewhere", near.elsewhere, plain, with_site=True)


def _siblings(label: str, found: Sequence[Change], plain: bool, *, with_site: bool) -> Lines:
    lines: Lines = []
    for at, each in enumerate(found[:MOST_SIBLINGS]):
        sign = wording.severity_sign(each.severity)
        where = f"{each.target}  " if with_site else ""
        lines.append(labelled(label if not at else "", (f"C-{each.id} ", "muted"), (where, "label"),
                              (wording.change_words(each), ""), (f"  {sign.brief}", sign.role)))  # fmt: skip
    if len(found) > MOST_SIBLINGS:
        lines.append(labelled("", (f"and {len(found) - MOST_SIBLINGS:,} more", "muted")))
    return lines


def _decided(reasons: tuple[Reason, ...]) -> Lines:
    """The severity's rule, the terms that confidence is a product of, and every other step, each under its name."""
    lines: Lines = []
    for step in dict.fromkeys(each.step for each in reasons):
        lines += [
            labelled(step if not at else "", (each.outcome, ""), (f"  {each.because}", "muted"))
            for at, each in enumerate(one for one in reasons if one.step == step)
        ]
    return lines


def reason_lines(reasons: tuple[Reason, ...]) -> Lines:
    """`why   step: outcome, because`, the label on the first only."""
    return [
        labelled("why" if not at else "", (f"{each.step}: {each.outcome}", ""), (f"  {each.because}", "muted"))
        for at, each in enumerate(reasons)
    ]


@dataclass(frozen=True, slots=True)
class About:
    """What is read of an alert beside itself.

    Its notes (at, who, words), newest first; its site's next look; what else changed there just before, newest first,
    None while that was not read.
    """

    notes: tuple[tuple[float, str, str], ...] = ()
    due: float | None = None
    before: tuple[Change, ...] | None = None


def alert_lines(alert: Alert, now: float, plain: bool, about: About) -> Lines:
    """The rule, the state, what comes next, the changes that caused it, the delivery log, the notes and why."""
    severity, state = wording.severity_sign(alert.severity), wording.alert_sign(alert.state)
    by = f" by {alert.acknowledged_by}" if alert.acknowledged_by and alert.state is not AlertState.FIRING else ""
    lines: Lines = [
        labelled("rule", (alert.rule, ""), (f"  {alert.dedup}", "muted")),
        labelled("state", (severity.label(plain), severity.role), ("  ", ""), (state.label(plain), state.role),
                 (by, ""), (f"  since {wording.day_or_clock(alert.since, now)}", "muted"),
                 (f"  {_lasting(alert, now)}", "")),
    ]  # fmt: skip
    lines.append(labelled("next", (next_step(alert, now, about.due), "")))
    for at, change in enumerate(alert.changes[-5:][::-1]):
        number, words = (f"C-{change.id} ", "muted"), (wording.change_words(change), "")
        lines.append(labelled("because" if not at else "", number, words, (f"  {wording.clock(change.at)}", "muted")))
    if len(alert.changes) > 5:
        lines.append(labelled("", (f"and {len(alert.changes) - 5:,} more before", "muted")))
    lines += [*_before_lines(alert, about.before), *delivery_lines(alert.deliveries, now, plain)]
    notes = about.notes or (((0.0, "", alert.note),) if alert.note else ())
    for at, (when, who, said) in enumerate(notes):
        by = f"  {who} {wording.day_or_clock(when, now)}" if who else ""
        lines.append(labelled("notes" if not at else "", (said, ""), (by, "muted")))
    return lines + reason_lines(alert.reasons)


def _lasting(alert: Alert, now: float) -> str:
    """How long it is open, or was."""
    if alert.state is AlertState.RESOLVED:
        return f"lasted {wording.duration(alert.updated_at - alert.since)}"
    return f"for {wording.duration(now - alert.since)}"


def _before_lines(alert: Alert, before: tuple[Change, ...] | None) -> Lines:
    """What changed at the same site in the hour before: causes usually stand there."""
    if before is None:
        return []
    if not before:
        return [labelled("just before", ("nothing else in the hour before", "muted"))]
    lines: Lines = []
    for at, each in enumerate(before[:MOST_BEFORE]):
        ago = f"  {wording.duration(alert.since - each.at)} before"
        lines.append(labelled("just before" if not at else "", (f"C-{each.id} ", "muted"),
                              (wording.change_words(each, SHORT), ""), (ago, "muted")))  # fmt: skip
    more = len(before) - MOST_BEFORE
    return [*lines, labelled("", (f"and {more:,} more", "muted"))] if more > 0 else lines


def delivery_lines(deliveries: tuple[Delivery, ...], now: float, plain: bool) -> Lines:
    """Who was told, or will be, and what the channel answered."""
    if not deliveries:
        return [labelled("told", ("nobody", "muted"))]
    lines = []
    for at, each in enumerate(sorted(deliveries, key=lambda one: (one.at, one.id))):
        sign = wording.delivery_sign(each.state)
        at_time = f"  {wording.day_or_clock(each.at, now)}" if each.state is DeliveryState.DELIVERED else ""
        answer = f"{at_time}  {each.response}" if each.response and each.state is not DeliveryState.DEAD else at_time
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

"""From changes to alerts and deliveries: one ordered list of small pure functions.

A stage takes the walk and gives it back with fewer changes, or with alerts further along. Every change that alerts
nobody leaves with a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import floor

from core.alert.rules import active_rules, met
from core.alert.walk import Candidate, Decisions, Walk, conditions, dedup_key, named
from core.clock import rfc3339
from core.model.alert import Alert, AlertEvent, AlertState, Delivery
from core.model.change import CHANGE_TYPES, Change, ChangeState, Reason, Severity
from core.model.judging import Before, Ended, Judging, Raised

Stage = Callable[[Walk], Walk]

# The key of an alert about several changes of one type that came together.
SEVERAL = "*"

# Types that end another's alert whatever its key, beside what CHANGE_TYPES says by equal keys.
_ALSO_ENDS = {"tls.certificate_changed": ("tls.expiring", "tls.expired")}
# Conditions that last until another type ends them: told once, not at every change that adds to them.
_STANDING = frozenset(kind.ends for kind in CHANGE_TYPES.values() if kind.ends)

_NOT_CONFIRMED = {
    ChangeState.SUPPRESSED: "judged noise",
    ChangeState.SUSPECTED: "waits for further looks to agree",
    ChangeState.INCONCLUSIVE: "could not be judged while our own link was down",
}


def decide(changes: tuple[Change, ...], before: Before, judging: Judging, now: float) -> Decisions:
    """Who is to be told of these changes, and which open alerts are over."""
    if not changes and not before.open_alerts:
        return Decisions()
    walk = Walk(changes, before, judging, now, pending=tuple(range(len(changes))))
    for stage in STAGES:
        walk = stage(walk)
    raised = tuple(_raised(each, walk) for each in walk.candidates if each.changes or each.deliveries)
    return Decisions(walk.changes, (*walk.noted, *raised), walk.ended)


def only_confirmed(walk: Walk) -> Walk:
    """Noise, suspicions and what could not be judged alert nobody."""
    for position in walk.pending:
        if because := _NOT_CONFIRMED.get(walk.changes[position].state):
            walk = walk.drop(position, because)
    return walk


def end(walk: Walk) -> Walk:
    """Alerts whose conditions are over are resolved; good news about an alert alerts nobody beside that."""
    for alert in walk.before.open_alerts:
        over = _over(walk, alert)
        if alert.state is AlertState.RESOLVED or not over:
            continue
        because = ", ".join(f"{walk.changes[each].type} {walk.changes[each].key}".strip() for each in over)
        if len(over) == len(conditions(alert)):
            walk = replace(walk, ended=(*walk.ended, ended(alert, walk.judging, because, _send_at(walk))))
            walk = _spent(walk, over, "resolved", f"ended alert A-{alert.id} of rule {alert.rule}")
        else:
            part = replace(alert, updated_at=walk.now, reasons=(Reason("alert", "partly over", because),))
            walk = replace(walk, noted=(*walk.noted, Raised(part, over, ())))
            walk = _spent(
                walk, over, "partly resolved", f"alert A-{alert.id} of rule {alert.rule} has other conditions"
            )
    return walk


def match(walk: Walk) -> Walk:
    """Every rule that a change meets wants an alert; changes of one type that meet it together share one."""
    wanted: dict[tuple[str, str], Candidate] = {}
    for position in walk.pending:
        change = walk.changes[position]
        rules = met(walk.judging.rules, change, walk.before.target, walk.now)
        if not rules:
            walk = walk.drop(position, _unmatched(walk))
        for rule in rules:
            severity = change.severity if rule.severity is None else rule.severity
            known = wanted.get((rule.name, change.type))
            if known is None:
                candidate = Candidate(rule, change.type, change.key, severity, (position,))
                candidate = candidate.because("matched", f"rule {rule.name}: {rule.when}")
            else:
                changes = (*known.changes, position)
                candidate = replace(known, key=SEVERAL, severity=max(known.severity, severity), changes=changes)
            wanted[rule.name, change.type] = candidate
    return replace(walk, candidates=tuple(sorted(wanted.values(), key=lambda each: -each.severity)))


def dedup(walk: Walk) -> Walk:
    """One open alert for one condition: where there is one already, it gets the changes."""
    open_alerts = {alert.dedup: alert for alert in walk.before.open_alerts if alert.state is not AlertState.RESOLVED}
    return replace(walk, candidates=tuple(_joined(each, walk, open_alerts) for each in walk.candidates))


def catch_up(walk: Walk) -> Walk:
    """Conditions that still last and were throttled when they began are told of as soon as the throttle allows."""
    rules = {rule.name: rule for rule in active_rules(walk.judging.rules)}
    busy = {each.open.id for each in walk.candidates if each.open} | {each.alert_id for each in walk.ended}
    late = [
        Candidate(rules[alert.rule], _type_of(alert), "", alert.severity, (), alert)
        for alert in walk.before.open_alerts
        if alert.state is AlertState.FIRING and alert.id not in busy and alert.rule in rules
        if _type_of(alert) in _STANDING and not alert.deliveries
    ]
    told = tuple(each.because("late", "the condition lasts, and nobody was told yet") for each in late)
    return replace(walk, candidates=(*walk.candidates, *told))


def route(walk: Walk) -> Walk:
    """Which channels are to be told: the rule's, or all of them; none again of a condition they know of."""
    return replace(walk, candidates=tuple(_routed(each, walk.judging) for each in walk.candidates))


def throttle(walk: Walk) -> Walk:
    """A rule tells a channel of a target at most once in its `throttle` seconds; the gravest alert goes first."""
    told = {(rule, channel): at for rule, channel, at in walk.before.told}
    candidates = []
    for each in walk.candidates:
        candidate = _throttled(each, told, walk.now)
        told |= {(each.rule.name, channel): walk.now for channel in candidate.channels}
        candidates.append(candidate)
    return replace(walk, candidates=tuple(candidates))


def schedule(walk: Walk) -> Walk:
    """When it is sent: at once, or at the next boundary of the batch profile's `notify_every`."""
    at = _send_at(walk)
    return replace(walk, candidates=tuple(_scheduled(each, at, walk.now) for each in walk.candidates))


def explain(walk: Walk) -> Walk:
    """Each change says which alert it led to, and whom that is told."""
    for each in walk.candidates:
        channels = ", ".join(each.channels)
        for position in each.changes:
            if channels:
                walk = walk.note(position, "alerted", f"rule {each.rule.name} tells {channels}")
            else:
                walk = walk.note(position, "not told", f"rule {each.rule.name}: {each.reasons[-1].because}")
    return walk


STAGES: tuple[Stage, ...] = (only_confirmed, end, match, dedup, catch_up, route, throttle, schedule, explain)


def ended(alert: Alert, judging: Judging, because: str, at: float) -> Ended:
    """An alert that is over, told to whoever was told that it began."""
    told = {each.channel for each in alert.deliveries if each.event is AlertEvent.FIRING}
    channels = [name for name in judging.channels if name in told and alert.state is not AlertState.SILENCED]
    reason = Reason("alert", "resolved", because)
    return Ended(alert.id, (reason,), tuple(Delivery(name, AlertEvent.RESOLVED, at) for name in channels))


def _over(walk: Walk, alert: Alert) -> tuple[int, ...]:
    """The positions of the changes that end conditions of an alert, one a condition, in order."""
    enders: dict[tuple[str, str | None], int] = {}
    for position in walk.pending:
        change = walk.changes[position]
        if ends := CHANGE_TYPES[change.type].ends:
            enders[ends, change.key] = position
        for name in () if _warned_of(change, walk.before) else _ALSO_ENDS.get(change.type, ()):
            enders[name, None] = position
    positions = [enders.get((type_name, key), enders.get((type_name, None))) for type_name, key in conditions(alert)]
    return tuple(sorted(position for position in positions if position is not None))


def _spent(walk: Walk, positions: tuple[int, ...], outcome: str, because: str) -> Walk:
    """The walk with what became of these changes; those that are good news and no more go no further."""
    for position in positions:
        walk = walk.note(position, outcome, because)
    news = {position for position in positions if walk.changes[position].severity is Severity.INFO}
    return replace(walk, pending=tuple(each for each in walk.pending if each not in news))


def _warned_of(change: Change, before: Before) -> bool:
    """Whether the new certificate of a change is itself one whose end was warned of, so that it ends no such alert."""
    return any(each.startswith(f"{change.after}/") for each in before.memory.warned)


def _joined(candidate: Candidate, walk: Walk, open_alerts: Mapping[str, Alert]) -> Candidate:
    known = open_alerts.get(dedup_key(candidate.rule.name, walk.before.target.id, candidate.type, candidate.key))
    if known is None:
        return candidate
    return replace(candidate, open=known).because("added", f"alert A-{known.id} is open for the same condition")


def _routed(candidate: Candidate, judging: Judging) -> Candidate:
    known = candidate.open
    if known is not None and known.state is AlertState.SILENCED:
        return candidate.because("silenced", f"alert A-{known.id} is silenced")
    if known is not None and candidate.changes and candidate.type in _STANDING:
        return candidate.because("not repeated", f"alert A-{known.id} already says so")
    channels = tuple(name for name in (candidate.rule.notify or judging.channels) if name in judging.channels)
    if not channels:
        return candidate.because("not routed", "no channel is set up")
    return replace(candidate, channels=channels).because("routed", ", ".join(channels))


def _throttled(candidate: Candidate, told: Mapping[tuple[str, str], float], now: float) -> Candidate:
    """The candidate without the channels that its rule told too recently."""
    for channel in candidate.channels:
        since = told.get((candidate.rule.name, channel))
        if since is not None and now - since < candidate.rule.throttle:
            until = rfc3339(since + candidate.rule.throttle)
            left = tuple(name for name in candidate.channels if name != channel)
            candidate = replace(candidate, channels=left).because(
                "throttled", f"{channel} was told at {rfc3339(since)}, next from {until}"
            )
    return candidate


def _scheduled(candidate: Candidate, at: float, now: float) -> Candidate:
    deliveries = tuple(Delivery(channel, AlertEvent.FIRING, at) for channel in candidate.channels)
    candidate = replace(candidate, deliveries=deliveries)
    return (
        candidate.because("scheduled", f"told in batches, next at {rfc3339(at)}")
        if deliveries and at > now
        else candidate
    )


def _unmatched(walk: Walk) -> str:
    return "no rule matches" if walk.judging.rules else "no rule is set, and the severity is below high"


def _type_of(alert: Alert) -> str:
    return named(alert)[0]


def _send_at(walk: Walk) -> float:
    """Now, or the next multiple of `notify_every`."""
    every = walk.judging.notify_every
    return (floor(walk.now / every) + 1) * every if every > 0 else walk.now


def _raised(candidate: Candidate, walk: Walk) -> Raised:
    if candidate.open is not None:
        alert = replace(
            candidate.open,
            severity=max(candidate.open.severity, candidate.severity),
            updated_at=walk.now,
            reasons=candidate.reasons,
        )
    else:
        target = walk.before.target
        alert = Alert(
            rule=candidate.rule.name,
            severity=candidate.severity,
            state=AlertState.FIRING,
            dedup=dedup_key(candidate.rule.name, target.id, candidate.type, candidate.key),
            since=walk.now,
            target_id=target.id,
            target=target.name,
            reasons=candidate.reasons,
            updated_at=walk.now,
        )
    return Raised(alert, candidate.changes, candidate.deliveries)

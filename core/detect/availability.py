"""Whether a target is down: failed looks in a row that agree, never one alone, and never while our own link is down."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.model.change import CHANGE_TYPES, Change, ChangeState, Reason, Severity
from core.model.judging import Before, Judging, Memory, Suspicion
from core.model.scan import SAYS_NOTHING, Failure, FailureClass
from core.model.target import Status

KIND = "availability"
DOWN = "availability.down"
UP = "availability.up"

# The look did not get far enough, or failed on our side, to say anything about the target.


@dataclass(frozen=True, slots=True)
class Reachability:
    """What a look says of a target's availability: new changes, suspected ones that got their state, and memory."""

    changes: tuple[Change, ...]
    memory: Memory
    status: Status


def judge_failure(before: Before, failure: Failure, judging: Judging, now: float) -> Reachability:
    """A failed look: counted, suspected, confirmed - or set aside where it says nothing of the target."""
    if failure.failure_class in SAYS_NOTHING or _told_to_wait(failure):
        return _set_aside(before.memory)
    if before.memory.down_since:
        memory = replace(before.memory, failures=before.memory.failures + 1, status=Status.DOWN)
        return Reachability((), memory, Status.DOWN)
    if not judging.online:
        return _offline(before, failure, now)
    return _suspect(before, failure, judging, now)


def _told_to_wait(failure: Failure) -> bool:
    """Whether the server answered, only not us: 429 Too Many Requests (RFC 6585, 4)."""
    return failure.failure_class is FailureClass.HTTP and failure.message.startswith("429")


def judge_answer(before: Before, now: float) -> Reachability:
    """A look that was answered: what was suspected is refuted, what was down is up."""
    memory = before.memory
    changes: list[Change] = []
    if suspicion := pending(memory):
        changes += _closed(before, suspicion, ChangeState.SUPPRESSED, "answered on rescan", now)
    if memory.down_since:
        changes.append(_up(before, now))
    memory = replace(_without(memory), failures=0, down_since=0.0, status=Status.UP)
    return Reachability(tuple(changes), memory, Status.UP)


def pending(memory: Memory) -> Suspicion | None:
    """The suspicion of being down, if there is one."""
    return next((each for each in memory.suspicions if each.kind == KIND), None)


def stored(before: Before, suspicion: Suspicion) -> Change | None:
    """The suspected change as the store has it."""
    return next((each for each in before.suspected if each.id == suspicion.change_id), None)


def _set_aside(memory: Memory) -> Reachability:
    status = Status.DOWN if memory.down_since else Status.INCONCLUSIVE
    return Reachability((), replace(memory, status=status), status)


def _offline(before: Before, failure: Failure, now: float) -> Reachability:
    """Our own link is down: told once, and counted against nobody."""
    because = "our own link is down: no reference point answers"
    memory = replace(_without(before.memory), status=Status.INCONCLUSIVE)
    if suspicion := pending(before.memory):
        changes = _closed(before, suspicion, ChangeState.INCONCLUSIVE, because, now)
    elif before.memory.status is Status.INCONCLUSIVE:
        changes = []
    else:
        change = _down(before, failure, ChangeState.INCONCLUSIVE, now)
        changes = [_with(change, Reason("availability", "inconclusive", because))]
    return Reachability(tuple(changes), memory, Status.INCONCLUSIVE)


def _suspect(before: Before, failure: Failure, judging: Judging, now: float) -> Reachability:
    known = pending(before.memory)
    agreed = known.agreed + 1 if known else 1
    memory = replace(_without(before.memory), failures=before.memory.failures + 1)
    reason = Reason("confirm", f"{agreed} of {judging.confirm_scans}", f"{agreed} failed looks in a row")
    if agreed >= judging.confirm_scans:
        since = known.first_at if known else now
        change = (stored(before, known) if known else None) or _down(before, failure, ChangeState.SUSPECTED, now)
        change = _with(replace(change, state=ChangeState.CONFIRMED, confidence=_sure(agreed)), reason)
        memory = replace(memory, down_since=since, status=Status.DOWN)
        return Reachability((change,), memory, Status.DOWN)
    if known:
        suspicion = replace(known, agreed=agreed, needed=judging.confirm_scans)
        return Reachability((), _adding(memory, suspicion), memory.status)
    change = _with(_down(before, failure, ChangeState.SUSPECTED, now), reason)
    suspicion = Suspicion(-1, DOWN, KIND, "", change.before, change.after, 1, judging.confirm_scans, now)
    return Reachability((change,), _adding(memory, suspicion), memory.status)


def _sure(agreed: int) -> float:
    """0.75 for one failed look, and half the doubt less for each that agrees, at most .99."""
    return round(min(0.99, 1 - 0.5 ** (agreed + 1)), 3)


def _down(before: Before, failure: Failure, state: ChangeState, now: float) -> Change:
    failed = f"{failure.failure_class}: {failure.message}"
    severity = CHANGE_TYPES[DOWN].severity
    return Change(
        type=DOWN,
        key="",
        before="up",
        after=failed,
        severity=severity,
        confidence=_sure(1),
        state=state,
        at=now,
        reasons=(
            Reason("detect", DOWN, f"the look failed at {failed}"),
            Reason("severity", severity.word, f"what {DOWN} has"),
        ),
        target_id=before.target.id,
        target=before.target.name,
    )


def _up(before: Before, now: float) -> Change:
    lasted = now - before.memory.down_since
    return Change(
        type=UP,
        key="",
        before="down",
        after="up",
        severity=Severity.INFO,
        confidence=0.99,
        state=ChangeState.CONFIRMED,
        at=now,
        reasons=(Reason("detect", UP, f"answers again after {lasted:.0f} s"),),
        target_id=before.target.id,
        target=before.target.name,
    )


def _closed(before: Before, suspicion: Suspicion, state: ChangeState, because: str, now: float) -> list[Change]:
    """The suspected change with its final state; nothing where the store no longer has it."""
    change = stored(before, suspicion)
    return [_with(replace(change, state=state), Reason("confirm", state.value, because))] if change else []


def _with(change: Change, reason: Reason) -> Change:
    return replace(change, reasons=(*change.reasons, reason))


def _without(memory: Memory) -> Memory:
    return replace(memory, suspicions=tuple(each for each in memory.suspicions if each.kind != KIND))


def _adding(memory: Memory, suspicion: Suspicion) -> Memory:
    return replace(memory, suspicions=(*memory.suspicions, suspicion))

"""One look judged against what was known: changes with their states, and what to remember until the next look.

Facts follow observation at once; it is the changes that wait. A change of an unstable kind is born suspected, and the
looks after it confirm or refute it: the fact still has its new value (also when the look is `same`), went back, or has
yet another value.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.detect.availability import judge_answer, judge_failure, pending
from core.detect.confirm import Trial, discover, review, urgent
from core.detect.observed import Look, Observed, observe
from core.detect.performance import judge_samples
from core.detect.transport import deadlines
from core.model.change import Change
from core.model.judging import Before, Judging, Memory, Suspicion
from core.model.scan import Fact, Failure, FailureClass, Scan
from core.model.target import Status, Target, TargetClass

# Seconds until an early look: the second one soon, later ones with more distance; competitors wait for their floor.
FIRST_RESCAN = 5.0
NEXT_RESCAN = 15.0
COMPETITOR_FLOOR = 900.0


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What a look leads to before anyone is told; the fields are those of `Outcome`."""

    changes: tuple[Change, ...]
    memory: Memory
    status: Status
    opened: tuple[Fact, ...] = ()
    closed: tuple[tuple[str, str], ...] = ()
    rescan_after: float | None = None


def judge(before: Before, scan: Scan, judging: Judging, now: float) -> Verdicts:
    """Everything that follows from one look; equal arguments give equal verdicts."""
    if scan.failure is not None:
        return _judge_failed(before, scan.failure, judging, now)
    reached = judge_answer(before, now)
    observed = None if scan.same else observe(before, scan)
    trial = _try(Look(before, scan, judging, now), reached.memory, observed, len(reached.changes))
    paced, degraded = judge_samples(scan, dict(before.windows), reached.memory.degraded, before.target, now)
    due, warned = _deadlines(before, observed, reached.memory.warned, now)
    status = Status.DEGRADED if degraded else Status.UP
    memory = replace(
        reached.memory,
        status=status,
        suspicions=trial.suspicions,
        flips=trial.flips,
        degraded=degraded,
        warned=warned,
    )
    return Verdicts(
        (*reached.changes, *trial.changes, *paced, *due),
        memory,
        status,
        observed.opened if observed else (),
        observed.closed if observed else (),
        _rescan([each for each in trial.suspicions if urgent(each, trial.flips)], before.target),
    )


def _try(look: Look, memory: Memory, observed: Observed | None, offset: int) -> Trial:
    """Old suspicions reviewed and new ones found; the first look at a target has nothing to compare with."""
    trial = review(look, memory.suspicions, observed)
    if look.before.first or observed is None:
        return trial
    return discover(look, trial, offset)


def _judge_failed(before: Before, failure: Failure, judging: Judging, now: float) -> Verdicts:
    """A failed look changes no facts and agrees with nothing; a refused handshake may be an expired certificate."""
    reached = judge_failure(before, failure, judging, now)
    due: list[Change] = []
    warned = reached.memory.warned
    if failure.failure_class is FailureClass.TLS:
        due, warned = deadlines({}, warned, before.target, now)
    suspicion = pending(reached.memory)
    rescan = _rescan([suspicion] if suspicion else [], before.target)
    if rescan is not None and failure.retry_after is not None:
        rescan = max(rescan, failure.retry_after)
    memory = replace(reached.memory, warned=warned)
    return Verdicts((*reached.changes, *due), memory, reached.status, rescan_after=rescan)


def _deadlines(
    before: Before, observed: Observed | None, warned: tuple[str, ...], now: float
) -> tuple[list[Change], tuple[str, ...]]:
    """Deadlines of the certificate seen, or of the one last seen where the look was `same`; none on the first look."""
    certificate = {each.key: each for each in observed.facts if each.kind == "certificate"} if observed else {}
    if observed is not None and not certificate:
        return [], ()
    changes, told = deadlines(certificate, warned, before.target, now)
    return ([], tuple(each for each in told if each.startswith("until="))) if before.first else (changes, told)


def _rescan(suspicions: list[Suspicion], target: Target) -> float | None:
    """Seconds until an early look for all that is suspected together, None where nothing is."""
    if not suspicions:
        return None
    wait = FIRST_RESCAN if min(each.agreed for each in suspicions) == 1 else NEXT_RESCAN
    return max(wait, COMPETITOR_FLOOR) if target.target_class is TargetClass.COMPETITOR else wait

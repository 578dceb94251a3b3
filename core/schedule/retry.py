"""What follows a look that failed or was lost: another look soon, the regular one, or giving up; with the reason."""

from __future__ import annotations

from dataclasses import dataclass

from core.model.change import Reason
from core.model.scan import Failure, FailureClass
from core.model.target import TargetClass
from core.schedule.due import FLOORS

CONFIRMING_LOOKS = (5.0, 15.0)
LOST_RETRIES = 3
LONGEST_RETRY_AFTER = 3600.0
_JITTER = 0.1

# None: another look at once would fail the same way.
_PASSING = {
    FailureClass.DNS: "names that did not resolve often do a moment later",
    FailureClass.CONNECT: "a refused or lost connection is often a restart",
    FailureClass.TLS: "a broken handshake is often a restart or a change of certificates",
    FailureClass.TIMEOUT: "a slow answer is often passing load",
    FailureClass.HTTP: "an error answer is often a deployment",
    FailureClass.BODY: "a body that broke off is often a lost connection",
}
_LASTING = {
    FailureClass.PARSE: "the same page would be read the same way",
    FailureClass.POLICY: "our own rules refuse this look until settings or robots.txt change",
}


@dataclass(frozen=True, slots=True)
class RetryDecision:
    """`again_at`, epoch seconds, is when to look out of turn; None leaves it to the schedule, or ends it if `dead`."""

    again_at: float | None
    dead: bool
    reason: Reason


def decide(
    failure: Failure, attempt: int, target_class: TargetClass, *, interval: float, now: float, chance: float
) -> RetryDecision:
    """What follows the `attempt`-th failed look in a row, from 1, at a target looked at every `interval` seconds.

    A failure of the target completes its job. Where it may pass, two quick looks confirm it, 5 s and 15 s later, never
    sooner than the class' floor or the server's Retry-After allows. `chance` in [0, 1) spreads them by a tenth.
    """
    if failure.failure_class in _LASTING:
        return _regular(f"{failure.failure_class}: {_LASTING[failure.failure_class]}")
    if attempt > len(CONFIRMING_LOOKS):
        return _regular(f"{failure.failure_class}: {attempt} looks in a row agree")
    wait = CONFIRMING_LOOKS[attempt - 1] * (1 + _JITTER * chance)
    because = f"{failure.failure_class}: {_PASSING[failure.failure_class]}"
    if failure.retry_after is not None and failure.retry_after > wait:
        wait = min(failure.retry_after, LONGEST_RETRY_AFTER)
        because = f"{failure.failure_class}: the server asked for {wait:g} s"
    floor = FLOORS[target_class]
    if floor > wait:
        wait, because = floor, f"{because}; a {target_class} target is left alone for {floor:g} s"
    if wait >= interval:
        return _regular(f"{because}; the regular look is not later")
    return RetryDecision(now + wait, False, Reason("retry", "again", because))


def lost(attempt: int, now: float) -> RetryDecision:
    """What follows the `attempt`-th look, counted from 1, that died with its worker: three more at once, then dead."""
    if attempt > LOST_RETRIES:
        return RetryDecision(None, True, Reason("retry", "dead", f"lost with its worker {attempt} times"))
    return RetryDecision(
        now, False, Reason("retry", "again", f"lost with its worker, retry {attempt} of {LOST_RETRIES}")
    )


def _regular(because: str) -> RetryDecision:
    return RetryDecision(None, False, Reason("retry", "regular", because))

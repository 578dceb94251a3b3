"""From one look to everything that follows from it: judge, then alert. Pure, so that stored facts can be replayed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.alert.stages import decide, ended
from core.alert.walk import conditions
from core.detect.connectivity import INCONCLUSIVE
from core.detect.judge import judge
from core.model.alert import Alert
from core.model.change import Change
from core.model.judging import Before, Ended, Judging, Outcome, Raised
from core.model.scan import Scan
from core.model.target import Target

# What alerts about the watch itself, not about a target, are judged against.
WATCH = Target(name="", url="")


@dataclass(frozen=True, slots=True)
class WatchOutcome:
    """What follows from a change of our own link: the arguments of `Ledger.record_watch`."""

    changes: tuple[Change, ...] = ()
    raised: tuple[Raised, ...] = ()
    ended: tuple[Ended, ...] = ()


def evaluate(before: Before, scan: Scan, judging: Judging, now: float) -> Outcome:
    """Everything that one look leads to; equal arguments give equal outcomes."""
    verdicts = judge(before, scan, judging, now)
    decisions = decide(verdicts.changes, before, judging, now)
    return Outcome(
        target=before.target,
        scan=scan,
        memory=verdicts.memory,
        status=verdicts.status,
        opened=verdicts.opened,
        closed=verdicts.closed,
        changes=decisions.changes,
        raised=decisions.raised,
        ended=decisions.ended,
        rescan_after=verdicts.rescan_after,
    )


def evaluate_link(
    change: Change | None,
    open_alerts: Sequence[Alert],
    told: Sequence[tuple[str, str, float]],
    judging: Judging,
    now: float,
) -> WatchOutcome:
    """What follows when our own link is lost (`change`) or is back (None); `open_alerts` are those without a target."""
    before = Before(WATCH, first=False, open_alerts=tuple(open_alerts), told=tuple(told))
    if change is not None:
        decisions = decide((change,), before, judging, now)
        return WatchOutcome(decisions.changes, decisions.raised, decisions.ended)
    over = [alert for alert in open_alerts if all(name == INCONCLUSIVE for name, _ in conditions(alert))]
    return WatchOutcome(ended=tuple(ended(alert, judging, "our own link is back", now) for alert in over))

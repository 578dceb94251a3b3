"""Suspected changes and the looks that confirm or refute them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.detect.availability import KIND as AVAILABILITY
from core.detect.availability import stored
from core.detect.compare import find, prepare, reported, weighed
from core.detect.comparison import Finding, by_kind
from core.detect.confidence import Circumstances, confirmed_confidence
from core.detect.memory import ROTATING, Standing, baseline, flipped, members_of, seen_flips, standing, suspicion_of
from core.detect.observed import Look, Observed
from core.model.change import CHANGE_TYPES, Change, ChangeState, Reason
from core.model.judging import Flips, Suspicion

# A fact that went back and forth needs that many more agreeing looks, at most so many.
_MOST_EXTRA = 6

_REFUTED = {
    Standing.BACK: "went back on rescan",
    Standing.OTHER: "differs at every look",
}


@dataclass(frozen=True, slots=True)
class Trial:
    """Where the suspicions of a target stand: changes with their states, what is still suspected, what flips."""

    changes: tuple[Change, ...] = ()
    suspicions: tuple[Suspicion, ...] = ()
    refuted: tuple[tuple[Suspicion, Standing], ...] = ()
    flips: tuple[Flips, ...] = ()


def review(look: Look, suspicions: Sequence[Suspicion], observed: Observed | None) -> Trial:
    """Every suspicion against a look; without observed facts the look was `same`, so all of them still hold."""
    trial = Trial(flips=look.before.memory.flips)
    kinds = {suspicion.kind for suspicion in suspicions}
    facts = by_kind(fact for fact in observed.facts if fact.kind in kinds) if observed is not None and kinds else {}
    for suspicion in suspicions:
        if suspicion.kind == AVAILABILITY or (observed and observed.unseen(suspicion.kind, suspicion.key)):
            trial = replace(trial, suspicions=(*trial.suspicions, suspicion))
            continue
        found = standing(suspicion, facts) if observed is not None else Standing.HOLDS
        if found is Standing.HOLDS:
            trial = _agreed(trial, look, suspicion)
        else:
            trial = _refuted(trial, look, suspicion, found)
    return trial


def discover(look: Look, trial: Trial, offset: int) -> Trial:
    """The trial with what this look shows for the first time; `offset` changes stand before the trial's own."""
    target = look.before.target
    facts = baseline(look.before.facts, tuple(suspicion for suspicion, _ in trial.refuted))
    comparison = prepare(facts, look.scan.facts, target.scanners, look.now, target)
    comparison = replace(comparison, alike=dict(look.before.alike))
    findings = [each for each in find(comparison) if not _is_return(each, trial.refuted)]
    count = reported(findings)
    for found in findings:
        flips = seen_flips(trial.flips, found.kind, found.fact_key)
        told = weighed(found, Circumstances(1, flips, count, look.scan.truncated))
        trial = _born(trial, look, told, flips, offset)
    return trial


def urgent(suspicion: Suspicion, flips: tuple[Flips, ...]) -> bool:
    """Whether an early look would settle the suspicion; what is known to rotate can wait for the next one."""
    return seen_flips(flips, suspicion.kind, suspicion.key) < ROTATING


def _agreed(trial: Trial, look: Look, suspicion: Suspicion) -> Trial:
    """One more look agrees: the change is confirmed, or waits on. One that the store no longer has is dropped."""
    agreed = suspicion.agreed + 1
    if agreed < suspicion.needed:
        return replace(trial, suspicions=(*trial.suspicions, replace(suspicion, agreed=agreed)))
    change = stored(look.before, suspicion)
    if change is None:
        return trial
    sure, term = confirmed_confidence(change.confidence, agreed)
    reason = Reason("confirm", "confirmed", f"{agreed} looks agree")
    change = replace(change, state=ChangeState.CONFIRMED, confidence=sure, reasons=(*change.reasons, term, reason))
    return replace(trial, changes=(*trial.changes, change))


def _refuted(trial: Trial, look: Look, suspicion: Suspicion, found: Standing) -> Trial:
    flips = flipped(trial.flips, suspicion.kind, suspicion.key, look.now)
    trial = replace(trial, refuted=(*trial.refuted, (suspicion, found)), flips=flips)
    change = stored(look.before, suspicion)
    if change is None:
        return trial
    reason = Reason("confirm", "suppressed", _REFUTED[found])
    change = replace(change, state=ChangeState.SUPPRESSED, reasons=(*change.reasons, reason))
    return replace(trial, changes=(*trial.changes, change))


def _born(trial: Trial, look: Look, found: Finding, flips: int, offset: int) -> Trial:
    """A new change: noise stays noise, an unstable kind is suspected, everything else is so at once."""
    change = found.change
    confirm_scans = look.judging.confirm_scans
    if change.state is ChangeState.SUPPRESSED or not CHANGE_TYPES[change.type].unstable or confirm_scans <= 1:
        return replace(trial, changes=(*trial.changes, change))
    needed = confirm_scans + min(flips, _MOST_EXTRA)
    because = f"{needed} looks have to agree"
    if flips:
        because += f", because this value went back and forth {flips} times"
    reason = Reason("confirm", f"1 of {needed}", because)
    change = replace(change, state=ChangeState.SUSPECTED, reasons=(*change.reasons, reason))
    suspicion = suspicion_of(found, offset + len(trial.changes), needed, look.now)
    return replace(trial, changes=(*trial.changes, change), suspicions=(*trial.suspicions, suspicion))


def _is_return(found: Finding, refuted: Sequence[tuple[Suspicion, Standing]]) -> bool:
    """Whether a set's finding is only the way back of a change that was just refuted."""
    gone, come = set(members_of(found.was)), set(members_of(found.holds))
    return found.fact_key == "" and any(
        (each.kind, each.key) == (found.kind, "")
        and what is Standing.BACK
        and gone <= set(members_of(each.after))
        and come <= set(members_of(each.before))
        for each, what in refuted
    )

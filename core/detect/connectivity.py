"""Is it us? Judges our own link by reference points and by how many targets fail at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.model.change import CHANGE_TYPES, Change, ChangeState, Reason

INCONCLUSIVE = "availability.inconclusive"
# Without reference points: so many targets, and such a share of them, failing at once is us, not them.
LEAST_TARGETS = 5
SHARE = 0.8


@dataclass(frozen=True, slots=True)
class LinkState:
    """Whether our own link works, and since when it does or does not (epoch seconds, 0 since the start)."""

    online: bool = True
    since: float = 0.0


@dataclass(frozen=True, slots=True)
class RecentLooks:
    """How many targets were looked at in the last minute or so, and how many of these looks failed on the network."""

    looked: int = 0
    failed: int = 0


def judge_link(
    references: Sequence[bool], recent: RecentLooks, now: float, state: LinkState
) -> tuple[LinkState, Change | None]:
    """The new state, and the one change that goes with losing the link.

    `references` says for each reference point whether it answered; one that answers settles it. Without any
    (none declared, none asked yet) only the share of failing targets can tell.
    """
    online, because = _online(references, recent)
    if online == state.online:
        return state, None
    changed = LinkState(online, now)
    return changed, None if online else _lost(because, now)


def _online(references: Sequence[bool], recent: RecentLooks) -> tuple[bool, str]:
    if references:
        return any(references), f"none of {len(references)} reference points answers"
    most = recent.looked >= LEAST_TARGETS and recent.failed >= SHARE * recent.looked
    return not most, f"{recent.failed} of {recent.looked} targets fail at the same time"


def _lost(because: str, now: float) -> Change:
    severity = CHANGE_TYPES[INCONCLUSIVE].severity
    return Change(
        type=INCONCLUSIVE,
        key="own-link",
        before="online",
        after="offline",
        severity=severity,
        confidence=0.95,
        state=ChangeState.CONFIRMED,
        at=now,
        reasons=(
            Reason("detect", INCONCLUSIVE, because),
            Reason("severity", severity.word, f"what {INCONCLUSIVE} has"),
        ),
    )

"""Whether a metric is slower than it was: medians of the last looks against the median of those before.

A step counts only when it passes the target's ratio, a minimum that people could notice, and what the spread of the
baseline explains (median absolute deviation; Rousseeuw and Croux 1993 for the factor 1.4826).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median

from core.model.change import CHANGE_TYPES, Change, ChangeState, Reason, Severity
from core.model.scan import SIZE_METRICS, Scan
from core.model.target import Target

RECENT = 5
MINIMUM_BASELINE = 10
WINDOW = 64
# Least difference that counts: milliseconds, bytes.
LEAST_MS = 20.0
LEAST_BYTES = 2048.0
DEVIATIONS = 3.0
_NORMAL = 1.4826
# The median of n normal values spreads 1.2533 sigma / sqrt(n) (asymptotic efficiency of the median, pi/2).
_MEDIAN_SPREAD = 1.2533


@dataclass(frozen=True, slots=True)
class Level:
    """Where a metric stands: the median of the baseline and of the last looks, and what counts as a step."""

    baseline: float
    recent: float
    step: float


Degraded = tuple[tuple[str, float], ...]


def judge_samples(
    scan: Scan,
    windows: Mapping[str, Sequence[float]],
    degraded: Degraded,
    target: Target,
    now: float,
) -> tuple[list[Change], Degraded]:
    """Changes of the metrics that have a threshold, and which metrics are degraded afterwards.

    `windows` are the values before this scan, oldest first. Busy scans are never judged.
    """
    if scan.busy or scan.failure is not None:
        return [], degraded
    held = dict(degraded)
    changes = []
    thresholds = dict(target.thresholds)
    for sample in scan.samples:
        if sample.metric not in thresholds:
            continue
        watched = _Watched(sample.metric, thresholds[sample.metric], target, now)
        values = (*windows.get(sample.metric, ()), sample.value)[-WINDOW:]
        change, baseline = _judge(watched, values, held.get(sample.metric))
        if change is not None:
            changes.append(change)
        if baseline is None:
            held.pop(sample.metric, None)
        else:
            held[sample.metric] = baseline
    return changes, tuple(sorted(held.items()))


@dataclass(frozen=True, slots=True)
class _Watched:
    """One metric of one target with the ratio that counts."""

    metric: str
    ratio: float
    target: Target
    now: float

    @property
    def least(self) -> float:
        return LEAST_BYTES if self.metric in SIZE_METRICS else LEAST_MS


def level(values: Sequence[float], ratio: float, least: float, baseline: float | None = None) -> Level | None:
    """The level of a window, against its own older part or a baseline that is held; None while values are few."""
    older, recent = values[:-RECENT], values[-RECENT:]
    if len(older) < MINIMUM_BASELINE:
        return None
    middle = median(older)
    spread = _NORMAL * median(abs(value - middle) for value in older)
    base = middle if baseline is None else baseline
    step = max(ratio * base, least, DEVIATIONS * spread * _MEDIAN_SPREAD / sqrt(RECENT))
    return Level(base, median(recent), step)


def _judge(watched: _Watched, values: Sequence[float], held: float | None) -> tuple[Change | None, float | None]:
    """The change, if any, and the baseline that a degraded metric is measured against from now on."""
    at = level(values, watched.ratio, watched.least, held)
    if at is None:
        return None, held
    if held is not None:
        return _while_degraded(watched, values, at)
    if at.recent - at.baseline >= at.step:
        return _change("performance.degraded", watched, at), at.baseline
    if _faster(at) and not _was_faster(watched, values):
        return _change("performance.improved", watched, at), None
    return None, None


def _while_degraded(watched: _Watched, values: Sequence[float], at: Level) -> tuple[Change | None, float | None]:
    """Back within half the threshold ends it; a level that filled the whole window is the new baseline."""
    if at.recent - at.baseline <= max(watched.ratio * at.baseline, watched.least) / 2:
        return _change("performance.improved", watched, at), None
    lasted = len(values) == WINDOW and median(values[:RECENT]) - at.baseline >= at.step
    return None, None if lasted else at.baseline


def _faster(at: Level) -> bool:
    return at.baseline - at.recent >= at.step


def _was_faster(watched: _Watched, values: Sequence[float]) -> bool:
    """Whether the same was true one look ago, and so has been told."""
    earlier = level(values[:-1], watched.ratio, watched.least)
    return earlier is not None and _faster(earlier)


def _change(name: str, watched: _Watched, at: Level) -> Change:
    unit = "bytes" if watched.metric in SIZE_METRICS else "ms"
    share = (at.recent - at.baseline) / at.baseline if at.baseline else 0.0
    because = (
        f"the median of the last {RECENT} looks is {at.recent:.0f} {unit}, before {at.baseline:.0f} ({share:+.0%}); "
        f"a step of {at.step:.0f} counts"
    )
    severity, why = _severity(name, share)
    return Change(
        type=name,
        key=watched.metric,
        before=f"{at.baseline:.1f}",
        after=f"{at.recent:.1f}",
        severity=severity,
        confidence=round(min(0.99, 0.7 + 0.1 * abs(at.recent - at.baseline) / at.step), 3),
        state=ChangeState.CONFIRMED,
        at=watched.now,
        reasons=(Reason("detect", name, because), Reason("severity", severity.word, why)),
        target_id=watched.target.id,
        target=watched.target.name,
    )


def _severity(name: str, share: float) -> tuple[Severity, str]:
    if name == "performance.degraded" and share >= 1.0:
        return Severity.HIGH, "twice as slow or worse"
    return CHANGE_TYPES[name].severity, f"what {name} has"

"""Whether a metric is slower than it was: medians of the last looks against the median of those before.

A step counts only when it passes the target's ratio, a minimum that people could notice, and what the spread of the
baseline explains. Timings are skewed, so spreads are taken of logarithms; the noisier a metric, the more looks it
takes, so the same test is made with few and with many of the last looks. `python -m tests.bench.degradation` prints
latency and false alarms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log, sqrt
from statistics import median

from core.model.change import CHANGE_TYPES, Change, ChangeState, Reason, Severity
from core.model.judging import Limit
from core.model.scan import SIZE_METRICS, Scan
from core.model.target import Target

# How many of the last looks are taken together: few see a big step soon, many see a small one at all.
LOOKS = (5, 10, 20)
MINIMUM_BASELINE = 10
WINDOW = 64
# Least difference that counts: milliseconds, bytes.
LEAST_MS = 20.0
LEAST_BYTES = 2048.0
# So many standard errors are no chance; high, because every look is a test of its own.
DEVIATIONS = 4.5
# The median of n normal values spreads 1.2533 sigma / sqrt(n) (its asymptotic efficiency is 2/pi).
_MEDIAN_SPREAD = 1.2533
# Sigma is 1.4826 times the median absolute deviation (Rousseeuw and Croux 1993), or the distance of the 80th
# percentile over 0.8416: the wider of the two, because the deviation does not see a second mode.
_FROM_MAD = 1.4826
_FROM_OUTER = 1 / 0.8416
_OUTER = 0.2
_SMALLEST = 0.1


@dataclass(frozen=True, slots=True)
class Step:
    """A metric's way from the median of its baseline to that of the last `looks` looks, and the least that counts."""

    looks: int
    baseline: float
    recent: float
    least: float


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


def limit_in_force(metric: str, values: Sequence[float], degraded: Degraded, target: Target) -> Limit | None:
    """The level that the next looks are held against; None without a threshold or before there is a baseline.

    `values` are those of the window, oldest first.
    """
    ratio, held = dict(target.thresholds).get(metric), dict(degraded).get(metric)
    if ratio is None:
        return None
    watched = _Watched(metric, ratio, target, 0.0)
    if held is not None:
        return Limit(held + 2 * _half(watched, held), held, 0)
    older = values[-WINDOW:][: -LOOKS[0]]
    if len(older) < MINIMUM_BASELINE:
        return None
    baseline = median(older)
    least = max(2 * _half(watched, baseline), _chance(older, baseline, LOOKS[0], 1))
    return Limit(baseline + least, baseline, len(older))


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


def _step(watched: _Watched, values: Sequence[float], way: int) -> Step | None:
    """The step that the last looks show, upwards (`way` 1) or downwards (-1), None where they show none.

    The newest looks have to be on its far side, so that what has just ended does not begin again.
    """
    if len(values) < LOOKS[0] + MINIMUM_BASELINE:
        return None
    newest = median(values[-LOOKS[0] :])
    for looks in LOOKS:
        older = values[:-looks]
        if len(older) < MINIMUM_BASELINE:
            break
        baseline, recent = median(older), median(values[-looks:])
        half, moved = _half(watched, baseline), way * (recent - baseline)
        if moved >= 2 * half and way * (newest - baseline) > half:
            least = max(2 * half, _chance(older, baseline, looks, way))
            if moved >= least:
                return Step(looks, baseline, recent, least)
    return None


def _half(watched: _Watched, baseline: float) -> float:
    """Half the threshold: as near to the baseline as counts as back."""
    return max(watched.ratio * baseline, watched.least) / 2


def _chance(older: Sequence[float], baseline: float, looks: int, way: int) -> float:
    """How far chance alone takes the median of so many looks from a baseline, in the metric's unit."""
    logs = sorted(way * log(max(value, _SMALLEST)) for value in older)
    middle = median(logs)
    outer = logs[int((1 - _OUTER) * (len(logs) - 1))] - middle
    sigma = max(_FROM_MAD * median(abs(value - middle) for value in logs), _FROM_OUTER * outer)
    error = DEVIATIONS * _MEDIAN_SPREAD * sigma * sqrt(1 / looks + 1 / len(older))
    return baseline * abs(exp(way * error) - 1)


def _jitter(values: Sequence[float]) -> float:
    """Sigma of the logarithms from one look to the next, which a step between them does not widen (von Neumann)."""
    steps = [abs(log(max(b, _SMALLEST) / max(a, _SMALLEST))) for a, b in pairwise(values)]
    return _FROM_MAD * median(steps) / sqrt(2) if steps else 0.0


def _judge(watched: _Watched, values: Sequence[float], held: float | None) -> tuple[Change | None, float | None]:
    """The change, if any, and the baseline that a degraded metric is measured against from now on."""
    if held is not None:
        return _while_degraded(watched, values, held)
    if (slower := _step(watched, values, 1)) is not None:
        return _change("performance.degraded", watched, slower), slower.baseline
    if (faster := _step(watched, values, -1)) is not None and not _seen_faster(watched, values):
        return _change("performance.improved", watched, faster), None
    return None, None


def _seen_faster(watched: _Watched, values: Sequence[float]) -> bool:
    """Whether one of the last looks showed a step down already: what a few looks see first, many see again later."""
    return any(_step(watched, values[:-ago], -1) is not None for ago in range(1, LOOKS[-1] + 1))


def _while_degraded(watched: _Watched, values: Sequence[float], held: float) -> tuple[Change | None, float | None]:
    """Back within half the threshold ends it; a level that filled the whole window is the new baseline."""
    half = _half(watched, held)
    noise = _MEDIAN_SPREAD * _jitter(values[-LOOKS[-1] :])
    looks = next((count for count in LOOKS if noise / sqrt(count) <= half / max(held, _SMALLEST)), LOOKS[-1])
    now = median(values[-looks:])
    if len(values) >= looks and now - held <= half:
        slow = [value for value in values[:-looks] if value - held > half]
        return _change("performance.improved", watched, Step(looks, median(slow) if slow else held, now, half)), None
    lasted = len(values) == WINDOW and median(values[: LOOKS[-1]]) - held >= 2 * half
    return None, None if lasted else held


def _change(name: str, watched: _Watched, at: Step) -> Change:
    unit = "bytes" if watched.metric in SIZE_METRICS else "ms"
    share = (at.recent - at.baseline) / at.baseline if at.baseline else 0.0
    because = (
        f"the median of the last {at.looks} looks is {at.recent:.0f} {unit}, before {at.baseline:.0f} ({share:+.0%}); "
        f"a step of {at.least:.0f} counts"
    )
    severity, why = _severity(name, share)
    return Change(
        type=name,
        key=watched.metric,
        before=f"{at.baseline:.1f}",
        after=f"{at.recent:.1f}",
        severity=severity,
        confidence=round(min(0.99, 0.7 + 0.1 * abs(at.recent - at.baseline) / at.least), 3),
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

"""Latency and false alarms of the performance detector on labelled series, beside a single-point z score.

    python -m tests.bench.degradation [--generate N --seed S]

Labelled data: ../shared/data/degradation, one value a minute. An alarm inside a labelled window that raises the level
is a hit and its delay the latency; every other alarm is false. The peer alarms on a value more than three deviations
above the mean of the same window, once until it is back below.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import random
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median, pstdev

from core.detect.performance import WINDOW, judge_samples
from core.model.scan import Sample, Scan
from core.model.target import Target

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "degradation"
METRIC = "total_ms"
TARGET = Target("series", "https://series.test/", thresholds=((METRIC, 0.20),))
DAY = 1440
RISING = ("step", "ramp", "burst")
GRACE = 15  # minutes after a window in which an alarm still belongs to it

Values = tuple[tuple[int, float], ...]
Alarms = Callable[[Values], list[int]]


@dataclass(frozen=True, slots=True)
class Series:
    """(minute, value), gaps left out; `windows` are the labelled minutes."""

    name: str
    shape: str
    magnitude: float | None
    windows: tuple[tuple[int, int], ...]
    values: Values


@dataclass(slots=True)
class Tally:
    """What a detector did on series of one shape and magnitude."""

    events: int = 0
    hits: int = 0
    delays: list[int] = field(default_factory=list)
    false_alarms: int = 0
    days: float = 0.0


def ours(values: Values) -> list[int]:
    """Minutes at which `performance.degraded` is told."""
    window: deque[float] = deque(maxlen=WINDOW)
    degraded: tuple[tuple[str, float], ...] = ()
    alarms = []
    for minute, value in values:
        scan = Scan("", 0.0, 0.0, samples=(Sample(METRIC, value, "ms"),))
        changes, degraded = judge_samples(scan, {METRIC: tuple(window)}, degraded, TARGET, float(minute))
        window.append(value)
        alarms += [minute for change in changes if change.type == "performance.degraded"]
    return alarms


def single_point(values: Values) -> list[int]:
    """Minutes at which one value is more than three deviations above the mean of the last 64."""
    window: deque[float] = deque(maxlen=WINDOW)
    alarms, above = [], False
    for minute, value in values:
        high = len(window) >= 15 and value > fmean(window) + 3 * (pstdev(window) or 1e-9)
        if high and not above:
            alarms.append(minute)
        above = high
        window.append(value)
    return alarms


def labelled() -> Iterator[Series]:
    """The labelled series that lie beside the repository."""
    for label in json.loads((DATA / "labels.json").read_text()):
        with gzip.open(DATA / label["file"], "rt", newline="") as file:
            rows = {int(row["minute"]): float(row["value"]) for row in csv.DictReader(file) if row["value"]}
        values = tuple(sorted(rows.items()))
        windows = tuple((start, end) for start, end in label["windows"])
        yield Series(label["file"], label["shape"], label["magnitude"], windows, values)


def generated(count: int, seed: int) -> Iterator[Series]:
    """Series of two days with a daily rhythm, skewed noise, spikes, and one event on the second day."""
    chance = random.Random(seed)
    for number in range(count):
        shape = chance.choice(("none", "step", "ramp", "burst", "variance", "spikes_only"))
        magnitude = chance.choice((1.25, 1.5, 2.0, 3.0)) if shape not in ("none", "spikes_only") else None
        length = {"burst": 25, "ramp": 480}.get(shape, 240)
        start = chance.randrange(DAY, 2 * DAY - length)
        windows = ((start, start + length),) if magnitude else ()
        yield Series(
            f"g{number:04d}", shape, magnitude, windows, _drawn(chance, shape, magnitude or 1.0, start, length)
        )


def _drawn(chance: random.Random, shape: str, magnitude: float, start: int, length: int) -> Values:
    level, swing, noise = chance.uniform(80, 900), chance.uniform(0, 0.25), chance.uniform(0.03, 0.25)
    spikes = 0.02 if shape == "spikes_only" else chance.choice((0.0, 0.003, 0.01))
    values = []
    for minute in range(2 * DAY):
        inside = start <= minute < start + length
        factor = magnitude if inside and shape in ("step", "burst") else 1.0
        if inside and shape == "ramp":
            factor = 1 + (magnitude - 1) * (minute - start) / length
        width = noise * (magnitude if inside and shape == "variance" else 1.0)
        rhythm = 1 + swing * (1 - abs((minute % DAY) / (DAY / 2) - 1))
        value = level * rhythm * factor * chance.lognormvariate(0, width)
        values.append((minute, value * chance.uniform(3, 10) if chance.random() < spikes else value))
    return tuple(values)


def tally(many: Iterator[Series], detect: Alarms) -> dict[tuple[str, float | None], Tally]:
    """Hits, delays and false alarms by shape and magnitude."""
    tallies: dict[tuple[str, float | None], Tally] = defaultdict(Tally)
    for series in many:
        mine = tallies[series.shape, series.magnitude]
        alarms = detect(series.values)
        mine.days += len(series.values) / DAY
        rising = series.windows if series.shape in RISING else ()
        for start, end in rising:
            inside = [minute for minute in alarms if start <= minute <= end + GRACE]
            mine.events += 1
            mine.hits += bool(inside)
            mine.delays += [inside[0] - start] if inside else []
        mine.false_alarms += sum(not any(start <= minute <= end + GRACE for start, end in rising) for minute in alarms)
    return tallies


def table(name: str, tallies: dict[tuple[str, float | None], Tally]) -> str:
    """One line a shape and magnitude."""
    lines = [f"{name}", f"{'shape':12} {'x':>5} {'events':>6} {'hits':>5} {'p50 min':>8} {'max':>5} {'false/day':>10}"]
    for (shape, magnitude), each in sorted(tallies.items(), key=str):
        delays = sorted(each.delays)
        middle, worst = (f"{median(delays):.0f}", f"{delays[-1]}") if delays else ("-", "-")
        rate = each.false_alarms / each.days
        lines.append(
            f"{shape:12} {magnitude or '':>5} {each.events:6} {each.hits:5} {middle:>8} {worst:>5} {rate:10.3f}"
        )
    days = sum(each.days for each in tallies.values())
    total = sum(each.false_alarms for each in tallies.values())
    lines.append(f"false alarms: {total} in {days:.0f} days of one series ({total / days:.3f} a day)")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generate", type=int, default=0, help="so many generated series instead of the labelled ones")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ours", action="store_true", help="without the peer")
    options = parser.parse_args()
    many = list(generated(options.generate, options.seed) if options.generate else labelled())
    for name, detect in (("ours", ours), *(() if options.ours else (("single point, 3 deviations", single_point),))):
        print(table(name, tally(iter(many), detect)), end="\n\n")


if __name__ == "__main__":
    main()

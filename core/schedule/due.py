"""When a target is looked at next: always on its own grid of phases, never counted from when the last look ended.

The phase comes from a digest of the target's lasting name, so ten thousand targets on one interval or one cron line
spread out by themselves, and a killed engine finds the same grid again without having stored it.
"""

from __future__ import annotations

import hashlib
import math

from core.model.target import DEFAULT_EVERY, Schedule, TargetClass
from core.schedule.cron import Cron

FLOORS = {TargetClass.OWN: 1.0, TargetClass.VENDOR: 60.0, TargetClass.COMPETITOR: 900.0}
CRON_OFFSET = 60.0
CATCH_UP_RATE = 200.0
CATCH_UP_WINDOW = 60.0
_ROUNDING = 0.001


def share(phase: str) -> float:
    """Where a target stands among all: a number in [0, 1) that only depends on its name."""
    digest = hashlib.blake2b(phase.encode("utf-8", "surrogatepass"), digest_size=6).digest()
    return int.from_bytes(digest, "big") / (1 << 48)


def next_due(schedule: Schedule, target_class: TargetClass, phase: str, now: float, last_due: float) -> float:
    """The first moment of the target's grid after `now` that leaves its class' floor after `last_due`.

    `phase` is the target's uuid or name; `last_due` is when the look just made was due, 0 for none. Looks that were
    missed meanwhile are not made up for. Epoch seconds; infinity for a cron schedule that has no moment left.
    """
    floor = FLOORS[target_class]
    earliest = max(now, min(last_due, now) + floor - _ROUNDING)
    cron = None if schedule.cron is None else Cron.parse(schedule.cron, schedule.timezone)
    if cron is None or cron.every is not None:
        every = schedule.every or DEFAULT_EVERY if cron is None else cron.every or DEFAULT_EVERY
        return _on_grid(max(every, floor), phase, earliest)
    offset = share(phase) * CRON_OFFSET
    moment = cron.next_after(earliest - offset)
    return math.inf if moment is None else moment + offset


def resumed(
    schedule: Schedule, target_class: TargetClass, phase: str, *, now: float, due: float, overdue: int
) -> float:
    """When to look after a stop, given the stored `due` (0: never planned) and how many targets are `overdue` in all.

    A target whose looks were skipped gets exactly one, soon; the `overdue` ones spread over as long as they need at
    CATCH_UP_RATE a second, at most CATCH_UP_WINDOW. From the next look on the grid holds again. A due time further
    away than the grid has it (the schedule was changed, the clock was put back) is brought forward.
    """
    if due <= now:
        return now + share(phase) * min(CATCH_UP_WINDOW, overdue / CATCH_UP_RATE)
    return min(due, next_due(schedule, target_class, phase, now, 0.0))


def _on_grid(every: float, phase: str, after: float) -> float:
    offset = share(phase) * every
    return offset + (math.floor((after - offset) / every) + 1) * every

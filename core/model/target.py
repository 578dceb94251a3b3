"""What is watched: a target, when it is looked at, and how much of it counts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SCANNER_NAMES = ("performance", "security", "technology", "content", "infrastructure")
DEFAULT_EVERY = 300.0
DEFAULT_THRESHOLDS = (("total_ms", 0.20), ("ttfb_ms", 0.25))


class TargetKind(StrEnum):
    SITE = "site"


class TargetClass(StrEnum):
    """Whose target it is; it sets how politely we look."""

    OWN = "own"
    VENDOR = "vendor"
    COMPETITOR = "competitor"


class Profile(StrEnum):
    """How fast the loop turns: at once, or collected and told in batches."""

    REALTIME = "realtime"
    BATCH = "batch"


class Origin(StrEnum):
    """Where a target was declared; file targets are read-only elsewhere."""

    FILE = "file"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Schedule:
    """Either every `every` seconds or by the cron expression in its IANA time zone."""

    every: float | None = DEFAULT_EVERY
    cron: str | None = None
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class ContentScope:
    """Which part of a page counts: CSS to select, CSS or `/regex/` to ignore."""

    select: str = ""
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """One watched thing. `thresholds` maps a metric to the ratio of its median that counts (0.2 = 20 %).

    `fault` says why it could not be read from the store whole: what could not is as by default, and nobody looks at it.
    """

    name: str
    url: str
    kind: TargetKind = TargetKind.SITE
    schedule: Schedule = Schedule()
    profile: Profile = Profile.REALTIME
    target_class: TargetClass = TargetClass.OWN
    owner: str = ""
    tags: tuple[str, ...] = ()
    scanners: tuple[str, ...] = SCANNER_NAMES
    content: ContentScope = ContentScope()
    thresholds: tuple[tuple[str, float], ...] = DEFAULT_THRESHOLDS
    allow_private: bool = False
    origin: Origin = Origin.STORE
    paused: bool = False
    id: int = 0
    uuid: str = ""
    org_id: int = 1
    fault: str = ""

    def sees_like(self, other: Target) -> bool:
        """Whether both see the same of the same page; otherwise what one has seen is no baseline for the other."""
        return (self.url, self.scanners, self.content) == (other.url, other.scanners, other.content)


class Status(StrEnum):
    """What the last looks say of a target."""

    UNKNOWN = "unknown"
    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    INCONCLUSIVE = "inconclusive"


WORST_FIRST = (Status.DOWN, Status.INCONCLUSIVE, Status.DEGRADED, Status.UNKNOWN, "paused", Status.UP)
"""Every state that a target may be in, the one that says least good of it first."""

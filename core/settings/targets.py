"""The table of a target: its keys, what they allow, and the target they make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.errors import VedetteError
from core.model.scan import METRICS
from core.model.target import (
    DEFAULT_EVERY,
    DEFAULT_THRESHOLDS,
    SCANNER_NAMES,
    ContentScope,
    Origin,
    Profile,
    Schedule,
    Target,
    TargetClass,
)
from core.settings import kinds
from core.settings.walk import Node, Shape, listing, plain, table

OFF = "off"
METRIC_ALIASES = {"load_time": "total_ms", "ttfb": "ttfb_ms"}
SCANNER_ALIASES = {
    "technologies": "technology",
    "headers": "security",
    "security_headers": "security",
    "tls": "security",
    "dns": "infrastructure",
}

CronCheck = Callable[[str, str], object]
"""Takes a cron expression and its time zone; raises ValueError or VedetteError with what is wrong with it."""


@dataclass(frozen=True, slots=True)
class TargetContext:
    """What a target's table does not say itself."""

    profile: Profile = Profile.REALTIME
    origin: Origin = Origin.FILE
    check_cron: CronCheck | None = None


def read_target(node: Node, context: TargetContext) -> Target | None:
    """The target of one table; None where no name or URL could be read (what is wrong is noted)."""
    found = table(node, SHAPE)
    schedule = _schedule(node, found, context.check_cron)
    if "name" not in found or "url" not in found:
        return None
    return Target(
        name=found["name"],
        url=found["url"],
        schedule=schedule,
        profile=Profile(found.get("profile", context.profile)),
        target_class=TargetClass(found.get("class", TargetClass.OWN)),
        owner=found.get("owner", ""),
        tags=found.get("tags", ()),
        scanners=found.get("scan", SCANNER_NAMES),
        content=found.get("content", ContentScope()),
        thresholds=found.get("thresholds", DEFAULT_THRESHOLDS),
        allow_private=found.get("allow_private", False),
        origin=context.origin,
    )


def _schedule(node: Node, found: dict[str, Any], check_cron: CronCheck | None) -> Schedule:
    timezone = found.get("timezone", "UTC")
    if "cron" not in found:
        return Schedule(every=found.get("every", DEFAULT_EVERY), timezone=timezone)
    cron = node.child("cron", found["cron"])
    if "every" in found:
        cron.wrong("a target has either 'every' or 'cron'")
    else:
        judge_cron(cron, timezone, check_cron)
    return Schedule(every=None, cron=found["cron"], timezone=timezone)


def judge_cron(node: Node, timezone: str, check_cron: CronCheck | None) -> None:
    """Note what is wrong with the cron expression at a node, where somebody can tell."""
    if check_cron is None:
        return
    try:
        check_cron(str(node.raw), timezone)
    except (ValueError, VedetteError) as error:
        node.wrong(str(error))


def _scanner(raw: object) -> str:
    return kinds.choice(SCANNER_NAMES)(SCANNER_ALIASES.get(raw, raw) if isinstance(raw, str) else raw)


def _scanners(node: Node) -> tuple[str, ...] | None:
    chosen = listing(plain(_scanner), at_least=1)(node)
    return tuple(name for name in SCANNER_NAMES if name in chosen) if chosen is not None else None


def _tags(node: Node) -> tuple[str, ...] | None:
    tags = listing(plain(kinds.tag))(node)
    return tuple(dict.fromkeys(tags)) if tags is not None else None


def _content(node: Node) -> ContentScope | None:
    return ContentScope(**table(node, CONTENT_SHAPE))


def _threshold(raw: object) -> float | str:
    return OFF if raw == OFF else kinds.percent(raw)


def _thresholds(node: Node) -> tuple[tuple[str, float], ...]:
    """What is said replaces the default of its metric only; "off" takes a metric out."""
    ratios: dict[str, float | str] = dict(DEFAULT_THRESHOLDS)
    said: dict[str, str] = {}
    for key, ratio in table(node, THRESHOLD_SHAPE).items():
        metric = METRIC_ALIASES.get(key, key)
        if metric in said:
            node.child(key, ratio).wrong(f"says the same as '{said[metric]}'")
        said[metric] = key
        ratios[metric] = ratio
    return tuple(sorted((metric, ratio) for metric, ratio in ratios.items() if isinstance(ratio, float)))


CONTENT_SHAPE = Shape({"select": plain(kinds.selector), "ignore": listing(plain(kinds.selector_or_regex))})
THRESHOLD_SHAPE = Shape({metric: plain(_threshold) for metric in (*METRICS, *METRIC_ALIASES)})
SHAPE = Shape(
    {
        "name": plain(kinds.name),
        "url": plain(kinds.http_url),
        "every": plain(kinds.duration(low=1.0, high=366 * 86400.0)),
        "cron": plain(kinds.some_text),
        "timezone": plain(kinds.timezone),
        "profile": plain(kinds.choice(Profile)),
        "class": plain(kinds.choice(TargetClass)),
        "owner": plain(kinds.text),
        "tags": _tags,
        "scan": _scanners,
        "content": _content,
        "thresholds": _thresholds,
        "allow_private": plain(kinds.flag),
    },
    required=("name", "url"),
    later=frozenset({"database", "path", "container", "password", "contract"}),
)

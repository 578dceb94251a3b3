"""A site's trends: what the chart is given for the time it shows, and the phases, uptime and events below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from core.model.judging import Limit
from core.view import Site, Timeline, Trend, Uptime
from tui import wording
from tui.panes.overview import marks_of, moment_parts, moments
from tui.panes.paint import Part, labelled
from tui.theme import Glyphs
from tui.widgets import chart
from tui.widgets.spark import phase_bar

Lines = list[list[Part]]
DAY = 86_400.0
WEEK = 7 * DAY
ALL = 30 * DAY
RAW = 2 * DAY
HOUR = 3600.0
SLICES = 48
YOUNGEST = 120.0
ENOUGH = 0.95
METRICS = ("total_ms", "ttfb_ms", "dns_ms", "connect_ms", "tls_ms", "download_ms", "transfer_bytes")
PHASES = (("dns", "dns_ms"), ("tcp", "connect_ms"), ("tls", "tls_ms"), ("wait", "ttfb_ms"), ("recv", "download_ms"))


@dataclass(frozen=True, slots=True)
class Measured:
    """One metric over the time that is shown and the same time a week before, and what the judge holds it against."""

    trend: Trend
    week_before: Trend
    limit: Limit | None = None


def is_coarse(window: chart.Window) -> bool:
    """Whether so long a time is drawn from hours instead of looks."""
    return window.seconds > RAW


def home_window(first_at: float | None, now: float) -> chart.Window:
    """A day; of a younger site the time since its first look."""
    start = max(now - DAY, first_at or now)
    return chart.Window(min(start, now - YOUNGEST), now + 1)


def all_time(now: float) -> chart.Window:
    return chart.Window(now - ALL, now + 1)


def points_of(trend: Trend, coarse: bool) -> tuple[chart.Point, ...]:
    """The looks; of hours the lowest, the mean and the highest, so that the envelope still holds every spike."""
    if not coarse:
        return trend.points
    return tuple(
        point
        for start, _, low, mean, high in trend.hours
        for point in ((start + HOUR / 6, low), (start + HOUR / 2, mean), (start + HOUR * 5 / 6, high))
    )


def charted(site: Site, measured: Measured, window: chart.Window) -> chart.Trend:
    """What the chart draws: envelope, medians, 95th percentiles, the week before, the threshold and the marks."""
    metric, coarse = measured.trend.metric, is_coarse(window)
    points = points_of(measured.trend, coarse)
    before = tuple((at + WEEK, value) for at, value in points_of(measured.week_before, coarse))
    every = HOUR if coarse else site.target.schedule.every or 300.0
    return chart.Trend(
        wording.METRIC_WORDS[metric], "ms" if metric.endswith("_ms") else "bytes", points, every,
        p95=() if coarse else p95_of(points, window), overlay=before,
        threshold=measured.limit.level if measured.limit else None,
        marks=marks_of(site.changes, site.alerts),
    )  # fmt: skip


def p95_of(points: Sequence[chart.Point], window: chart.Window) -> tuple[chart.Point, ...]:
    """The 95th percentile of each of SLICES slices that has enough values to speak of one."""
    slices: list[list[float]] = [[] for _ in range(SLICES)]
    width = window.seconds / SLICES
    for at, value in points:
        if value is not None and window.start <= at < window.end:
            slices[min(int((at - window.start) / width), SLICES - 1)].append(value)
    return tuple(
        (window.start + (number + 0.5) * width, quantiles(values, n=20, method="inclusive")[-1])
        for number, values in enumerate(slices)
        if len(values) >= 5
    )


@dataclass(frozen=True, slots=True)
class Below:
    """What stands below the chart: medians of the phases, the limit, uptimes, and the time whose events are told."""

    phases: Mapping[str, float | None]
    uptimes: Sequence[Uptime]
    window: chart.Window
    metric: str = ""
    limit: Limit | None = None


def below(site: Site, shown: Below, width: int, now: float, glyphs: Glyphs) -> Lines:
    """Where the time went, how often it answered, and what happened in the time that is shown."""
    named = [(name, shown.phases.get(metric)) for name, metric in PHASES]
    return [
        labelled("phases p50", (phase_bar(named, max(width - 13, 10), glyphs=glyphs), "label"), room=10),
        *limit_lines(shown.metric, shown.limit),
        uptime_line(shown.uptimes),
        *event_lines(site, shown.window, width, now, glyphs.plain),
    ]


def limit_lines(metric: str, limit: Limit | None) -> Lines:
    """What the dashed line of the chart is: from there on the judge calls the measure slower, as things are now."""
    if limit is None:
        return []
    level, usual = wording.metric_value(metric, limit.level), wording.metric_value(metric, limit.baseline)
    if limit.looks:
        since = f"  the dashed line; the median of {limit.looks} looks is {usual}"
    else:
        since = f"  the dashed line, until it is back near the {usual} from before it slowed down"
    return [labelled("slower at", (level, ""), (since, "muted"), room=10)]


def uptime_line(uptimes: Sequence[Uptime]) -> list[Part]:
    """`24h 99.31 %  7d 99.87 % (0.40 % unknown)  30d 99.90 % of 12d watched`: what nobody saw counts as nothing.

    A longer time that nobody watched any more of than the shorter one before it says nothing new and is left out.
    """
    parts: list[Part] = labelled("up", room=10)
    told = 0.0
    for each in uptimes:
        if told and each.watched <= told:
            continue
        told = each.watched if each.watched < each.days * DAY * ENOUGH else each.days * DAY
        name = "24h" if each.days == 1 else f"{each.days}d"
        watched = f" of {wording.duration(each.watched)} watched" if 0 < told < each.days * DAY else ""
        role = "degraded" if each.failed else ""
        unknown = f" ({wording.percent(each.unknown_share, 2)} unknown)" if each.unknown else ""
        parts += [(f"{name} ", "muted"), (wording.percent(each.share, 2), role), (f"{watched}{unknown}   ", "muted")]
    return parts


def event_lines(site: Site, window: chart.Window, width: int, now: float, plain: bool) -> Lines:
    """What happened in the time that is shown, newest first."""
    found = moments(Timeline(None, site.changes, site.alerts), now, plain)
    inside = [each for each in reversed(found) if window.start <= each.at < window.end]
    lines: Lines = [[(f" {wording.counted(len(inside), 'event')} in this time", "heading")]]
    for each in inside[:200]:
        left, right = moment_parts(each, now, width)
        lines.append([*left, ("   ", ""), *right])
    return lines


def medians_of(trends: Sequence[Trend]) -> dict[str, float | None]:
    """The median of each metric, None where nothing was measured."""
    return {each.metric: median([value for _, value in each.points]) if each.points else None for each in trends}

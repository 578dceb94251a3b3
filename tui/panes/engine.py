"""The engine's figures as lines: a strip for the overview, and everything for the system screen."""

from __future__ import annotations

from core.operations import ChannelFigures, EngineStatus
from tui import wording
from tui.figures import Figures
from tui.news import News
from tui.panes.paint import Part, labelled
from tui.theme import Glyphs
from tui.widgets.spark import spark

Lines = list[list[Part]]
ROOMY = 110


def _health(name: str, plain: bool) -> Part:
    sign = wording.HEALTH_SIGNS[name]
    return sign.mark(plain), sign.role


def strip(news: News, plain: bool, width: int) -> Lines:
    """Two lines: scheduler, workers, store; then queue, dead letters, channels."""
    status = news.status
    if status is None:
        return [[(" no figures yet", "muted")], []]
    late = status.late_p99_ms
    busy = late is not None and late > 1000
    first: list[Part] = [
        (" sched ", "muted"), _health("busy" if busy else "ok", plain), (f" {wording.milliseconds(late)} late   ", ""),
        ("workers ", "muted"), _health("ok" if status.workers else "idle", plain), (f" {len(status.workers)}   ", ""),
        ("scans ", "muted"), (f"{status.scans_per_second:.1f}/s  ", ""), (f"{status.failures:,} failed   ", "muted"),
        ("link ", "muted"), _health("ok" if status.online else "trouble", plain),
    ]  # fmt: skip
    if width >= ROOMY:
        first += [("   due to stored p99 ", "muted"), (wording.milliseconds(status.stored_p99_ms), ""),
                  ("   store ", "muted"), (wording.size(status.storage_bytes), "")]  # fmt: skip
    second: list[Part] = [
        (" due ", "muted"), (f"{status.due:,}  ", ""), ("in flight ", "muted"), (f"{status.in_flight:,}   ", ""),
        ("dead letters ", "muted"), (f"{len(news.dead):,}   ", "dead" if news.dead else ""),
    ]  # fmt: skip
    for each in status.channels:
        second += [(f"{each.name} ", "muted"), _health(channel_health(each), plain), ("  ", "")]
    return [first, second]


def channel_health(channel: ChannelFigures) -> str:
    if channel.waiting and channel.last_error:
        return "busy"
    if channel.failed and not channel.delivered:
        return "trouble"
    return "ok" if channel.delivered else "idle"


def health(news: News, now: float, glyphs: Glyphs, width: int) -> Lines:
    """Everything that the engine says of itself."""
    status = news.status
    if status is None:
        return [[(" the engine has given no figures yet", "muted")]]
    lines = [*_process(status, now), *_figures(status)]
    if len(news.rates) > 1:
        room = max(min(width - 24, 90), 8)
        lines.append(labelled("last minutes", (spark(news.rates, room, glyphs=glyphs), "up"), (" scans/s", "muted")))
    lines += [labelled("trouble", (each, "error")) for each in status.trouble]
    lines += [
        labelled("running", (f"{name} for {wording.duration(now - since)}", "")) for name, since in status.running
    ]
    return lines


def _process(status: EngineStatus, now: float) -> Lines:
    return [
        labelled("engine", (f"pid {status.pid}, version {status.version}", "")),
        labelled(
            "since", (wording.moment(status.started_at), ""), (f"  {wording.ago(status.started_at, now)}", "muted")
        ),
        labelled("own link", ("up" if status.online else "down", "up" if status.online else "down")),
        labelled("store", (wording.size(status.storage_bytes), "")),
    ]


def _figures(status: EngineStatus) -> Lines:
    return [
        labelled("targets", (wording.number(status.targets), "")),
        labelled("scans", (wording.number(status.scans), ""), (f"  {status.scans_per_second:.1f}/s", "muted"),
                 (f"  {wording.number(status.failures)} failed", "degraded" if status.failures else "muted")),
        labelled("in flight", (f"{status.in_flight:,}", ""), (f"  {status.due:,} due", "muted"),
                 (f"  {status.held_domains:,} domains held back", "muted")),
        labelled("lateness", (f"p50 {wording.milliseconds(status.late_p50_ms)}", ""),
                 (f"  p99 {wording.milliseconds(status.late_p99_ms)}", "")),
        labelled("until stored", (f"p50 {wording.milliseconds(status.stored_p50_ms)}", ""),
                 (f"  p99 {wording.milliseconds(status.stored_p99_ms)}", "")),
    ]  # fmt: skip


def own_lines(figures: Figures) -> Lines:
    """What the console says of itself."""
    return [
        labelled("key to paint", (f"p50 {wording.milliseconds(figures.key_p50_ms)}", ""),
                 (f"  p99 {wording.milliseconds(figures.key_p99_ms)}", ""),
                 (f"  of {wording.counted(figures.keys, 'key')}", "muted")),
        labelled("loop stall", (f"at most {wording.milliseconds(figures.stall_max_ms)} in a minute", "")),
        labelled("terminal", (f"{wording.size(figures.bytes_per_second)}/s", "")),
        labelled("memory", (wording.size(figures.memory_bytes), ""), (", workers not counted", "muted")),
    ]  # fmt: skip

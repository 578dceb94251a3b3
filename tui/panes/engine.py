"""The engine's figures as lines: a strip for the overview, and everything for the system screen."""

from __future__ import annotations

from collections.abc import Sequence

from core.model.alert import Delivery
from core.model.people import AuditEntry
from core.operations import ChannelFigures, EngineStatus
from tui import wording
from tui.figures import Figures
from tui.news import News
from tui.panes.paint import Part, labelled
from tui.theme import Glyphs
from tui.widgets.cut import fit
from tui.widgets.spark import spark

Lines = list[list[Part]]
ROOMY = 110
STATE, INDENT = 7, 24
LATE_MS = 1000.0  # from here on looks are told to be behind their time


def _health(name: str, plain: bool) -> Part:
    sign = wording.HEALTH_SIGNS[name]
    return sign.mark(plain), sign.role


def strip(news: News, plain: bool, width: int) -> Lines:
    """Two lines: scheduler, workers, store; then queue, dead letters, channels."""
    status = news.status
    if status is None:
        return [[(" no figures yet", "muted")], []]
    late = status.late_p99_ms
    busy = late is not None and late > LATE_MS
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
    """Everything that the engine says of itself: a line a part, with its state first."""
    status = news.status
    if status is None:
        return [[(" the engine has given no figures yet", "muted")]]
    plain = glyphs.plain
    lines = [*_parts(news, status, now, plain), *(_channel(each, now, plain) for each in status.channels)]
    if len(news.rates) > 1:
        room = max(min(width - 32, 60), 8)
        course = spark(news.rates, room, glyphs=glyphs, top=max(news.rates) * 4 / 3)
        lines.append(labelled("last minutes", (course, "up"), (" looks a second", "muted")))
    lines += [labelled("trouble", (each, "error")) for each in status.trouble]
    return lines + [
        labelled("at work", (f"{name} for {wording.duration(now - since)}", "")) for name, since in status.running
    ]


def _parts(news: News, status: EngineStatus, now: float, plain: bool) -> Lines:
    late, dead = (status.late_p99_ms or 0.0) > LATE_MS, len(news.dead)
    working = sum(1 for each in status.workers if each.in_flight)
    restarts = sum(each.restarts for each in status.workers)
    ms, counted = wording.milliseconds, wording.counted
    return [
        _part("engine", _state("ok", plain, "runs"), wording.counted(status.targets, "site"),
              f"for {wording.duration(now - status.started_at)}, pid {status.pid}, version {status.version}"),
        _part("own line", _state("ok", plain, "up") if status.online else _state("trouble", plain, "down"), "",
              "" if status.online else "nothing is called down while it is"),
        _part("scheduler", _state("busy" if late else "ok", plain), f"{ms(status.late_p99_ms)} late (p99)",
              f"p50 {ms(status.late_p50_ms)}, {status.due:,} due{_held(status)}"),
        _part("looks", _state("ok", plain), f"{status.scans_per_second:.1f} a second",
              f"{status.scans:,} so far, {status.failures:,} failed, {status.in_flight:,} in flight"),
        _part("workers", _state("ok", plain) if status.workers else _state("trouble", plain, "none"),
              f"{working:,} of {len(status.workers):,} at work", counted(restarts, "restart")),
        _part("store", _state("ok", plain), wording.size(status.storage_bytes),
              f"from due to stored p50 {ms(status.stored_p50_ms)}, p99 {ms(status.stored_p99_ms)}"),
        _part("dead letters", _state("trouble", plain, f"{dead:,}") if dead else _state("ok", plain, "none"), "",
              "they wait on screen 4 for somebody" if dead else ""),
    ]  # fmt: skip


def _held(status: EngineStatus) -> str:
    return f", {wording.counted(status.held_domains, 'domain')} held back" if status.held_domains else ""


def _state(health: str, plain: bool, word: str = "") -> list[Part]:
    sign = wording.HEALTH_SIGNS[health]
    return [(f"{sign.mark(plain)} ", sign.role), (fit(word or sign.word, STATE), sign.role)]


def _part(name: str, state: list[Part], figure: str, more: str = "") -> list[Part]:
    """` scheduler    ● ok      45 ms late (p99)  p50 2 ms, 0 due`."""
    return labelled(
        name, *state, (f" {figure}" if figure else "", ""), (f"  {more}" if figure else f" {more}", "muted")
    )


def _channel(channel: ChannelFigures, now: float, plain: bool) -> list[Part]:
    last = f", last {wording.age(channel.last_at, now)} ago" if channel.last_at else ""
    error = f"  {channel.last_error}" if channel.last_error else ""
    return _part(channel.name, _state(channel_health(channel), plain), f"{channel.delivered:,} told",
                 f"{channel.failed:,} failed, {channel.waiting:,} waiting{last}{error}")  # fmt: skip


def waiting_lines(deliveries: Sequence[Delivery], now: float, plain: bool, most: int) -> Lines:
    """What is to be told and was not yet, or never will be."""
    lines: Lines = [[(f" {wording.counted(len(deliveries), 'message')} not delivered", "heading")]]
    for each in deliveries[:most]:
        sign = wording.delivery_sign(each.state)
        about = f"  A-{each.alert_id}" if each.alert_id else ""
        lines.append(labelled(f"D-{each.id}", (f"{sign.mark(plain)} ", sign.role),
                              (wording.delivery_words(each, now), ""), (about, "muted")))  # fmt: skip
    return lines if deliveries else [[(" nothing waits to be delivered", "muted")]]


def audit_lines(entries: Sequence[AuditEntry], now: float, most: int) -> Lines:
    """Who did what last."""
    lines: Lines = [[(" who did what last", "heading")]]
    for each in entries[:most]:
        lines.append(labelled(wording.day_or_clock(each.at, now), (f"{each.actor} ", "label"), (f"{each.action} ", ""),
                              (each.subject, ""), (f"  {each.detail}" if each.detail else "", "muted")))  # fmt: skip
    return lines if entries else []


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

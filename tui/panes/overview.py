"""What the overview says beside its lists: the last hour as strips, the fleet as cells, and one target's timeline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.cells import cell_len
from rich.text import Text

from core.model.alert import Alert, AlertEvent, AlertState, Delivery, DeliveryState
from core.model.change import Change, ChangeState
from core.model.record import TargetRecord
from core.model.target import WORST_FIRST, Status
from core.view import Fleet, Pulse, Timeline, Trend
from tui import wording
from tui.panes.paint import Part, Role, page, spread
from tui.theme import Glyphs
from tui.widgets import chart
from tui.widgets.cut import cut, fit
from tui.widgets.spark import spark

Lines = list[list[Part]]
JUST_BEFORE = 3600.0
YOUNGEST = 60.0
LABEL, FIGURE, TILE, NARROW = 10, 9, 15, 60


@dataclass(frozen=True, slots=True)
class _Strip:
    name: str
    role: str
    values: Sequence[float | None]
    words: Callable[[float], str]
    least: float


def pulse_title(pulse: Pulse | None) -> tuple[str, str]:
    """`Last 60 min`, and of how many sites where not all were counted."""
    if pulse is None:
        return "Last 60 min", ""
    minutes = round((pulse.until - pulse.since) / 60)
    part = f"from {pulse.asked:,} of {pulse.known:,} sites" if pulse.asked < pulse.known else ""
    return f"Last {minutes} min", part


def pulse_lines(pulse: Pulse | None, width: int, rows: int, glyphs: Glyphs) -> Lines:
    """One line a figure: its name, its course, and what it is now (changes and alerts: how many in all)."""
    if pulse is None:
        return [[(" reading", "muted")]]
    room = max(width - LABEL - FIGURE - 3, 4)
    return [_strip_line(each, room, glyphs) for each in _strips(pulse)[:rows]]


def _watched(pulse: Pulse, counts: Sequence[int]) -> list[int | None]:
    """Counts of the time that somebody watched: before that nothing is known, which is not nothing."""
    first = next((at for at, each in enumerate(pulse.scans) if each), len(counts))
    return [count if count or at >= first else None for at, count in enumerate(counts)]


def _strips(pulse: Pulse) -> list[_Strip]:
    changes, alerts = sum(pulse.changes), sum(pulse.alerts)
    return [
        _Strip("scans/s", "up", pulse.scans, lambda value: f"{value:,.1f}" if value < 100 else f"{value:,.0f}", 0.0),
        _Strip("errors %", "down", pulse.errors, lambda value: wording.percent(value).removesuffix(" %"), 0.05),
        _Strip("p95 ttfb", "changed", pulse.ttfb_ms, wording.milliseconds, 0.0),
        _Strip("changes", "event_change", _watched(pulse, pulse.changes), lambda _: f"{changes:,}", 4.0),
        _Strip("alerts", "event_alert", _watched(pulse, pulse.alerts), lambda _: f"{alerts:,}", 4.0),
    ]


def _strip_line(strip: _Strip, room: int, glyphs: Glyphs) -> list[Part]:
    known = [each for each in strip.values if each is not None]
    figure = strip.words(known[-1]) if known else wording.NOTHING
    course = spark(stretched(strip.values, room), room, glyphs=glyphs, top=max([*known, strip.least], default=0.0))
    seen = course.lstrip(glyphs.missing)
    return [(f" {fit(strip.name, LABEL)}", "label"), (course[: len(course) - len(seen)], "muted"),
            (seen, strip.role if any(known) else "muted"), (fit(figure, FIGURE, "right"), "")]  # fmt: skip


def stretched(values: Sequence[float | None], room: int) -> list[float | None]:
    """At least `room` values, each told as often as it takes."""
    if not values or len(values) >= room:
        return list(values)
    return [values[at * len(values) // room] for at in range(room)]


# -- the fleet

_CELLS = {Status.UP: "·", Status.DEGRADED: "▒", Status.DOWN: "█", "paused": "_"}


def heat_title(fleet: Fleet, width: int, height: int) -> str:
    count = len(fleet.states)
    every = _sites_a_cell(count, width, height)
    if _tiled(fleet, width, height):
        return f"Fleet: {wording.counted(count, 'site')}"
    return f"Fleet: one cell is {wording.counted(every, 'site')}, the worst of them" if every > 1 else (
        "Fleet: one cell a site")  # fmt: skip


def heat_height(fleet: Fleet, width: int, most: int) -> int:
    """How many lines it takes."""
    count = len(fleet.states)
    if _tiled(fleet, width, most):
        return max(-(-count // _tiles_across(width)), 1)
    cells = -(-count // _sites_a_cell(count, width, most))
    return max(-(-cells // max(width - 2, 1)), 1)


def heat_lines(fleet: Fleet, width: int, height: int, glyphs: Glyphs) -> Lines:
    """Sites by their names, in tiles where there is room for names, else in cells whose worst site counts."""
    states = fleet.states
    if not states:
        return [[(" no site is watched yet", "muted")]]
    if _tiled(fleet, width, height):
        return _tiles(sorted(fleet.worst, key=lambda each: each.name), width, glyphs)
    every, room = _sites_a_cell(len(states), width, height), max(width - 2, 1)
    cells = [WORST_FIRST[int(min(states[at : at + every]))] for at in range(0, len(states), every)]
    return [[(" ", ""), *_runs(cells[at : at + room], glyphs.plain)] for at in range(0, len(cells), room)]


def _tiled(fleet: Fleet, width: int, height: int) -> bool:
    count = len(fleet.states)
    return count == len(fleet.worst) and count <= _tiles_across(width) * height


def _tiles_across(width: int) -> int:
    return max((width - 1) // TILE, 1)


def _sites_a_cell(count: int, width: int, height: int) -> int:
    return max(1, -(-count // max((width - 2) * height, 1)))


def _tiles(records: Sequence[TargetRecord], width: int, glyphs: Glyphs) -> Lines:
    across = _tiles_across(width)
    lines: Lines = []
    for at in range(0, len(records), across):
        line: list[Part] = []
        for each in records[at : at + across]:
            sign = wording.target_sign(each.status, each.paused)
            role = "" if sign.role == "up" else sign.role
            line += [(f" {sign.mark(glyphs.plain)} ", sign.role),
                     (fit(each.name, TILE - 3, ellipsis=glyphs.ellipsis), role)]  # fmt: skip
        lines.append(line)
    return lines


def _runs(cells: Sequence[str], plain: bool) -> Iterator[Part]:
    for state, run in groupby(cells):
        sign = wording.target_sign(state, state == "paused")
        glyph = sign.mark(True) if plain else _CELLS.get(state, sign.mark())
        yield glyph * len(list(run)), "muted" if state == Status.UP else sign.role


# -- one target's time


@dataclass(frozen=True, slots=True)
class Moment:
    """A line of a timeline: `sign` is C, A, N, or what is still to come."""

    at: float
    sign: str
    role: str
    words: str
    more: str = ""


def moments(timeline: Timeline, now: float, plain: bool) -> list[Moment]:
    """Confirmed changes, alerts and who was told, oldest first; then what comes next."""
    found = [
        Moment(each.at, "C", "event_change", wording.change_words(each),
               f"C-{each.id} {wording.severity_sign(each.severity).brief} {wording.confidence(each.confidence)}")
        for each in timeline.changes if each.state in (ChangeState.CONFIRMED, ChangeState.INCONCLUSIVE)
    ]  # fmt: skip
    for alert in timeline.alerts:
        found += _alert_moments(alert, now)
    found.sort(key=lambda each: each.at)
    due = timeline.record["next_due"] if timeline.record else None
    if due and timeline.record and not timeline.record["paused"]:
        found.append(Moment(due, "." if plain else "◷", "muted", f"next look {wording.countdown(due, now)}"))
    return found


def _alert_moments(alert: Alert, now: float) -> Iterator[Moment]:
    severity = wording.severity_sign(alert.severity).brief
    yield Moment(alert.since, "A", "event_alert", wording.alert_words(alert), f"A-{alert.id} {severity}")
    if alert.state is AlertState.RESOLVED:
        yield Moment(alert.updated_at, "A", "resolved", "resolved", f"A-{alert.id}")
    elif alert.state is AlertState.ACKNOWLEDGED:
        yield Moment(alert.updated_at, "A", "acknowledged", f"acknowledged by {alert.acknowledged_by or 'somebody'}",
                     f"A-{alert.id}")  # fmt: skip
    yield from _told_moments(alert, now)


def _told_moments(alert: Alert, now: float) -> Iterator[Moment]:
    """Who was told: in one line those who were told the same in the same second."""
    together: dict[tuple[int, AlertEvent], list[Delivery]] = {}
    for each in alert.deliveries:
        if each.state is DeliveryState.DELIVERED:
            together.setdefault((int(each.at), each.event), []).append(each)
            continue
        role = wording.delivery_sign(each.state).role if each.state is DeliveryState.DEAD else "event_delivery"
        yield Moment(each.at, "N", role, wording.delivery_words(each, now), f"A-{alert.id}")
    for (_, event), told in together.items():
        words = wording.told_words(sorted(each.channel for each in told), event)
        yield Moment(max(each.at for each in told), "N", "event_delivery", words, f"A-{alert.id}")


def moment_parts(each: Moment, now: float, width: int) -> tuple[list[Part], list[Part]]:
    """What stands at the left of its line and at the right; nothing there where there is little room."""
    left: list[Part] = [(f" {wording.day_or_clock(each.at, now):<8} ", "muted"), (f"{each.sign}  ", each.role)]
    return [*left, (each.words, "muted" if each.role == "muted" else "")], [
        (f"{each.more} ", "muted")
    ] if width >= NARROW else []


def story(role: Role, timeline: Timeline, now: float, plain: bool, room: tuple[int, int]) -> Text:
    """As much of what happened at a target as there is room for (cells, lines), and what comes next below it."""
    width, rows = room
    found = moments(timeline, now, plain)[-max(rows, 1) :]
    lines = [spread(role, *moment_parts(each, now, width), width) for each in found]
    return Text("\n", end="").join(lines) if lines else page(role, [[(" nothing has happened", "muted")]], width)


# -- one line about what needs somebody


def just_before(alert: Alert, timeline: Timeline | None) -> list[Change]:
    """What else changed at the same target in the hour before the alert, newest first."""
    own = {each.id for each in alert.changes}
    near = timeline.changes if timeline else ()
    return [each for each in near if _just_before(each, alert) and each.id not in own]


def before_words(alert: Alert, timeline: Timeline | None) -> str:
    """The newest of what changed just before, and how many more there are."""
    if timeline is None:
        return ""
    near = just_before(alert, timeline)
    if not near:
        return "nothing else changed just before"
    more = f" and {len(near) - 1} more" if len(near) > 1 else ""
    return f"{wording.duration(alert.since - near[0].at)} before: {wording.change_words(near[0], 60)}{more}"


def _just_before(change: Change, alert: Alert) -> bool:
    return change.state is ChangeState.CONFIRMED and alert.since - JUST_BEFORE <= change.at <= alert.since


def told_words(deliveries: Iterable[Delivery], *, times: bool = True) -> str:
    """`told mail 14:02:33, hook 14:02:34`, or what became of it."""
    latest: dict[str, Delivery] = {}
    for each in deliveries:
        latest[each.channel] = each
    if not latest:
        return "nobody was told"
    parts = []
    for name, each in latest.items():
        done = each.state is DeliveryState.DELIVERED
        more = "" if done and not times else wording.clock(each.at) if done else wording.delivery_sign(each.state).word
        parts.append(f"{cut(name, 20)} {more}".rstrip())
    return "told " + ", ".join(parts)


def need_parts(found: Alert | Delivery | None, timeline: Timeline | None, width: int) -> list[Part]:
    """Who was told, and what changed just before; what comes next stands in its row.

    Where there is no room for all, the times are left out first: they stand in the alert itself.
    """
    if found is None:
        return []
    if isinstance(found, Delivery):
        words = f"{found.channel} took nothing; r on screen 4 tries again, X there drops it"
        return [(f" D-{found.id} ", "label"), (words, "muted")]
    before, label = before_words(found, timeline), f" A-{found.id} "
    told = told_words(found.deliveries)
    if cell_len(label + told + before) + 2 > width:
        told = told_words(found.deliveries, times=False)
    parts: list[Part] = [(label, "label"), (told, "")]
    return [*parts, (f"  {before}", "muted")] if before else parts


# -- its chart


def trend_of(trend: Trend, timeline: Timeline) -> chart.Trend:
    """The first byte of a target with what happened beside it."""
    every = timeline.record["every"] if timeline.record else None
    return chart.Trend(
        "first byte", "ms", trend.points, every or 300.0, marks=marks_of(timeline.changes, timeline.alerts)
    )


def window_of(trend: Trend, now: float) -> chart.Window:
    """A day; of a younger target the time since its first look."""
    start = trend.points[0][0] if trend.points else now - YOUNGEST
    return chart.Window(min(start, now - YOUNGEST), now + 1)


def marks_of(changes: Iterable[Change], alerts: Iterable[Alert]) -> tuple[chart.Mark, ...]:
    """C for confirmed changes, A for alerts, N for who was told."""
    found = [chart.Mark(each.at, "C", wording.change_words(each)) for each in changes
             if each.state is ChangeState.CONFIRMED]  # fmt: skip
    for alert in alerts:
        found.append(chart.Mark(alert.since, "A", f"A-{alert.id} {wording.alert_words(alert)}"))
        told = [each for each in alert.deliveries if each.state is DeliveryState.DELIVERED]
        found += [chart.Mark(each.at, "N", f"{each.channel} told") for each in told]
    return tuple(sorted(found, key=lambda each: each.at))

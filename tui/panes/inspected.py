"""The site under the cursor of the list: why it is as it is, since when, who knows, and what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.model.alert import Alert, AlertState
from core.model.change import ChangeState
from core.view import Timeline
from tui import wording
from tui.panes.paint import Part, labelled
from tui.panes.rows import next_step
from tui.theme import Glyphs

Lines = list[list[Part]]
Record = Mapping[str, Any]
LABEL = 10


def inspected_line(record: Record | None, timeline: Timeline | None, now: float, glyphs: Glyphs) -> list[Part]:
    """`── shop-eu: connect timeout since 13:56:19 · A-412 · rescan in 0:06`."""
    if record is None:
        return [(glyphs.rule * 2, "rule")]
    words, role = why(record, timeline)
    parts: list[Part] = [
        (f"{glyphs.rule * 2} ", "rule"),
        (str(record["name"]), "heading"),
        (": ", "muted"),
        (words, role),
    ]
    alert = open_alert(timeline)
    if alert is not None:
        parts += [(f" since {wording.clock(alert.since)}", "muted"), (f"  A-{alert.id} ", ""),
                  (wording.alert_sign(alert.state).brief, wording.alert_sign(alert.state).role)]  # fmt: skip
    return [*parts, (f"  {coming(record, alert, now)}", "muted")]


def why(record: Record, timeline: Timeline | None) -> tuple[str, str]:
    """In a few words, and their role: what its worst alert says, else what changed last, else how it is."""
    sign = wording.target_sign(str(record["status"]), bool(record["paused"]))
    if record["paused"]:
        return "paused: nobody looks at it", sign.role
    alert = open_alert(timeline)
    if alert is not None:
        return wording.alert_words(alert), sign.role if sign.role != "up" else ""
    if not record["scans"]:
        return "not looked at yet", sign.role
    changes = timeline.changes if timeline else ()
    last = next((each for each in changes if each.state is ChangeState.CONFIRMED), None)
    words = (
        f"{sign.word}, last change: {wording.change_words(last, 60)}" if last else f"{sign.word}, nothing has changed"
    )
    return words, "" if sign.role == "up" else sign.role


def open_alert(timeline: Timeline | None) -> Alert | None:
    """The worst of those that are not over, the older of two alike."""
    held = [each for each in timeline.alerts if each.state is not AlertState.RESOLVED] if timeline else []
    return min(held, key=lambda each: (-each.severity, each.since), default=None)


def coming(record: Record, alert: Alert | None, now: float) -> str:
    if record["paused"]:
        return "no look is planned"
    due = record["next_due"]
    return f"next: {next_step(alert, now, due)}" if alert else f"next look {wording.countdown(due, now)}"


def inspected(record: Record | None, timeline: Timeline | None, now: float, plain: bool) -> Lines:
    """The same with what the last look measured."""
    return _figures(record, timeline, now, plain) if record else [[(" put the cursor on a site", "muted")]]


def _figures(record: Record, timeline: Timeline | None, now: float, plain: bool) -> Lines:
    sign = wording.target_sign(str(record["status"]), bool(record["paused"]))
    words, role = why(record, timeline)
    alert, days = open_alert(timeline), record["cert"]
    stack = ", ".join(f"{name} {version}".strip() for name, version in record["tech"] or ())
    lines: Lines = [
        labelled(
            "state",
            (sign.label(plain), sign.role),
            (f"  {record['failures'] or 0:,} of {record['scans'] or 0:,} looks failed", "muted"),
            room=LABEL,
        ),
        labelled("why", (words, role), room=LABEL),
    ]
    if alert is not None:
        state = wording.alert_sign(alert.state)
        lines.append(labelled("alert", (f"A-{alert.id} ", ""), (state.label(plain), state.role),
                              (f" since {wording.clock(alert.since)}", "muted"), room=LABEL))  # fmt: skip
        lines.append(labelled("told", (wording.told(alert.deliveries), "muted"), room=LABEL))
    return [
        *lines,
        labelled("next", (coming(record, alert, now).removeprefix("next: ").removeprefix("next "), ""), room=LABEL),
        labelled("url", (str(record["url"]), "link"), room=LABEL),
        labelled("last look", (wording.ago(record["last_at"], now), ""), room=LABEL),
        labelled("took", (wording.milliseconds(record["total_ms"]), ""),
                 (f"  first byte {wording.milliseconds(record['ttfb_ms'])}", "muted"), room=LABEL),
        labelled("security", (wording.grade(record["sec"]), ""),
                 (f"  certificate {wording.days_left(None if days is None else days * 86_400)}", "muted"), room=LABEL),
        labelled("stack", (stack or wording.NOTHING, ""), room=LABEL),
        labelled("owner", (str(record["owner"] or wording.NOTHING), ""),
                 (f"  {' '.join(record['tags'] or ())}", "muted"), room=LABEL),
    ]  # fmt: skip

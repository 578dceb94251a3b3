"""Which stored changes a rule would have matched, and how often it would have told: counted, then as lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.model.alert import Rule
from core.model.change import Change, ChangeState
from core.query.filters import compile_filter, parse
from tui import wording
from tui.panes.paint import Part, labelled

MOST = 50
TOLD = (ChangeState.CONFIRMED, ChangeState.INCONCLUSIVE)


@dataclass(frozen=True, slots=True)
class Matched:
    """`told` is how often a channel would have heard of a site, after the throttle; `first` are the newest matches."""

    count: int
    of: int
    told: int
    first: tuple[Change, ...]


def matched(rule: Rule, records: Sequence[Mapping[str, Any]], now: float) -> Matched:
    """Try a rule on change records that have their change under "change", newest first. Runs off the console's loop."""
    holds = compile_filter(parse(rule.when, "changes"), now)
    found: list[Change] = [record["change"] for record in records if holds(record)]
    return Matched(len(found), len(records), _told(rule, found), tuple(found[:MOST]))


def _told(rule: Rule, found: Sequence[Change]) -> int:
    """A rule tells a channel of a target at most once in its throttle; suspicions and noise are told to nobody."""
    last: dict[int, float] = {}
    count = 0
    for change in reversed(found):
        before = last.get(change.target_id)
        if change.state in TOLD and (before is None or change.at - before >= rule.throttle):
            last[change.target_id] = change.at
            count += 1
    return count


def matched_lines(found: Matched, now: float, plain: bool, days: int) -> list[list[Part]]:
    """The count, how often it would have told, and the newest rows."""
    many = f"{wording.matches(found.count, found.of)} changes, {days} days"
    lines = [
        labelled("matches", (many, "heading" if found.count else "muted")),
        labelled("would tell", (f"{wording.counted(found.told, 'time')} at most", "" if found.told else "muted"),
                 ("  after the throttle", "muted")),
    ]  # fmt: skip
    for change in found.first:
        severity, state = wording.severity_sign(change.severity), wording.change_sign(change.state)
        lines.append([
            (f" {wording.day_or_clock(change.at, now):<8} ", "muted"), (f"{state.mark(plain)} ", state.role),
            (f"{severity.brief:<5}", severity.role), (f"{change.target or 'the watch itself'}  ", ""),
            (wording.change_words(change), "muted"),
        ])  # fmt: skip
    return lines

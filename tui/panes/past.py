"""A site's past: facts that came and went, looks that failed or were told to fail, and jobs out of turn."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from core.view import Past
from tui import wording
from tui.panes.paint import Part

Lines = list[list[Part]]
MOST_LOOKS = 60


def past_lines(past: Past | None, now: float, plain: bool) -> Lines:
    if past is None:
        return [[(" reading", "muted")]]
    return [*_moved(past, now, plain), [], *_jobs(past, now, plain), [], *_looks(past, now, plain)]


def _moved(past: Past, now: float, plain: bool) -> Lines:
    lines: Lines = [[(" facts that came, went or became something else", "heading"), (f"  {len(past.moved)}", "muted")]]
    for each in past.moved[:100]:
        sign = wording.difference_sign(each.before, each.after)
        lasted = f"  held {wording.duration(each.at - each.since)}" if each.since is not None else ""
        name = f"{each.kind.replace('_', ' ')} {each.key}  "
        value = " → ".join(_short(one) for one in (each.before, each.after) if one is not None)
        lines.append([(f" {wording.day_or_clock(each.at, now):<8} ", "muted"), (f"{sign.mark(plain)} ", sign.role),
                      (name, "label"), (value, ""), (lasted, "muted")])  # fmt: skip
    return lines if past.moved else [*lines, [("   none in these days", "muted")]]


def _short(value: str | None) -> str:
    first, *more = (value or "").splitlines() or [""]
    return f"{first[:60]}…" if more or len(first) > 60 else first


def _jobs(past: Past, now: float, plain: bool) -> Lines:
    lines: Lines = [[(" looks out of turn: retries and those that a person asked for", "heading")]]
    for each in past.jobs[:20]:
        sign = wording.job_sign(each.state)
        lines.append([(f" {wording.day_or_clock(each.scheduled_for, now):<8} ", "muted"),
                      (f"{sign.mark(plain)} {sign.word:<10}", sign.role), (f"J-{each.id}  ", "muted"),
                      (f"{wording.counted(each.attempts, 'attempt')}  ", "muted"), (each.error, "error")])  # fmt: skip
    return lines if past.jobs else [*lines, [("   none in these days", "muted")]]


def _looks(past: Past, now: float, plain: bool) -> Lines:
    """Looks, newest first; those with the same outcome in a row share a line."""
    lines: Lines = [[(" looks", "heading"), (f"  {len(past.looks):,} in these days", "muted")]]
    runs = [(failure, list(each)) for failure, each in groupby(past.looks, key=lambda look: look[1])]
    for failure, looks in runs[:MOST_LOOKS]:
        sign = wording.target_sign("down" if failure else "up")
        lines.append([(f" {wording.day_or_clock(looks[0][0], now):<8} ", "muted"), (f"{sign.mark(plain)} ", sign.role),
                      *_run_words(failure, looks)])  # fmt: skip
    return lines if past.looks else [*lines, [("   none in these days", "muted")]]


def _run_words(failure: str, looks: Sequence[tuple[float, str, float]]) -> list[Part]:
    outcome = f"failed at {failure}" if failure else "answered"
    slowest = max(took for _, _, took in looks)
    since = f" since {wording.clock(looks[-1][0])}" if len(looks) > 1 else ""
    return [(f"{wording.counted(len(looks), 'look')} {outcome}{since}", ""),
            (f"  slowest {wording.milliseconds(slowest)}", "muted")]  # fmt: skip

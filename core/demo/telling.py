"""The words of the demo without a screen: a line for each thing that happens, the summary, and the same as JSON.

Lines fit 80 columns. Everything foreign is made safe by the sink that prints them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any

from core.clock import rfc3339
from core.demo.account import Account, Told
from core.demo.script import Scene
from core.demo.sites import NOISY, SITES
from core.model.alert import Alert, AlertEvent, AlertState
from core.model.change import Change

WIDTH = 80
_VALUE = 22
_INDENT = " " * 18


def begin_line() -> str:
    return _line(0.0, "begins", "every site was looked at once, so what differs now is a change")


def scene_line(scene: Scene) -> str:
    return _line(scene.at, "happens", f"{scene.site}: {scene.words}")


def change_lines(seconds: float, change: Change) -> Iterator[str]:
    """What differs, and why it counts."""
    key = f" {change.key}" if change.key else ""
    yield _line(seconds, "change", f"{change.target}: {change.severity.word} {change.type}{key}")
    reasons = [each.because for each in change.reasons if each.step == "detect"]
    reasons += [each.because for each in change.reasons if each.step == "confirm"][-1:]
    why = f"because {'; '.join(reasons)}"
    if change.after is None or change.after not in why:
        why = f"{_short(change.before)} → {_short(change.after)}, {why}"
    yield from wrap(why, WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)


def alert_line(seconds: float, alert: Alert) -> str:
    state = "is over" if alert.state is AlertState.RESOLVED else f"opens, {alert.severity.word}"
    return _line(seconds, "alert", f"A-{alert.id} {state}: {alert.target}, rule {alert.rule}")


def received_line(seconds: float, received: Mapping[str, Any]) -> str:
    resolved = received["about"] == AlertEvent.RESOLVED.value and received["channel"] == "hook"
    subject = f"Resolved: {received['subject']}" if resolved else received["subject"]
    return _line(seconds, received["channel"], f"{received['alert']} received: {subject}")


def summary_lines(account: Account) -> Iterator[str]:
    """What it all came to; the last line is the verdict."""
    told, alarms, missed = account.told(), account.false_alarms(), account.missed()
    looks = sum(account.looks.values())
    yield ""
    yield f"{len(SITES)} sites, {looks} looks, {account.seconds:.0f} s of script"
    yield f"{sum(each.complete for each in told)} of {len(told)} scenes told by mail and webhook"
    yield f"{len(account.confirmed)} changes, {len(account.alerts)} alerts, {len(account.received)} messages received"
    noisy = sum(account.looks.get(name, 0) for name in NOISY)
    yield f"{noisy} pages of {len(NOISY)} noisy sites, no two alike; {len(account.suppressed)} changes judged noise"
    for each in told:
        if not each.complete:
            late = "missed" if each in missed else "not told yet"
            yield f"{late}: {each.scene.site}: {each.scene.words}"
    for change in alarms:
        yield _cut(f"false alarm: {change.target}: {change.type} {change.key}")
    yield f"{len(alarms)} false alarm{'' if len(alarms) == 1 else 's'}"


def account_json(account: Account) -> dict[str, Any]:
    """The summary with everything it rests on; `seconds` and each `after` count from the script's beginning."""
    return {
        "schema": 1,
        "began": rfc3339(account.began) if account.began else None,
        "seconds": round(account.seconds, 3),
        "sites": len(SITES),
        "noisy_sites": list(NOISY),
        "looks": dict(account.looks),
        "scenes": [_scene_json(each, account) for each in account.told()],
        "changes": [_change_json(each) for each in account.changes],
        "alerts": [_alert_json(each) for each in account.alerts],
        "received": [dict(each) | {"at": rfc3339(each["at"])} for each in account.received],
        "suppressed": len(account.suppressed),
        "missed": [each.scene.site for each in account.missed()],
        "false_alarms": [_change_json(each) for each in account.false_alarms()],
    }


def _scene_json(told: Told, account: Account) -> dict[str, Any]:
    start = account.began + told.scene.at
    return {
        "at": told.scene.at,
        "site": told.scene.site,
        "words": told.scene.words,
        "shows": told.scene.shows,
        "change": f"C-{told.change.id}" if told.change else None,
        "alert": f"A-{told.alert.id}" if told.alert else None,
        "after": {channel: round(at - start, 3) for channel, at in told.received.items()},
    }


def _change_json(change: Change) -> dict[str, Any]:
    return {
        "id": f"C-{change.id}",
        "target": change.target,
        "type": change.type,
        "key": change.key,
        "before": change.before,
        "after": change.after,
        "severity": change.severity.word,
        "state": change.state.value,
        "at": rfc3339(change.at),
    }


def _alert_json(alert: Alert) -> dict[str, Any]:
    return {
        "id": f"A-{alert.id}",
        "target": alert.target,
        "rule": alert.rule,
        "state": alert.state.value,
        "severity": alert.severity.word,
        "changes": [f"C-{each.id}" for each in alert.changes],
    }


def _line(seconds: float, what: str, words: str) -> str:
    minutes, rest = divmod(max(0, round(seconds)), 60)
    return _cut(f"{minutes:>3}:{rest:02d}  {what:<8}  {words}")


def _short(value: str | None) -> str:
    if value is None:
        return "nothing"
    line = " ".join(value.split())
    return line if len(line) <= _VALUE else line[: _VALUE - 1] + "…"


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"

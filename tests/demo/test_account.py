"""The demo's verdict on itself can fail: what was missed, what was told by half, what nobody had planned."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.demo.account import Account
from core.demo.script import SCENES
from core.demo.telling import account_json, change_lines, summary_lines
from core.model.alert import Alert, AlertState
from core.model.change import Change, ChangeState, Reason, Severity

BEGAN = 1_790_000_000.0
SCENE = SCENES[0]
SEEN = Change(
    SCENE.shows, SCENE.key, "3.4.21", "3.5.12", Severity.MEDIUM, 0.9, ChangeState.CONFIRMED, BEGAN + SCENE.at + 2,
    (Reason("detect", SCENE.shows, "another version"),), target=SCENE.site, id=7,
)  # fmt: skip
ALERT = Alert("Deploys", Severity.MEDIUM, AlertState.FIRING, "d", SEEN.at, target=SCENE.site, changes=(SEEN,), id=3)
MESSAGES = tuple(
    {"event": "received", "channel": channel, "about": "alert.firing", "alert": "A-3", "subject": "s", "at": SEEN.at}
    for channel in ("mail", "hook")
)
LATER = BEGAN + SCENE.at + SCENE.within + 0.1
WHOLE = Account(BEGAN, min(LATER, BEGAN + SCENES[1].at - 0.1), (SEEN,), (ALERT,), MESSAGES)


def test_a_scene_that_both_channels_told_is_complete() -> None:
    (told,) = WHOLE.told()
    assert told.complete
    assert (WHOLE.missed(), WHOLE.false_alarms()) == ((), ())
    assert list(summary_lines(WHOLE))[-1] == "0 false alarms"


@pytest.mark.parametrize(
    "short",
    [
        replace(WHOLE, now=LATER, changes=(), alerts=(), received=()),
        replace(WHOLE, now=LATER, alerts=(), received=()),
        replace(WHOLE, now=LATER, received=()),
        replace(WHOLE, now=LATER, received=MESSAGES[:1]),
        replace(WHOLE, now=LATER, received=tuple({**each, "about": "alert.resolved"} for each in MESSAGES)),
        replace(WHOLE, now=LATER, received=tuple({**each, "at": BEGAN} for each in MESSAGES)),
        replace(WHOLE, now=LATER, changes=(replace(SEEN, at=BEGAN),)),
        replace(WHOLE, now=LATER, changes=(replace(SEEN, state=ChangeState.SUSPECTED),)),
    ],
    ids=["nothing", "no alert", "no message", "mail only", "resolved only", "told before", "seen before", "suspected"],
)
def test_a_scene_that_got_only_so_far_is_missed_once_its_time_is_over(short: Account) -> None:
    assert short.missed()[0].scene == SCENE
    assert replace(short, now=BEGAN + SCENE.at + 1).missed() == ()
    assert any(line.startswith(f"missed: {SCENE.site}") for line in summary_lines(short))


@pytest.mark.parametrize(
    "stray",
    [
        replace(SEEN, target="news", id=8),
        replace(SEEN, type="availability.down", id=8),
        replace(SEEN, target="", type="availability.inconclusive", id=8),
    ],
    ids=["a noisy site", "another type", "the watch itself"],
)
def test_a_confirmed_change_that_no_scene_accounts_for_is_a_false_alarm(stray: Change) -> None:
    account = replace(WHOLE, changes=(SEEN, stray))
    assert account.false_alarms() == (stray,)
    assert list(summary_lines(account))[-1] == "1 false alarm"
    assert account_json(account)["false_alarms"][0]["id"] == "C-8"
    quiet = replace(stray, state=ChangeState.SUPPRESSED)
    assert replace(account, changes=(SEEN, quiet)).false_alarms() == ()


def test_what_happens_before_every_site_was_looked_at_once_is_no_scene() -> None:
    early = Account(0.0, LATER, (SEEN,))
    assert (early.seconds, early.scenes, early.told()) == (0.0, (), ())
    assert early.false_alarms() == (SEEN,)


def test_a_change_is_told_in_80_columns_whatever_its_values() -> None:
    wide = replace(SEEN, key="k" * 200, before="b" * 200, after="a\n" * 200)
    lines = list(change_lines(61.0, wide))
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("  1:01  change    shop: medium technology.version_changed")

"""What the engine keeps in memory of each target, and how it follows what was committed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.engine.fleet import WINDOW, Fleet
from core.errors import NotFoundError
from core.model.alert import Alert, AlertEvent, AlertState, Delivery
from core.model.change import Change, ChangeState, Severity
from core.model.judging import Memory
from core.model.scan import Sample
from core.model.target import ContentScope, Status, Target
from core.ports import Loaded, Recorded, RunRow

SHOP = Target("shop", "https://shop.test/", id=1, uuid="u1")
OTHER = Target("other", "https://other.test/", id=2, uuid="u2")
SUSPECTED = Change(
    "content.title_changed", "title", "a", "b", Severity.LOW, 0.9, ChangeState.SUSPECTED, 5.0, target_id=1, id=7
)
ALERT = Alert("r", Severity.LOW, AlertState.FIRING, "r/1", 5.0, target_id=1, id=3)


def filled() -> Fleet:
    """A fleet as after a restart: one target with a history, one never looked at."""
    fleet = Fleet()
    fleet.fill(
        Loaded(
            targets=(SHOP, OTHER),
            runs=(RunRow(1, next_due=50.0, last_ok=40.0, raw_digest=b"r", fact_digest=b"f"),),
            memories=((1, Memory(Status.UP)),),
            open_alerts=(ALERT,),
            suspected=(SUSPECTED, replace(SUSPECTED, target_id=99, id=8)),
            told=((1, "r", "hook", 30.0), (99, "r", "hook", 30.0)),
            undelivered=(),
            open_jobs=(),
        )
    )
    return fleet


def test_a_restart_brings_everything_back_but_what_is_watched_no_more() -> None:
    fleet = filled()
    before = fleet.before(fleet[1])
    assert len(fleet) == 2
    assert (before.first, before.memory.status) == (False, Status.UP)
    assert before.suspected == (SUSPECTED,)
    assert [alert.id for alert in before.open_alerts] == [3]
    assert before.told == (("r", "hook", 30.0),)
    assert fleet.before(fleet[2]).first


def test_a_look_is_the_first_until_one_succeeded_with_facts() -> None:
    fleet = filled()
    fleet[2].run = RunRow(2, last_at=10.0, failures=1)
    assert fleet.before(fleet[2]).first
    fleet[2].run = RunRow(2, last_at=10.0, last_ok=10.0, fact_digest=b"f")
    assert not fleet.before(fleet[2]).first


@pytest.mark.parametrize(
    ("changed", "forgets"),
    [
        ({"url": "https://shop.test/en"}, True),
        ({"scanners": ("content",)}, True),
        ({"content": ContentScope("main")}, True),
        ({"owner": "ops"}, False),
        ({"paused": True}, False),
    ],
)
def test_digests_are_forgotten_when_the_same_page_would_give_other_facts(
    changed: dict[str, object], forgets: bool
) -> None:
    fleet = filled()
    known = fleet.put(replace(SHOP, **changed))  # type: ignore[arg-type]
    assert (known.run.raw_digest == b"") is forgets
    assert known.run.next_due == 50.0


def test_what_was_committed_is_taken_over() -> None:
    fleet = filled()
    settled = replace(SUSPECTED, state=ChangeState.CONFIRMED)
    delivery = Delivery("mail", AlertEvent.FIRING, 60.0, alert_id=3, id=1)
    recorded = Recorded(1, (settled,), (ALERT,), (delivery,), Memory(Status.DEGRADED))
    fleet.apply(recorded, RunRow(1, next_due=110.0), 60.0)
    before = fleet.before(fleet[1])
    assert before.suspected == ()
    assert before.memory.status is Status.DEGRADED
    assert ("r", "mail", 60.0) in before.told
    assert fleet[1].run.next_due == 110.0


def test_a_resolved_alert_is_let_go() -> None:
    fleet = filled()
    fleet.hold_alert(replace(ALERT, state=AlertState.RESOLVED))
    assert fleet.open_alerts(1) == ()


def test_windows_hold_the_judged_metrics_and_no_more_than_they_need() -> None:
    watched = filled()[1]
    for value in range(WINDOW + 5):
        watched.remember((Sample("ttfb_ms", float(value), "ms"), Sample("body_bytes", 1.0, "bytes")))
    assert set(watched.windows) == {"ttfb_ms"}
    assert list(watched.windows["ttfb_ms"]) == [float(value) for value in range(5, WINDOW + 5)]


def test_a_target_that_was_removed_is_gone_and_says_so() -> None:
    fleet = filled()
    fleet.drop(1)
    assert fleet.get(1) is None
    assert fleet.open_alerts(1) == ()
    with pytest.raises(NotFoundError, match="not watched any more"):
        _ = fleet[1]
    fleet.apply(Recorded(1, (), (), (), Memory()), RunRow(1), 1.0)

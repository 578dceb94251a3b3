"""One look to everything that follows from it, and our own link to one alert."""

from __future__ import annotations

from dataclasses import replace

from core.detect.connectivity import LinkState, RecentLooks, judge_link
from core.model.alert import AlertEvent, Rule
from core.model.change import ChangeState, Severity
from core.model.judging import Before, Judging
from core.model.target import Status
from core.pipeline import evaluate, evaluate_link
from tests.detect.looks import NOW, TARGET, fact, failed, look, page, without

JUDGING = Judging(rules=(Rule("all", "severity>=low"),), channels=("hook",), confirm_scans=1)


def test_a_look_leads_to_facts_changes_alerts_and_deliveries() -> None:
    before = Before(TARGET, first=False, facts=page())
    scan = look(without(page(fact("page title", "New")), "header strict-transport-security"))
    outcome = evaluate(before, scan, JUDGING, NOW)
    assert (outcome.target, outcome.scan, outcome.status) == (TARGET, scan, Status.UP)
    assert [each.key for each in outcome.opened] == ["title"]
    assert outcome.closed == (("header", "strict-transport-security"),)
    assert sorted(each.type for each in outcome.changes) == ["content.title_changed", "security.header_removed"]
    assert [each.alert.severity for each in outcome.raised] == [Severity.HIGH, Severity.LOW]
    assert all(each.reasons[-1].outcome == "alerted" for each in outcome.changes)


def test_suspected_changes_alert_nobody_yet() -> None:
    before = Before(TARGET, first=False, facts=page())
    outcome = evaluate(before, look(page(fact("page title", "New"))), replace(JUDGING, confirm_scans=2), NOW)
    assert (outcome.raised, outcome.rescan_after) == ((), 5.0)
    assert [each.state for each in outcome.changes] == [ChangeState.SUSPECTED]


def test_evaluating_twice_gives_equal_outcomes() -> None:
    before = Before(TARGET, first=False, facts=page())
    for scan in (look(without(page(), "text t1")), failed(), look(same=True)):
        assert evaluate(before, scan, JUDGING, NOW) == evaluate(before, scan, JUDGING, NOW)


def test_a_failed_look_says_its_status() -> None:
    outcome = evaluate(Before(TARGET, first=True), failed(), JUDGING, NOW)
    assert (outcome.status, [each.type for each in outcome.changes]) == (Status.DOWN, ["availability.down"])


def test_our_own_dead_link_is_one_alert_without_a_target_and_ends_when_it_is_back() -> None:
    state, change = judge_link([False], RecentLooks(), NOW, LinkState())
    lost = evaluate_link(change, (), (), JUDGING, NOW)
    [raised] = lost.raised
    assert (raised.alert.target_id, raised.alert.target, raised.alert.severity) == (0, "", Severity.HIGH)
    assert [each.event for each in raised.deliveries] == [AlertEvent.FIRING]
    assert [each.type for each in lost.changes] == ["availability.inconclusive"]
    known = replace(raised.alert, id=9, deliveries=raised.deliveries)
    other = replace(known, id=10, dedup="all/0/engine.trouble/")
    assert judge_link([True], RecentLooks(), NOW, state)[1] is None
    back = evaluate_link(None, (known, other), (), JUDGING, NOW + 60)
    assert [each.alert_id for each in back.ended] == [9]
    assert [each.event for each in back.ended[0].deliveries] == [AlertEvent.RESOLVED]


def test_all_sites_failing_downs_nobody_and_one_failing_downs_one() -> None:
    offline = replace(JUDGING, online=False)
    for target in (replace(TARGET, id=number) for number in (1, 2, 3)):
        outcome = evaluate(Before(target, first=False), failed(), offline, NOW)
        assert (outcome.status, outcome.raised) == (Status.INCONCLUSIVE, ())
        assert [each.state for each in outcome.changes] == [ChangeState.INCONCLUSIVE]
    alone = evaluate(Before(TARGET, first=False), failed(), JUDGING, NOW)
    assert [each.alert.dedup for each in alone.raised] == ["all/7/availability.down/"]

"""From changes to alerts and deliveries: who is told, when, how often, and why not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.alert.stages import STAGES, decide
from core.alert.walk import Decisions, dedup_key
from core.model.alert import Alert, AlertEvent, AlertState, Delivery, Rule
from core.model.change import CHANGE_TYPES, Change, ChangeState, Severity
from core.model.judging import Before, Judging, Memory
from core.model.target import Target

NOW = 1_800_000_000.0
TARGET = Target("shop", "https://shop.example/", tags=("shop",), id=7)
ALL = Rule("all", "severity>=info")
JUDGING = Judging(rules=(ALL,), channels=("mail", "hook"))


def change(name: str = "content.title_changed", key: str = "title", **more: object) -> Change:
    """A confirmed change with the severity of its type."""
    base = Change(name, key, "a", "b", CHANGE_TYPES[name].severity, 0.95, ChangeState.CONFIRMED, NOW, target_id=7)
    return replace(base, **more)  # type: ignore[arg-type]


def alert(
    name: str, key: str, told: tuple[str, ...] = ("mail", "hook"), number: int = 3, rule: str = "all", **more: object
) -> Alert:
    """An open alert about one change, of which these channels were told."""
    base = Alert(
        rule,
        Severity.MEDIUM,
        AlertState.FIRING,
        dedup_key(rule, 7, name, key),
        NOW - 60,
        7,
        "shop",
        (change(name, key),),
        tuple(Delivery(channel, AlertEvent.FIRING, NOW - 60) for channel in told),
        id=number,
    )
    return replace(base, **more)  # type: ignore[arg-type]


def decided(*changes: Change, judging: Judging = JUDGING, **before: object) -> Decisions:
    return decide(changes, Before(TARGET, first=False, **before), judging, NOW)  # type: ignore[arg-type]


def told(decisions: Decisions) -> list[tuple[str, str]]:
    """(rule, channel) of every delivery of a new or extended alert."""
    return [(each.alert.rule, delivery.channel) for each in decisions.raised for delivery in each.deliveries]


def last_reason(decisions: Decisions, position: int = 0) -> tuple[str, str]:
    reason = decisions.changes[position].reasons[-1]
    assert reason.step == "alert"
    return reason.outcome, reason.because


def test_a_confirmed_change_that_meets_a_rule_raises_an_alert_told_to_every_channel() -> None:
    decisions = decided(change())
    [raised] = decisions.raised
    assert (raised.alert.rule, raised.alert.severity, raised.alert.state) == ("all", Severity.LOW, AlertState.FIRING)
    assert (raised.alert.target_id, raised.alert.target, raised.alert.since, raised.alert.id) == (7, "shop", NOW, 0)
    assert raised.alert.dedup == "all/7/content.title_changed/title"
    assert raised.changes == (0,)
    assert [(each.channel, each.event, each.at) for each in raised.deliveries] == [
        ("mail", AlertEvent.FIRING, NOW),
        ("hook", AlertEvent.FIRING, NOW),
    ]
    assert [each.outcome for each in raised.alert.reasons] == ["matched", "routed"]
    assert last_reason(decisions) == ("alerted", "rule all tells mail, hook")


@pytest.mark.parametrize(
    ("state", "because"),
    [
        (ChangeState.SUSPECTED, "waits for further looks to agree"),
        (ChangeState.SUPPRESSED, "judged noise"),
        (ChangeState.INCONCLUSIVE, "could not be judged while our own link was down"),
    ],
)
def test_only_confirmed_changes_alert(state: ChangeState, because: str) -> None:
    decisions = decided(change(state=state))
    assert decisions.raised == ()
    assert last_reason(decisions) == ("not alerted", because)


def test_a_change_that_meets_no_rule_says_so() -> None:
    assert last_reason(decided(change(), judging=replace(JUDGING, rules=(Rule("x", "tag:other"),)))) == (
        "not alerted",
        "no rule matches",
    )


def test_without_rules_high_goes_to_every_channel_and_less_to_none() -> None:
    judging = replace(JUDGING, rules=())
    decisions = decided(change("security.header_removed", "x"), change(), judging=judging)
    assert told(decisions) == [("default", "mail"), ("default", "hook")]
    assert last_reason(decisions, 1) == ("not alerted", "no rule is set, and the severity is below high")


def test_a_rule_names_its_channels_and_its_severity() -> None:
    rule = Rule("mine", "type:content.*", severity=Severity.CRITICAL, notify=("hook",))
    decisions = decided(change(), judging=replace(JUDGING, rules=(rule,)))
    assert told(decisions) == [("mine", "hook")]
    assert decisions.raised[0].alert.severity is Severity.CRITICAL


def test_a_rule_whose_channel_is_gone_raises_an_alert_that_says_so() -> None:
    decisions = decided(change(), judging=replace(JUDGING, rules=(replace(ALL, notify=("gone",)),)))
    assert decisions.raised[0].deliveries == ()
    assert last_reason(decisions) == ("not told", "rule all: no channel is set up")


def test_two_rules_raise_two_alerts() -> None:
    rules = (ALL, Rule("second", "type:content.*", notify=("mail",)))
    assert told(decided(change(), judging=replace(JUDGING, rules=rules))) == [
        ("all", "mail"),
        ("all", "hook"),
        ("second", "mail"),
    ]


def test_changes_of_one_type_share_an_alert_and_other_types_have_their_own() -> None:
    decisions = decided(
        change("content.script_added", "https://a/1.js"),
        change(),
        change("content.script_added", "https://a/2.js", severity=Severity.HIGH),
    )
    assert [(each.alert.dedup, each.changes, each.alert.severity) for each in decisions.raised] == [
        ("all/7/content.script_added/*", (0, 2), Severity.HIGH),
        ("all/7/content.title_changed/title", (1,), Severity.LOW),
    ]


def test_a_change_of_an_open_alert_is_added_to_it_and_told() -> None:
    decisions = decided(change(), open_alerts=(alert("content.title_changed", "title"),))
    [raised] = decisions.raised
    assert (raised.alert.id, raised.changes) == (3, (0,))
    assert len(raised.deliveries) == 2
    assert [each.outcome for each in raised.alert.reasons] == ["matched", "added", "routed"]


def test_a_graver_change_raises_the_severity_of_the_open_alert() -> None:
    known = alert("content.title_changed", "title")
    assert (
        decided(change(severity=Severity.CRITICAL), open_alerts=(known,)).raised[0].alert.severity == Severity.CRITICAL
    )
    assert decided(change(severity=Severity.INFO), open_alerts=(known,)).raised[0].alert.severity == Severity.MEDIUM


def test_a_lasting_condition_is_told_once() -> None:
    known = alert("availability.down", "")
    decisions = decided(change("availability.down", ""), open_alerts=(known,))
    assert told(decisions) == []
    assert last_reason(decisions) == ("not told", "rule all: alert A-3 already says so")


def test_a_silenced_alert_is_not_told() -> None:
    known = alert("content.title_changed", "title", state=AlertState.SILENCED)
    decisions = decided(change(), open_alerts=(known,))
    assert (told(decisions), decisions.raised[0].alert.id) == ([], 3)
    assert last_reason(decisions) == ("not told", "rule all: alert A-3 is silenced")


def test_a_resolved_alert_is_not_open_any_more() -> None:
    known = alert("content.title_changed", "title", state=AlertState.RESOLVED)
    assert decided(change(), open_alerts=(known,)).raised[0].alert.id == 0


def test_a_rule_tells_a_channel_at_most_once_in_its_throttle() -> None:
    judging = replace(JUDGING, rules=(replace(ALL, throttle=3600.0),))
    decisions = decided(change(), judging=judging, told=(("all", "mail", NOW - 3599), ("all", "hook", NOW - 3600)))
    assert told(decisions) == [("all", "hook")]
    assert decisions.raised[0].alert.reasons[-1].because.startswith("mail was told at 2027-01-15T")
    silent = decided(change(), judging=judging, told=(("all", "mail", NOW), ("all", "hook", NOW)))
    assert silent.raised[0].deliveries == ()
    assert last_reason(silent)[0] == "not told"


def test_throttling_is_per_rule() -> None:
    judging = replace(JUDGING, rules=(replace(ALL, throttle=3600.0),))
    assert len(told(decided(change(), judging=judging, told=(("other", "mail", NOW), ("other", "hook", NOW))))) == 2


def test_of_changes_that_come_together_the_gravest_is_told_where_a_throttle_allows_one() -> None:
    judging = replace(JUDGING, rules=(replace(ALL, throttle=3600.0),), channels=("mail",))
    decisions = decided(change(), change("tls.protocol_weakened", "protocol"), judging=judging)
    assert [(each.alert.dedup.split("/")[2], len(each.deliveries)) for each in decisions.raised] == [
        ("tls.protocol_weakened", 1),
        ("content.title_changed", 0),
    ]


def test_the_batch_profile_tells_at_its_next_boundary() -> None:
    decisions = decided(change(), judging=replace(JUDGING, notify_every=900.0))
    assert {each.at for each in decisions.raised[0].deliveries} == {(NOW // 900 + 1) * 900}
    assert decisions.raised[0].alert.reasons[-1].outcome == "scheduled"


def test_a_certificate_that_is_about_to_expire_does_not_end_the_alert_about_its_own_end() -> None:
    renewed = change("tls.certificate_changed", "fingerprint", before="aa", after="bb")
    known = alert("tls.expiring", "", told=("hook",))
    memory = Memory(warned=("until=bb/2027-01-20T00:00:00Z", "bb/7"))
    assert decided(renewed, open_alerts=(known,), memory=memory).ended == ()
    assert len(decided(renewed, open_alerts=(known,), memory=Memory(warned=("aa/7",))).ended) == 1


ENDINGS = [
    ("availability.down", "", "availability.up", ""),
    ("performance.degraded", "total_ms", "performance.improved", "total_ms"),
    ("security.header_removed", "x-frame-options", "security.header_added", "x-frame-options"),
    ("security.vulnerability_appeared", "CVE-1", "security.vulnerability_fixed", "CVE-1"),
    ("tls.expiring", "", "tls.certificate_changed", "fingerprint"),
    ("tls.expired", "", "tls.certificate_changed", "fingerprint"),
]


SLOWER, FASTER = "performance.degraded", "performance.improved"


def slow_twice(*more: Change) -> Alert:
    """An alert about two metrics, to which these changes were added since."""
    known = alert(SLOWER, "*", told=("hook",))
    return replace(known, changes=(change(SLOWER, "total_ms"), change(SLOWER, "ttfb_ms"), *more))


def test_conditions_that_end_together_end_their_alert_and_alert_nobody_beside_that() -> None:
    decisions = decided(change(FASTER, "total_ms"), change(FASTER, "ttfb_ms"), open_alerts=(slow_twice(),))
    assert (len(decisions.ended), decisions.raised) == (1, ())
    assert [each.reasons[-1].outcome for each in decisions.changes] == ["resolved", "resolved"]


def test_conditions_that_end_one_after_the_other_end_their_alert_with_the_last() -> None:
    decisions = decided(change(FASTER, "total_ms"), open_alerts=(slow_twice(),))
    assert decisions.ended == ()
    [noted] = decisions.raised
    assert (noted.alert.id, noted.changes, noted.deliveries) == (3, (0,), ())
    assert last_reason(decisions) == ("partly resolved", "alert A-3 of rule all has other conditions")

    known = slow_twice(change(FASTER, "total_ms"))
    assert len(decided(change(FASTER, "ttfb_ms"), open_alerts=(known,)).ended) == 1
    again = slow_twice(change(FASTER, "total_ms"), change(SLOWER, "total_ms"))
    assert decided(change(FASTER, "ttfb_ms"), open_alerts=(again,)).ended == ()


@pytest.mark.parametrize(("begun", "key", "over", "over_key"), ENDINGS)
def test_good_news_ends_the_alert_tells_whoever_was_told_and_is_no_alert_itself(
    begun: str, key: str, over: str, over_key: str
) -> None:
    decisions = decided(change(over, over_key), open_alerts=(alert(begun, key, told=("hook",)),))
    assert decisions.raised == ()
    [ended] = decisions.ended
    assert (ended.alert_id, ended.reasons[0].outcome) == (3, "resolved")
    assert [(each.channel, each.event, each.at) for each in ended.deliveries] == [("hook", AlertEvent.RESOLVED, NOW)]
    assert last_reason(decisions) == ("resolved", "ended alert A-3 of rule all")


def test_a_technology_that_goes_ends_the_alert_about_its_coming_and_is_news_itself() -> None:
    decisions = decided(change("technology.removed", "PHP"), open_alerts=(alert("technology.added", "PHP", number=4),))
    assert [each.alert_id for each in decisions.ended] == [4]
    assert len(decisions.raised) == 1


@pytest.mark.parametrize(
    ("known", "name", "key"),
    [
        (alert("performance.degraded", "ttfb_ms"), "performance.improved", "total_ms"),
        (alert("content.title_changed", "title"), "availability.up", ""),
        (alert("availability.down", "", state=AlertState.RESOLVED), "availability.up", ""),
    ],
)
def test_other_alerts_stay_open(known: Alert, name: str, key: str) -> None:
    assert decided(change(name, key), open_alerts=(known,)).ended == ()


def test_an_alert_about_several_ends_when_all_of_them_are_over() -> None:
    pair = (change("security.header_removed", "a"), change("security.header_removed", "b"))
    known = alert("security.header_removed", "*", changes=pair)
    one, two = change("security.header_added", "a"), change("security.header_added", "b")
    assert decided(one, open_alerts=(known,)).ended == ()
    assert [each.alert_id for each in decided(one, two, open_alerts=(known,)).ended] == [3]


def test_an_alert_without_its_changes_at_hand_ends_by_its_dedup_key() -> None:
    known = alert("performance.degraded", "total_ms", changes=())
    assert len(decided(change("performance.improved", "total_ms"), open_alerts=(known,)).ended) == 1


def test_a_silenced_alert_ends_in_silence_and_gone_channels_are_not_told() -> None:
    silenced = alert("availability.down", "", state=AlertState.SILENCED)
    assert decided(change("availability.up", ""), open_alerts=(silenced,)).ended[0].deliveries == ()
    gone = alert("availability.down", "", told=("gone",))
    assert decided(change("availability.up", ""), open_alerts=(gone,)).ended[0].deliveries == ()


def test_the_end_waits_for_the_boundary_of_the_batch_profile_too() -> None:
    decisions = decided(
        change("availability.up", ""),
        judging=replace(JUDGING, notify_every=900.0),
        open_alerts=(alert("availability.down", ""),),
    )
    assert {each.at for each in decisions.ended[0].deliveries} == {(NOW // 900 + 1) * 900}


def test_a_condition_that_was_throttled_is_told_as_soon_as_the_throttle_allows() -> None:
    judging = replace(JUDGING, rules=(replace(ALL, throttle=3600.0),))
    known = alert("availability.down", "", told=())
    still = decided(judging=judging, open_alerts=(known,), told=(("all", "mail", NOW), ("all", "hook", NOW)))
    assert still.raised == ()
    late = decided(judging=judging, open_alerts=(known,), told=(("all", "mail", NOW - 3600),))
    assert told(late) == [("all", "mail"), ("all", "hook")]
    assert (late.raised[0].alert.id, late.raised[0].changes) == (3, ())
    assert late.raised[0].alert.reasons[0].outcome == "late"


@pytest.mark.parametrize(
    "known",
    [
        alert("availability.down", ""),
        alert("availability.down", "", told=(), state=AlertState.ACKNOWLEDGED),
        alert("availability.down", "", told=(), rule="gone"),
        alert("content.title_changed", "title", told=()),
    ],
)
def test_what_was_told_acknowledged_ruled_out_or_does_not_last_is_not_told_late(known: Alert) -> None:
    assert decided(open_alerts=(known,)).raised == ()


def test_what_is_ending_is_not_told_late() -> None:
    known = alert("availability.down", "", told=())
    assert decided(change("availability.up", ""), open_alerts=(known,)).raised == ()


confirmed = st.builds(
    lambda name, key, state: change(name, key, state=state),
    st.sampled_from(sorted(CHANGE_TYPES)),
    st.sampled_from(["", "a", "b"]),
    st.sampled_from(list(ChangeState)),
)
conditions = st.sampled_from(["availability.down", "technology.added", "content.title_changed", "tls.expiring"])


@given(
    st.lists(confirmed, max_size=6),
    st.lists(st.builds(alert, conditions, st.sampled_from(["", "a"])), max_size=2),
    st.sampled_from([0.0, 3600.0]),
)
def test_every_change_ends_with_a_reason_and_deciding_twice_is_deciding_once(
    changes: list[Change], known: list[Alert], throttle: float
) -> None:
    judging = replace(JUDGING, rules=(Rule("most", "severity>=low", throttle=throttle),))
    decisions = decided(*changes, judging=judging, open_alerts=tuple(known), told=(("most", "mail", NOW - 10),))
    assert decisions == decided(*changes, judging=judging, open_alerts=tuple(known), told=(("most", "mail", NOW - 10),))
    assert all(each.reasons and each.reasons[-1].step == "alert" for each in decisions.changes)
    raised = {position for each in decisions.raised for position in each.changes}
    assert all(decisions.changes[position].state is ChangeState.CONFIRMED for position in raised)
    sent = [pair for each in decisions.raised for pair in ((each.alert.rule, d.channel) for d in each.deliveries)]
    assert throttle == 0 or len(sent) == len(set(sent))


def test_the_stages_stand_in_one_order() -> None:
    assert [stage.__name__ for stage in STAGES] == [
        "only_confirmed",
        "end",
        "match",
        "dedup",
        "catch_up",
        "route",
        "throttle",
        "schedule",
        "explain",
    ]

"""Down is several failed looks in a row; one alone, a refused one, or our own dead link is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.detect.connectivity import LinkState, RecentLooks, judge_link
from core.detect.judge import COMPETITOR_FLOOR
from core.model.change import ChangeState
from core.model.judging import Judging
from core.model.scan import FailureClass
from core.model.target import Status, TargetClass
from tests.detect.looks import NOW, TARGET, Watch, failed, look, page, told

DOWN, UP = "availability.down", "availability.up"
OFFLINE = Judging(online=False)


def up() -> Watch:
    watch = Watch()
    watch.see(look(page()))
    return watch


def test_the_second_failed_look_is_down_and_the_next_answer_is_up() -> None:
    watch = up()
    first = watch.see(failed())
    assert (told(first), first.status, first.rescan_after) == ([(DOWN, "suspected")], Status.UP, 5.0)
    second = watch.see(failed())
    assert (told(second), second.status, second.rescan_after) == ([(DOWN, "confirmed")], Status.DOWN, None)
    assert second.changes[0].after == "connect: connection refused"
    third = watch.see(failed())
    assert (told(third), third.memory.failures) == ([], 3)
    back = watch.see(look(same=True))
    assert (told(back), back.status, back.memory.down_since) == ([(UP, "confirmed")], Status.UP, 0.0)
    assert back.changes[0].reasons[0].because == "answers again after 180 s"


def test_three_failed_looks_where_three_have_to_agree() -> None:
    watch = Watch(judging=Judging(confirm_scans=3))
    assert told(watch.see(failed())) == [(DOWN, "suspected")]
    waiting = watch.see(failed())
    assert (told(waiting), waiting.rescan_after) == ([], 15.0)
    assert told(watch.see(failed())) == [(DOWN, "confirmed")]


def test_one_failed_look_is_down_where_one_is_enough() -> None:
    watch = Watch(judging=Judging(confirm_scans=1))
    assert told(watch.see(failed())) == [(DOWN, "confirmed")]


def test_each_failed_look_that_agrees_makes_it_surer() -> None:
    watch = Watch(judging=Judging(confirm_scans=3))
    [first] = watch.see(failed()).changes
    watch.see(failed())
    [last] = watch.see(failed()).changes
    assert (first.confidence, last.confidence) == (0.75, 0.938)


def test_a_single_failed_look_was_noise() -> None:
    watch = up()
    watch.see(failed())
    verdicts = watch.see(look(page()))
    assert told(verdicts) == [(DOWN, "suppressed")]
    assert verdicts.changes[0].reasons[-1].because == "answered on rescan"
    assert verdicts.memory.failures == 0


def test_a_target_that_never_answered_goes_down_too() -> None:
    watch = Watch()
    watch.see(failed())
    assert told(watch.see(failed())) == [(DOWN, "confirmed")]
    assert told(watch.see(look(page()))) == [(UP, "confirmed")]


@pytest.mark.parametrize("what", [FailureClass.POLICY, FailureClass.PARSE])
def test_a_look_that_says_nothing_of_the_target_is_inconclusive(what: FailureClass) -> None:
    watch = up()
    for _ in range(3):
        verdicts = watch.see(failed(what=what))
        assert (told(verdicts), verdicts.status, verdicts.rescan_after) == ([], Status.INCONCLUSIVE, None)


def test_a_server_that_asks_us_to_come_less_often_is_not_down() -> None:
    watch = up()
    for _ in range(3):
        scan = failed(what=FailureClass.HTTP)
        assert scan.failure is not None
        busy = replace(scan, failure=replace(scan.failure, message="429 Too Many Requests"))
        assert watch.see(busy).status is Status.INCONCLUSIVE


def test_a_target_that_is_down_stays_down_while_nothing_can_be_said() -> None:
    watch = up()
    watch.see(failed())
    watch.see(failed())
    assert watch.see(failed(what=FailureClass.POLICY)).status is Status.DOWN


def test_while_our_own_link_is_down_nothing_goes_down_and_it_is_told_once() -> None:
    watch = up()
    first = watch.see(failed(), OFFLINE)
    assert (told(first), first.status) == ([(DOWN, "inconclusive")], Status.INCONCLUSIVE)
    assert [told(watch.see(failed(), OFFLINE)) for _ in range(3)] == [[], [], []]
    assert watch.before.memory.failures == 0
    assert told(watch.see(look(page()))) == []


def test_a_suspicion_ends_inconclusive_when_it_turns_out_to_be_our_own_link() -> None:
    watch = up()
    watch.see(failed())
    verdicts = watch.see(failed(), OFFLINE)
    assert told(verdicts) == [(DOWN, "inconclusive")]
    assert verdicts.changes[0].id != 0
    assert verdicts.memory.suspicions == ()


def test_the_rescan_waits_as_long_as_the_server_asks() -> None:
    assert up().see(failed(what=FailureClass.HTTP, retry_after=120.0)).rescan_after == 120.0


def test_competitors_are_not_looked_at_again_before_their_floor() -> None:
    watch = Watch(replace(TARGET, target_class=TargetClass.COMPETITOR))
    assert watch.see(failed()).rescan_after == COMPETITOR_FLOOR


def test_a_change_the_store_lost_is_told_anew_when_confirmed() -> None:
    watch = up()
    watch.see(failed())
    watch.before = replace(watch.before, suspected=())
    verdicts = watch.see(failed())
    assert (told(verdicts), verdicts.changes[0].id) == ([(DOWN, "confirmed")], 0)


LINKS = [
    ([False, False], RecentLooks(), False),
    ([False, True], RecentLooks(10, 10), True),
    ([], RecentLooks(10, 10), False),
    ([], RecentLooks(10, 8), False),
    ([], RecentLooks(10, 7), True),
    ([], RecentLooks(4, 4), True),
    ([], RecentLooks(), True),
]


@pytest.mark.parametrize(("references", "recent", "online"), LINKS)
def test_the_link_is_down_when_no_reference_answers_or_nearly_all_targets_fail(
    references: list[bool], recent: RecentLooks, online: bool
) -> None:
    state, change = judge_link(references, recent, NOW, LinkState())
    assert state.online is online
    assert (change is None) is online
    if change is not None:
        assert (change.type, change.target_id, change.state) == (
            "availability.inconclusive",
            0,
            ChangeState.CONFIRMED,
        )


def test_losing_the_link_is_told_once_and_its_return_is_no_change() -> None:
    lost, _ = judge_link([False], RecentLooks(), NOW, LinkState())
    assert judge_link([False], RecentLooks(), NOW + 1, lost) == (lost, None)
    assert judge_link([True], RecentLooks(), NOW + 2, lost) == (LinkState(True, NOW + 2), None)

"""What one look after another leads to: first looks, confirmation, refutation, rotation, held facts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.detect.judge import COMPETITOR_FLOOR, FIRST_RESCAN, NEXT_RESCAN, judge
from core.model.change import ChangeState
from core.model.judging import Before, Judging, Memory
from core.model.scan import Fact
from core.model.target import Status, TargetClass
from tests.detect.looks import NOW, TARGET, Watch, fact, failed, look, page, told, without

TITLE = "content.title_changed"
TEXT = "content.text_changed"


def titled(title: str) -> tuple[Fact, ...]:
    return page(fact("page title", title))


def watched(judging: Judging | None = None) -> Watch:
    """A watch that has seen the page once."""
    watch = Watch(judging=judging)
    watch.see(look(page()))
    return watch


def test_the_first_look_opens_all_facts_and_changes_nothing() -> None:
    verdicts = Watch().see(look(page()))
    assert (verdicts.changes, verdicts.opened, verdicts.closed) == ((), page(), ())
    assert verdicts.status is Status.UP
    assert verdicts.rescan_after is None


def test_an_unchanged_look_leads_to_nothing() -> None:
    watch = watched()
    for scan in (look(page()), look(same=True)):
        verdicts = watch.see(scan)
        assert (verdicts.changes, verdicts.opened, verdicts.closed, verdicts.rescan_after) == ((), (), (), None)


def test_a_change_is_suspected_and_facts_follow_at_once() -> None:
    watch = watched()
    verdicts = watch.see(look(without(titled("New"), "text t2")))
    assert told(verdicts) == [(TITLE, "suspected"), (TEXT, "suspected")]
    assert [each.key for each in verdicts.opened] == ["title"]
    assert verdicts.closed == (("text", "t2"),)
    assert [each.change_id for each in verdicts.memory.suspicions] == [-1, -2]
    assert verdicts.rescan_after == FIRST_RESCAN


@pytest.mark.parametrize("again", [look(titled("New")), look(same=True)], ids=["read again", "same"])
def test_a_second_look_that_agrees_confirms_the_same_change(again: object) -> None:
    watch = watched()
    [first] = watch.see(look(titled("New"))).changes
    [suspected] = watch.before.suspected
    [confirmed] = watch.see(again).changes  # type: ignore[arg-type]
    assert (confirmed.id, confirmed.type, confirmed.state) == (suspected.id, TITLE, ChangeState.CONFIRMED)
    assert confirmed.confidence > first.confidence
    assert confirmed.reasons[-1].because == "2 looks agree"
    assert watch.before.memory.suspicions == ()


def test_three_looks_agree_when_three_have_to() -> None:
    watch = watched(Judging(confirm_scans=3))
    assert watch.see(look(titled("New"))).rescan_after == FIRST_RESCAN
    waiting = watch.see(look(same=True))
    assert (waiting.changes, waiting.rescan_after) == ((), NEXT_RESCAN)
    assert told(watch.see(look(same=True))) == [(TITLE, "confirmed")]


def test_one_look_is_enough_where_one_has_to_agree() -> None:
    watch = watched(Judging(confirm_scans=1))
    verdicts = watch.see(look(titled("New")))
    assert told(verdicts) == [(TITLE, "confirmed")]
    assert verdicts.memory.suspicions == ()


def test_a_change_that_goes_back_was_noise_and_gives_no_second_change() -> None:
    watch = watched()
    watch.see(look(titled("New")))
    verdicts = watch.see(look(page()))
    assert told(verdicts) == [(TITLE, "suppressed")]
    assert verdicts.changes[0].reasons[-1].because == "went back on rescan"
    [flips] = verdicts.memory.flips
    assert (flips.kind, flips.key, flips.seen) == ("page", "title", 1)


def test_a_third_value_suppresses_the_second_and_is_suspected_against_the_first() -> None:
    watch = watched()
    watch.see(look(titled("New")))
    verdicts = watch.see(look(titled("Newer")))
    assert told(verdicts) == [(TITLE, "suppressed"), (TITLE, "suspected")]
    assert verdicts.changes[0].reasons[-1].because == "differs at every look"
    assert (verdicts.changes[1].before, verdicts.changes[1].after) == ("Shop", "Newer")


def test_a_fact_that_came_and_went_and_one_that_went_and_came_are_noise() -> None:
    watch = watched()
    watch.see(look(without(page(fact("technology PHP", "8")), "script https://shop.example/app.js")))
    verdicts = watch.see(look(page()))
    assert sorted(told(verdicts)) == [("content.script_removed", "suppressed"), ("technology.added", "suppressed")]


def test_a_fact_that_came_and_then_differs_is_suspected_as_new() -> None:
    watch = watched()
    watch.see(look(page(fact("technology PHP", "8"))))
    verdicts = watch.see(look(page(fact("technology PHP", "9"))))
    assert told(verdicts) == [("technology.added", "suppressed"), ("technology.added", "suspected")]


def test_a_fact_that_went_and_came_back_otherwise_is_compared_with_what_it_was() -> None:
    watch = watched()
    watch.see(look(without(page(), "technology jQuery")))
    verdicts = watch.see(look(page(fact("technology jQuery", "3.6"))))
    assert told(verdicts) == [("technology.removed", "suppressed"), ("technology.version_changed", "suspected")]
    assert verdicts.changes[1].before == "3.5.1"


def test_new_text_that_stays_is_confirmed_though_a_rotating_block_goes_on() -> None:
    watch = watched()
    watch.see(look(page(fact("text news", "Closed on Monday"), fact("text ad1", "Buy one"))))
    verdicts = watch.see(look(page(fact("text news", "Closed on Monday"), fact("text ad2", "Buy two"))))
    assert told(verdicts) == [(TEXT, "confirmed"), (TEXT, "suspected")]


def test_text_that_goes_back_gives_no_second_change() -> None:
    watch = watched()
    watch.see(look(without(page(fact("text ad1", "Buy one")), "text t2")))
    assert told(watch.see(look(page()))) == [(TEXT, "suppressed")]


def test_text_gone_for_good_is_confirmed_though_another_block_rotates() -> None:
    watch = watched()
    watch.see(look(without(page(fact("text ad1", "Buy one")), "text t1", "text t2")))
    verdicts = watch.see(look(without(page(fact("text ad2", "Buy two")), "text t1", "text t2")))
    assert told(verdicts)[0] == (TEXT, "confirmed")


def test_a_block_that_differs_at_every_look_is_never_confirmed_and_asks_for_no_more_rescans() -> None:
    watch = watched()
    seen = [watch.see(look(page(fact(f"text ad{i}", f"Buy {i} of them")))) for i in range(6)]
    assert not [each for verdicts in seen for each in verdicts.changes if each.state is ChangeState.CONFIRMED]
    assert seen[0].rescan_after == FIRST_RESCAN
    assert seen[-1].rescan_after is None


def test_a_value_known_to_flip_needs_more_looks() -> None:
    watch = watched()
    for title in ("New", "Shop", "New", "Shop"):
        watch.see(look(titled(title)))
    assert watch.before.memory.flips[0].seen == 2
    [suspected] = watch.see(look(titled("New"))).changes
    assert suspected.reasons[-1].outcome == "1 of 4"
    states = [told(watch.see(look(same=True))) for _ in range(3)]
    assert states == [[], [], [(TITLE, "confirmed")]]


def test_removed_protection_is_confirmed_even_where_the_header_flips() -> None:
    watch = watched()
    bare = without(page(), "header strict-transport-security")
    for known in (bare, page(), bare, page(), bare):
        watch.see(look(known))
    states = [told(watch.see(look(same=True))) for _ in range(4)]
    assert [("security.header_removed", "confirmed")] in states


def test_noise_is_recorded_beside_a_change_and_never_suspected() -> None:
    watch = Watch()
    watch.see(look(page(fact("meta token", "aaa", stable="x"))))
    verdicts = watch.see(look(page(fact("meta token", "bbb", stable="x"), fact("page title", "New"))))
    assert sorted(told(verdicts)) == [("content.meta_changed", "suppressed"), (TITLE, "suspected")]
    assert [each.key for each in verdicts.opened] == ["title"]
    assert len(verdicts.memory.suspicions) == 1


def test_a_failed_look_changes_no_facts_and_agrees_with_nothing() -> None:
    watch = watched()
    watch.see(look(titled("New")))
    verdicts = watch.see(failed())
    assert (verdicts.opened, verdicts.closed) == ((), ())
    assert [each.agreed for each in verdicts.memory.suspicions if each.kind == "page"] == [1]


def test_an_error_page_leaves_the_facts_of_the_page_behind_it() -> None:
    watch = watched()
    watch.see(look(without(page(), "technology jQuery")))
    error = (fact("page status", "503"), fact("page title", "Sorry"), fact("text e", "Back soon"))
    verdicts = watch.see(look(error))
    assert told(verdicts) == [("content.status_changed", "suspected")]
    assert [each.key for each in verdicts.opened] == ["status"]
    assert verdicts.closed == (("page", "final_url"),)
    back = watch.see(look(without(page(), "technology jQuery")))
    assert sorted(told(back)) == [("content.status_changed", "suppressed"), ("technology.removed", "confirmed")]


def test_records_that_were_not_answered_are_kept() -> None:
    watch = watched()
    verdicts = watch.see(look(without(page(), "dns NS")))
    assert (verdicts.changes, verdicts.closed) == ((), ())
    assert told(watch.see(look(page(fact("dns NS", "ns.other"))))) == [("infrastructure.dns_changed", "suspected")]


def test_competitors_wait_for_their_floor() -> None:
    watch = Watch(replace(TARGET, target_class=TargetClass.COMPETITOR))
    watch.see(look(page()))
    assert watch.see(look(titled("New"))).rescan_after == COMPETITOR_FLOOR


def test_a_suspicion_whose_change_the_store_lost_is_dropped() -> None:
    for scan in (look(same=True), look(page())):
        watch = watched()
        watch.see(look(titled("New")))
        watch.before = replace(watch.before, suspected=())
        verdicts = watch.see(scan)
        assert verdicts.changes == ()
        assert verdicts.memory.suspicions == ()


def test_a_truncated_page_makes_what_is_missing_less_sure() -> None:
    whole, cut = watched(), watched()
    gone = without(page(), "technology jQuery")
    sure = whole.see(look(gone)).changes[0].confidence
    assert cut.see(look(gone, truncated=True)).changes[0].confidence < sure


def test_many_links_at_once_are_confirmed_together() -> None:
    watch = watched()
    links = tuple(fact(f"link https://shop.example/{i}") for i in range(100))
    assert told(watch.see(look(page(*links)))) == [("content.link_added", "suspected")]
    assert told(watch.see(look(page(*links)))) == [("content.link_added", "confirmed")]


def test_judging_twice_gives_equal_verdicts() -> None:
    before = Before(TARGET, first=False, facts=page(), memory=Memory())
    scan = look(without(page(fact("page title", "New"), fact("script https://cdn.test/x.js")), "text t1"))
    assert judge(before, scan, Judging(), NOW) == judge(before, scan, Judging(), NOW)

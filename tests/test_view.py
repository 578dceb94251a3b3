"""What consoles read: all targets, kept up to date by what happened; one target by its own rows only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import NotFoundError
from core.model.target import WORST_FIRST, Status
from core.store.open import Store, open_store
from core.view import KEPT_FOR, PAGE, View
from tests.store.looks import ANNA, NOW, change, look, raised, target, watched


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_store(tmp_path / "data", writable=True)
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture
async def view(tmp_path: Path, store: Store) -> AsyncIterator[View]:
    opened = View(tmp_path / "data")
    await opened.open()
    try:
        yield opened
    finally:
        await opened.close()


async def same_as_read_anew(store: Store, view: View, now: float) -> None:
    kept = {each["target_id"]: each for each in await view.sites(now)}
    assert list(kept) == sorted(kept)
    for row in await store.reader.targets():
        assert {**kept.pop(row.target_id), "cert": None} == row
    assert kept == {}


async def test_what_happens_to_targets_is_taken_over_and_the_rest_stays_as_it_is(store: Store, view: View) -> None:
    shop, pay, blog = [await watched(store.ledger, name) for name in ("shop", "pay", "blog")]
    await store.ledger.record([look(each) for each in (shop, pay, blog)])
    before = {each["name"]: each for each in await view.sites(NOW)}
    again = look(shop, NOW + 60, status=Status.DOWN)
    await store.ledger.record([replace(again, run=replace(again.run, scans=2))])
    await same_as_read_anew(store, view, NOW + 61)
    after = {each["name"]: each for each in await view.sites(NOW + 61)}
    assert after["shop"]["status"] == "down"
    assert after["pay"] is before["pay"]
    assert after["blog"] is before["blog"]


async def test_a_look_that_is_stored_late_is_not_missed(store: Store, view: View) -> None:
    quick, slow = await watched(store.ledger, "quick"), await watched(store.ledger, "slow")
    await store.ledger.record([look(quick, NOW + 50)])
    await view.sites(NOW + 50)
    await store.ledger.record([look(slow, NOW + 20)])
    await same_as_read_anew(store, view, NOW + 51)


async def test_what_people_do_to_targets_is_taken_over(store: Store, view: View) -> None:
    shop, pay = await watched(store.ledger, "shop"), await watched(store.ledger, "pay")
    assert len(await view.sites(NOW)) == 2
    await store.ledger.pause_targets([pay.id], True, ANNA, NOW)
    await same_as_read_anew(store, view, NOW)
    await store.ledger.replace_target(replace(pay, name="payments"), ANNA, NOW, None)
    await same_as_read_anew(store, view, NOW)
    await store.ledger.remove_target(shop.id, ANNA, NOW)
    await watched(store.ledger, "blog")
    await same_as_read_anew(store, view, NOW)
    assert [each["name"] for each in await view.sites(NOW)] == ["payments", "blog"]


async def test_everything_is_read_anew_in_turns_so_that_no_days_left_grow_old(store: Store, view: View) -> None:
    for name in ("shop", "pay", "blog"):
        await watched(store.ledger, name)
    first = await view.sites(NOW)
    seen = [await view.sites(NOW + at * KEPT_FOR / 4) for at in (1, 2, 3, 4)]
    renewed = [
        {one["name"] for one, other in zip(before, after, strict=True) if one is not other}
        for before, after in zip([first, *seen], seen, strict=False)
    ]
    assert set().union(*renewed) == {"shop", "pay", "blog"}
    assert all(len(each) < 3 for each in renewed)


@pytest.mark.parametrize("later", [KEPT_FOR, -10.0])
async def test_after_a_long_time_and_with_a_clock_that_went_back_all_is_read_anew(
    store: Store, view: View, later: float
) -> None:
    await watched(store.ledger, "shop")
    first = (await view.sites(NOW))[0]
    assert (await view.sites(NOW))[0] is first
    assert (await view.sites(NOW + later))[0] is not first


async def test_who_follows_the_sites_is_told_of_what_moved_only(store: Store, view: View) -> None:
    shop, pay = await watched(store.ledger, "shop"), await watched(store.ledger, "pay")
    await store.ledger.record([look(shop), look(pay)])
    told = await view.sites_since(0, NOW)
    assert told.whole
    assert set(told.changed) == {shop.id, pay.id}
    told = await view.sites_since(told.version, NOW)
    assert (told.changed, told.gone, told.whole) == ({}, frozenset(), False)
    again = look(shop, NOW + 1, status=Status.DOWN)
    await store.ledger.record([replace(again, run=replace(again.run, scans=2))])
    await store.ledger.remove_target(pay.id, ANNA, NOW)
    before = told.version
    told = await view.sites_since(before, NOW + 1)
    assert {each.name: each.status for each in told.changed.values()} == {"shop": "down"}
    assert (told.gone, told.whole) == ({pay.id}, False)
    assert (await view.sites_since(before, NOW + 1)).whole, "whoever missed what was told hears everything"


async def test_one_site_comes_with_its_own_alerts_and_changes_only(store: Store, view: View) -> None:
    shop, pay = await watched(store.ledger, "shop"), await watched(store.ledger, "pay")
    for each in (shop, pay):
        found = change(target_id=each.id)
        await store.ledger.record([look(each, changes=(found,), raised=(raised(each),))])
    site = await view.site("pay", NOW)
    assert (site.target.name, site.record["name"]) == ("pay", "pay")
    assert [each.target for each in site.alerts] == ["pay"]
    assert [each.target for each in site.changes] == ["pay"]
    with pytest.raises(NotFoundError, match="did you mean 'pay'"):
        await view.site("pai", NOW)


async def test_the_fleet_is_a_letter_a_target_by_name_and_the_worst_of_them_whole(store: Store, view: View) -> None:
    names = {"d-up": Status.UP, "c-down": Status.DOWN, "b-slow": Status.DEGRADED, "a-slower": Status.DEGRADED,
             "e-new": Status.UNKNOWN, "f-odd": Status.INCONCLUSIVE, "g-idle": Status.UP,
             "h-gone": Status.DOWN}  # fmt: skip
    added = {name: await watched(store.ledger, name) for name in names}
    slow = {"a-slower": 900.0, "b-slow": 500.0}
    await store.ledger.record([look(added[name], status=status, value=slow.get(name, 100.0))
                               for name, status in names.items()])  # fmt: skip
    await store.ledger.pause_targets([added["g-idle"].id], True, ANNA, NOW)
    await store.ledger.remove_target(added["h-gone"].id, ANNA, NOW)
    fleet = await view.fleet(NOW, most=6)
    states = [WORST_FIRST[int(letter)] for letter in fleet.states]
    assert states == ["degraded", "degraded", "down", "up", "unknown", "inconclusive", "paused"]
    assert [each.name for each in fleet.worst] == ["c-down", "f-odd", "a-slower", "b-slow", "e-new", "d-up"]
    assert [each.name for each in (await view.fleet(NOW)).worst][-1] == "g-idle"


async def test_every_state_has_its_letter(store: Store, view: View) -> None:
    assert set(WORST_FIRST) == {*Status, "paused"}
    assert (await view.fleet(NOW)).states == ""


async def test_more_targets_than_a_page_are_all_read(store: Store, view: View) -> None:
    await store.ledger.sync_file_targets([(target(f"t{at}"), NOW) for at in range(2 * PAGE + 3)], NOW)
    await same_as_read_anew(store, view, NOW)

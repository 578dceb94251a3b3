"""What the store says of the near past: the last hour in slices, one target's peaks, and which facts moved."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from core.model.judging import Ended
from core.model.scan import Fact, Failure, FailureClass
from core.model.target import Target
from core.pipeline import WATCH
from core.ports import Recording
from core.store.look_back import MOST_ASKED, Moved
from core.store.open import Store, open_store
from tests.store.looks import FACTS, NOW, change, look, raised, watched


async def opened(folder: Path) -> Store:
    return await open_store(folder / "data", writable=True)


async def test_looks_are_counted_a_slice_with_failures_and_the_slowest_twentieth(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    shop = await watched(store.ledger)
    looks = [look(shop, NOW + at, value=float(at)) for at in range(0, 100)]
    failed = look(shop, NOW + 130)
    scan = replace(failed.outcome.scan, failure=Failure(FailureClass.DNS, "no such name"), samples=())
    await store.ledger.record([*looks, replace(failed, outcome=replace(failed.outcome, scan=scan))])
    seen = await store.back.looks(NOW, NOW + 300, 3)
    assert seen.scans == (1.0, 0.01, None)
    assert seen.errors == (0.0, 1.0, None)
    assert seen.ttfb_ms == (94.0, None, None)
    assert (seen.asked, seen.known) == (1, 1)
    await store.close()


async def test_many_targets_are_asked_in_part_and_stand_for_all(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    many = MOST_ASKED * 2
    targets = await asyncio.gather(*(watched(store.ledger, f"t{at}") for at in range(many)))  # in few commits
    await store.ledger.record([look(each, NOW + 1) for each in targets])
    seen = await store.back.looks(NOW, NOW + 10, 1)
    assert (seen.asked, seen.known) == (MOST_ASKED, many)
    assert seen.scans == (many / 10,)
    await store.close()


async def test_changes_and_alerts_are_counted_where_they_happened(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    shop = await watched(store.ledger)
    made = look(shop, NOW + 15, changes=(change(target_id=shop.id, at=NOW + 15),), raised=(raised(shop, NOW + 25),))
    await store.ledger.record([made])
    assert await store.back.events(NOW, NOW + 30, 3) == ((0, 1, 0), (0, 0, 1))
    await store.close()


async def test_peaks_keep_the_slowest_and_leave_unwatched_time_open(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    shop, blog = await watched(store.ledger), await watched(store.ledger, "blog")
    await store.ledger.record([look(shop, NOW + at, value=value) for at, value in ((1, 20.0), (2, 80.0), (25, 5.0))])
    assert await store.back.peaks([shop.id, blog.id], NOW, NOW + 30, 3) == {
        shop.id: (80.0, None, 5.0),
        blog.id: (None, None, None),
    }
    await store.close()


async def test_facts_that_moved_are_told_with_what_they_were_and_became(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    shop = await watched(store.ledger)
    newer, more = Fact("technology", "nginx", "1.27.1"), Fact("technology", "Vue.js", "3.4")
    await store.ledger.record([look(shop, opened=FACTS)])
    await store.ledger.record([look(shop, NOW + 60, opened=(newer, more), closed=(("security", "grade"),))])
    assert await store.back.moved_facts(shop.id, 0.0, 100) == [
        Moved(NOW + 60, "security", "grade", "B", None, NOW),
        Moved(NOW + 60, "technology", "Vue.js", None, "3.4", None),
        Moved(NOW + 60, "technology", "nginx", "1.25.3", "1.27.1", NOW),
    ]
    await store.close()


def failing(target: Target, at: float, failure: FailureClass = FailureClass.TIMEOUT) -> Recording:
    made = look(target, at)
    scan = replace(made.outcome.scan, duration_ms=10_000.0, failure=Failure(failure, "no"), samples=())
    return replace(made, outcome=replace(made.outcome, scan=scan))


async def lose(store: Store, at: float, back: float | None, *, told: bool = True) -> None:
    """Our own link is lost, and back."""
    lost = change("own-link", at, type="availability.inconclusive", target_id=0)
    recorded = await store.ledger.record_watch((lost,), (raised(WATCH, at),) if told else (), (), at)
    if back is not None and told:
        await store.ledger.record_watch((), (), (Ended(recorded.alerts[0].id, (), ()),), back)


async def counted(store: Store, target: Target, now: float) -> tuple[int, int, int]:
    losses = await store.back.link_losses(target.id, 0.0, now)
    found = await store.back.looks_since(target.id, 0.0, losses)
    return found.count, found.failed, found.unknown


@pytest.mark.parametrize(("back", "failed", "unknown"), [(NOW + 95, 1, 2), (None, 0, 3)], ids=["back", "still lost"])
async def test_looks_that_failed_without_our_own_link_say_nothing(
    tmp_path: Path, back: float | None, failed: int, unknown: int
) -> None:
    store = await opened(tmp_path)
    shop = await watched(store.ledger)
    await store.ledger.record([look(shop, NOW), failing(shop, NOW + 20), failing(shop, NOW + 60)])
    await store.ledger.record([look(shop, NOW + 90), failing(shop, NOW + 120)])
    await lose(store, NOW + 31, back)  # the look at NOW + 20 took ten seconds
    assert await counted(store, shop, NOW + 200) == (5, failed, unknown)
    await store.close()


async def test_a_loss_that_nobody_was_told_of_lasts_until_the_target_answers(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    shop = await watched(store.ledger)
    await store.ledger.record([failing(shop, NOW + 20), failing(shop, NOW + 60), look(shop, NOW + 90)])
    await store.ledger.record([failing(shop, NOW + 120)])
    await lose(store, NOW + 31, None, told=False)
    assert await counted(store, shop, NOW + 200) == (4, 1, 2)
    await store.close()


async def test_a_look_that_was_not_allowed_or_not_read_says_nothing_either(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    shop = await watched(store.ledger)
    failures = (FailureClass.POLICY, FailureClass.PARSE, FailureClass.DNS)
    await store.ledger.record([failing(shop, NOW + at * 20, each) for at, each in enumerate(failures)])
    assert await counted(store, shop, NOW + 200) == (3, 1, 2)
    await store.close()

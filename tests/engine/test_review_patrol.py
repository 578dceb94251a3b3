"""The patrol when targets are edited under a look, when batch results are held, and when a look is asked for again."""

from __future__ import annotations

from dataclasses import replace

from core.engine.patrol import Rules
from core.model.change import Change
from core.model.judging import Judging
from core.model.scan import Fact, Scan
from core.model.target import ContentScope, Profile, Target
from core.scan.packing import packed
from tests.engine.test_patrol import EVERY, World, world
from tests.store.looks import ANNA, look

__all__ = ["world"]

LATER = 2 * EVERY  # a floor may push a look past one interval, as the phase of the uuid has it


def batch(detect_every: float = 900.0, concurrency: int = 2) -> Rules:
    return Rules(lambda target, online: Judging(), concurrency, detect_every)


async def patient(one: World, *names: str) -> None:
    """Watch sites of the batch profile."""
    await one.watch(*names)
    for each in tuple(one.fleet):
        one.patrol.plan(one.fleet.put(replace(each.target, profile=Profile.BATCH)), one.now)


def title(one: World, text: str, reading: bytes = b"read") -> None:
    """Every look under way sees this title; `reading` is how it was read."""
    for job in tuple(one.workers.jobs):
        facts = (Fact("page", "title", text),)
        digest = text.encode().ljust(16)[:16]
        scan = Scan(job.url, one.now, 100.0, facts=facts, fact_digest=digest, raw_digest=reading + digest)
        one.patrol.on_scan(job, scan)


async def edited(one: World, target: Target) -> None:
    stored = await one.store.ledger.replace_target(target, ANNA, one.now, None)
    one.patrol.plan(one.fleet.put(stored))


async def settled(one: World) -> None:
    await one.until(lambda: not one.patrol.running())


async def changes(one: World) -> list[Change]:
    return await one.store.reader.changes()


async def test_results_that_are_held_take_no_place_from_other_looks(world: World) -> None:
    world.patrol.rules = batch()
    names = [f"patient{number}" for number in range(7)]
    await patient(world, *names)
    seen: list[str] = []
    for _ in range(20):
        seen += world.handed_out()
        assert len(world.workers.jobs) <= 2
        world.answer()
        world.now += 1.0
    assert sorted(seen) == names
    assert world.patrol.scans == 0
    world.patrol.judge_held()
    await settled(world)
    assert world.patrol.scans == 7


async def test_one_round_judges_what_the_batch_profile_would_hold(world: World) -> None:
    world.patrol.rules = batch()
    await patient(world, "patient")
    submit = world.workers.submit

    def answered(jobs: list) -> None:  # type: ignore[type-arg]
        submit(jobs)
        world.answer()
        world.workers.jobs.clear()

    world.workers.submit = answered  # type: ignore[method-assign,assignment]
    await world.patrol.round(1.0)
    assert world.patrol.scans >= 1
    assert not world.patrol.running()


async def test_a_look_under_way_at_the_old_address_is_not_the_baseline_of_the_new_one(world: World) -> None:
    await world.watch("shop")
    world.handed_out()
    title(world, "Old")
    await settled(world)
    world.now += LATER
    assert world.handed_out() == ["shop"]
    [shop] = [each.target for each in world.fleet]
    await edited(world, replace(shop, url="https://elsewhere.test/"))
    title(world, "Old")
    await settled(world)
    world.now += 1.0
    assert world.handed_out() == ["shop"]
    assert [job.url for job in world.workers.jobs] == ["https://elsewhere.test/"]
    title(world, "New")
    await settled(world)
    assert await changes(world) == []
    world.now += LATER
    world.handed_out()
    title(world, "Newer")
    await settled(world)
    assert [(each.before, each.after) for each in await changes(world)] == [("New", "Newer")]


async def test_another_part_of_the_page_is_a_new_baseline_also_after_a_restart(world: World) -> None:
    await world.watch("shop")
    world.handed_out()
    title(world, "Whole")
    await settled(world)
    [shop] = [each.target for each in world.fleet]
    await world.store.ledger.replace_target(replace(shop, content=ContentScope("main")), ANNA, world.now, None)
    [run] = (await world.store.reader.load()).runs
    assert (run.raw_digest, run.fact_digest) == (b"", b"")


async def test_a_look_that_left_out_what_the_store_has_lost_is_made_again_at_once_and_whole(world: World) -> None:
    await world.watch("shop")
    texts = tuple(Fact("text", f"t{number}", f"Tide {number}") for number in range(9))
    for status in ("200", "503"):
        world.handed_out()
        [job] = world.workers.jobs
        whole = Scan(job.url, world.now, 1.0, facts=(Fact("page", "status", status), *texts), fact_digest=b"f" * 16)
        world.patrol.on_scan(job, packed(whole, job.known_marks))
        await settled(world)
        if status == "200":
            world.now += LATER
            lost = tuple((fact.kind, fact.key) for fact in texts)
            [shop] = [each.target for each in world.fleet]
            await world.store.ledger.record([look(shop, world.now, closed=lost)])
    assert job.known_marks
    world.now += 1.0
    assert world.handed_out() == ["shop"]
    assert [job.known_marks for job in world.workers.jobs] == [b""]


async def test_what_is_read_otherwise_than_before_is_a_new_baseline(world: World) -> None:
    await world.watch("shop")
    for text, reading in (("Old", b"read"), ("As read now", b"anew"), ("Newer", b"anew")):
        world.handed_out()
        title(world, text, reading)
        await settled(world)
        world.now += LATER
    assert [(each.before, each.after) for each in await changes(world)] == [("As read now", "Newer")]


async def test_other_tags_leave_the_baseline_alone(world: World) -> None:
    await world.watch("shop")
    world.handed_out()
    title(world, "Whole")
    await settled(world)
    [shop] = [each.target for each in world.fleet]
    await world.store.ledger.replace_target(replace(shop, tags=("other",)), ANNA, world.now, None)
    [run] = (await world.store.reader.load()).runs
    assert run.fact_digest


async def test_a_look_asked_for_under_way_is_made_when_it_has_ended(world: World) -> None:
    await world.watch("shop")
    world.handed_out()
    [shop] = [each.target for each in world.fleet]
    world.patrol.soon([shop.id])
    world.answer()
    await settled(world)
    world.now += 1.0
    assert world.handed_out() == ["shop"]
    world.answer()
    await settled(world)
    world.now += 1.0
    assert world.handed_out() == []


async def test_a_paused_target_forgets_that_it_was_wanted(world: World) -> None:
    await world.watch("shop")
    [shop] = [each.target for each in world.fleet]
    world.patrol.soon([shop.id])
    world.patrol.plan(world.fleet.put(replace(shop, paused=True)))
    world.now += 3600.0
    assert world.handed_out() == []
    world.patrol.plan(world.fleet.put(replace(shop, paused=False)))
    assert world.handed_out() == ["shop"]

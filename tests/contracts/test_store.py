"""What every store must do, whatever it is made of: another one is one row in STORES."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ConflictError, NotFoundError
from core.model.alert import AlertEvent, AlertState, Delivery, DeliveryState
from core.model.change import ChangeState, Reason, Verdict
from core.model.judging import Ended, Flips, Memory, Raised, Suspicion
from core.model.people import AuditEntry
from core.model.scan import Document, Fact, Failure, FailureClass, Scan
from core.model.target import ContentScope, Origin, Schedule, Status
from core.ports import Entry, History, JobRow, Ledger, Reader
from core.settings.values import RetentionSettings
from core.store.open import open_store
from tests.store.looks import ANNA, FACTS, NOW, change, look, raised, target, watched

DAY = 86400.0


class Store(Protocol):
    ledger: Ledger
    reader: Reader
    history: History

    async def close(self) -> None: ...


async def open_sqlite(directory: Path) -> Store:
    return await open_store(directory / "data", writable=True, retention=RetentionSettings(), linger=0.0)


STORES: dict[str, Callable[[Path], Awaitable[Store]]] = {"sqlite": open_sqlite}


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    opened = await STORES[request.param](tmp_path)
    yield opened
    await opened.close()


async def reopened(tmp_path: Path) -> Store:
    return await STORES["sqlite"](tmp_path)


# Targets


async def test_a_target_comes_back_as_it_was_added(store: Store) -> None:
    full = replace(
        target(),
        schedule=Schedule(None, "0 */6 * * *", "Europe/Berlin"),
        content=ContentScope("main", ("#clock", "/Visit [0-9a-f]+/")),
        thresholds=(("total_ms", 0.4),),
        allow_private=True,
        paused=True,
    )
    added = await store.ledger.add_target(full, ANNA, NOW, NOW + 5)
    assert added == replace(full, id=added.id, uuid=added.uuid)
    assert added.uuid[14] == "7"
    for name in ("shop", f"T-{added.id}", f"t-{added.id}", added.uuid):
        assert await store.reader.target(name) == added
    loaded = await store.reader.load()
    assert loaded.targets == (added,)
    assert [(run.target_id, run.next_due, run.scans) for run in loaded.runs] == [(added.id, NOW + 5, 0)]


async def test_a_name_can_be_given_once(store: Store) -> None:
    first = await watched(store.ledger, "shop")
    other = await watched(store.ledger, "other")
    with pytest.raises(ConflictError, match="already a target named 'shop'"):
        await watched(store.ledger, "shop")
    with pytest.raises(ConflictError):
        await store.ledger.replace_target(replace(other, name="shop"), ANNA, NOW, None)
    await store.ledger.remove_target(first.id, ANNA, NOW)
    again = await watched(store.ledger, "shop")
    assert again.id != first.id


async def test_an_unknown_target_is_answered_with_the_nearest_name(store: Store) -> None:
    await watched(store.ledger, "shop-eu")
    with pytest.raises(NotFoundError, match="did you mean 'shop-eu'"):
        await store.reader.target("shop-ue")
    with pytest.raises(NotFoundError):
        await store.ledger.remove_target(99, ANNA, NOW)


async def test_a_changed_target_keeps_its_due_time_unless_told_otherwise(store: Store) -> None:
    added = await watched(store.ledger)
    changed = await store.ledger.replace_target(replace(added, owner="pay"), ANNA, NOW, None)
    assert (await store.reader.load()).runs[0].next_due == NOW
    await store.ledger.replace_target(changed, ANNA, NOW, NOW + 9)
    loaded = await store.reader.load()
    assert (loaded.targets[0].owner, loaded.runs[0].next_due) == ("pay", NOW + 9)


async def test_the_files_targets_are_added_changed_and_retired_by_name(store: Store) -> None:
    mine = await watched(store.ledger, "mine")
    first, second = target("first"), target("second")
    stored = await store.ledger.sync_file_targets([(first, NOW), (second, NOW)], NOW)
    assert [each.origin for each in stored] == [Origin.FILE, Origin.FILE]
    await store.ledger.pause_targets([stored[0].id], True, ANNA, NOW)
    again = await store.ledger.sync_file_targets([(replace(first, owner="pay"), NOW + 1)], NOW)
    assert [(each.id, each.owner, each.paused) for each in again] == [(stored[0].id, "pay", True)]
    loaded = await store.reader.load()
    assert {each.name for each in loaded.targets} == {"mine", "first"}
    assert mine in loaded.targets
    with pytest.raises(ConflictError):
        await store.ledger.sync_file_targets([(target("mine"), NOW)], NOW)


async def test_pausing_one_that_is_not_there_pauses_none(store: Store) -> None:
    added = await watched(store.ledger)
    with pytest.raises(NotFoundError):
        await store.ledger.pause_targets([added.id, 99], True, ANNA, NOW)
    assert not (await store.reader.target("shop")).paused


async def test_a_removed_target_ends_everything_about_it_but_its_past(store: Store) -> None:
    shop = await watched(store.ledger)
    recording = look(shop, opened=FACTS, changes=(change(),), raised=(raised(shop),))
    await store.ledger.record([recording])
    await store.ledger.remove_target(shop.id, ANNA, NOW + 10)
    loaded = await store.reader.load()
    assert (loaded.targets, loaded.runs, loaded.memories, loaded.open_alerts) == ((), (), (), ())
    assert await store.reader.facts(shop.id) == ()
    assert len(await store.reader.facts(shop.id, NOW + 5)) == len(FACTS)
    assert [(each.state, each.target) for each in await store.reader.alerts()] == [(AlertState.RESOLVED, "shop")]
    assert len(await store.history.series(shop.id, "ttfb_ms", 0, NOW + 60)) == 1
    late = await store.ledger.record([look(shop, NOW + 11, changes=(change(),))])
    assert late[0].changes == ()


# Looks


async def test_the_numbers_of_a_look_come_back_as_measured(store: Store) -> None:
    shop = await watched(store.ledger)
    await store.ledger.record([look(shop, NOW, value=212.345)])
    assert await store.history.series(shop.id, "ttfb_ms", NOW - 1, NOW + 1) == [(NOW, 212.345)]
    assert await store.history.series(shop.id, "body_bytes", NOW - 1, NOW + 1) == [(NOW, 20_480.0)]
    assert await store.history.scans(shop.id, NOW - 1, NOW + 1) == [(NOW, "", 250.5)]
    with pytest.raises(ValueError, match="not a metric"):
        await store.history.series(shop.id, "lcp_ms; drop table sample", 0, NOW)


async def test_a_window_is_the_latest_values_that_may_be_judged_oldest_first(store: Store) -> None:
    shop, other = await watched(store.ledger), await watched(store.ledger, "other")
    for number in range(40):
        recording = look(shop, NOW + 60 * number, value=float(number), busy=number % 4 == 3)
        numbered = replace(recording, run=replace(recording.run, scans=number + 1))
        await store.ledger.record([numbered, look(other, NOW + 60 * number, value=1000.0)])
    assert await store.history.window(shop.id, "ttfb_ms", 5) == (33.0, 34.0, 36.0, 37.0, 38.0)
    assert len(await store.history.window(shop.id, "ttfb_ms", 64)) == 30
    assert len(await store.history.series(shop.id, "ttfb_ms", 0, NOW + 1e6)) == 40


async def test_a_look_recorded_twice_is_kept_once(store: Store) -> None:
    shop = await watched(store.ledger)
    await store.ledger.record([look(shop), look(shop)])
    await store.ledger.record([look(shop)])
    assert len(await store.history.scans(shop.id, 0, NOW + 1)) == 1


async def test_looks_survive_a_new_schedule(store: Store) -> None:
    shop = await watched(store.ledger)
    for number, every in enumerate((60.0, 60.0, 300.0, 3600.0, 60.0)):
        moved = replace(shop, schedule=Schedule(every=every))
        await store.ledger.record([look(moved, NOW + number * 61, value=float(number))])
    assert [value for _, value in await store.history.series(shop.id, "total_ms", 0, NOW + 999)] == [0, 1, 2, 3, 4]


async def test_a_failed_look_is_in_the_history_without_numbers(store: Store) -> None:
    shop = await watched(store.ledger)
    await store.ledger.record([look(shop)])
    failed = look(shop, NOW + 60, status=Status.DOWN)
    scan = Scan(shop.url, NOW + 60, 20_000.0, failure=Failure(FailureClass.TIMEOUT, "no answer in 20 s"))
    await store.ledger.record([replace(failed, outcome=replace(failed.outcome, scan=scan))])
    assert await store.history.scans(shop.id, NOW + 1, NOW + 99) == [(NOW + 60, "timeout", 20_000.0)]
    assert await store.history.window(shop.id, "ttfb_ms", 9) == (212.3,)
    [record] = await store.reader.targets()
    assert (record["status"], record["ttfb_ms"], record["last_at"]) == ("down", None, NOW + 60)


async def test_the_run_row_is_what_the_engine_resumes_from(store: Store, tmp_path: Path) -> None:
    shop = await watched(store.ledger)
    memory = Memory(
        Status.DEGRADED,
        3,
        NOW,
        (Suspicion(7, "content.title_changed", "page", "title", None, "x", 1, 2, NOW),),
        (Flips("header", "x", 2, NOW),),
        (("ttfb_ms", 212.0),),
        ("ab/14",),
    )
    recording = look(shop, memory=memory)
    await store.ledger.record([recording])
    await store.close()
    again = await reopened(tmp_path)
    loaded = await again.reader.load()
    await again.close()
    assert loaded.runs == (recording.run,)
    assert loaded.memories == ((shop.id, memory),)


async def test_the_overview_follows_the_facts(store: Store) -> None:
    shop = await watched(store.ledger)
    await store.ledger.record([look(shop, opened=FACTS)])
    newer = (Fact("technology", "nginx", "1.27.1"), Fact("technology", "jQuery", ""))
    await store.ledger.record([look(shop, NOW + 60, opened=newer, closed=(("page", "title"),))])
    [record] = await store.reader.targets()
    assert record["tech"] == (("jQuery", ""), ("nginx", "1.27.1"))
    assert (record["sec"], record["title"], record["cert_not_after"]) == ("B", "", 1798859045.0)
    assert (record["name"], record["tags"], record["state"]) == ("shop", ("shop", "eu"), "up")
    assert record["ttfb_ms"] == 212.3


async def test_documents_are_kept_once_and_answer_for_any_moment(store: Store) -> None:
    shop, other = await watched(store.ledger), await watched(store.ledger, "other")
    old, new = Document(b"1" * 16, b"<p>old</p>" * 99, "text/html"), Document(b"2" * 16, b"", "text/html")
    await store.ledger.record([look(shop, NOW, document=old), look(other, NOW, document=old)])
    await store.ledger.record([look(shop, NOW + 60, document=old), look(shop, NOW + 120, document=new)])
    assert await store.history.document(old.digest) == old
    assert await store.history.document(b"?") is None
    assert await store.history.document_at(shop.id) == new
    assert await store.history.document_at(shop.id, NOW + 119) == old
    assert await store.history.document_at(shop.id, NOW - 1) is None
    assert await store.history.document_at(other.id) == old


# Facts

KEYS = st.sampled_from(["a", "b", "c"])
KINDS = st.sampled_from(["header", "technology"])
SETS = st.dictionaries(st.tuples(KINDS, KEYS), st.sampled_from(["1", "2", ""]), max_size=6)


@settings(max_examples=25, deadline=None)
@given(history=st.lists(SETS, min_size=1, max_size=6))
async def test_the_facts_of_any_moment_are_the_set_recorded_last_before_it(
    tmp_path_factory: pytest.TempPathFactory, history: list[dict[tuple[str, str], str]]
) -> None:
    store = await open_sqlite(tmp_path_factory.mktemp("facts"))
    shop = await watched(store.ledger)
    known: dict[tuple[str, str], str] = {}
    for number, wanted in enumerate(history):
        opened = tuple(Fact(*name, value) for name, value in wanted.items() if known.get(name) != value)
        closed = tuple(name for name in known if name not in wanted)
        await store.ledger.record([look(shop, NOW + number, opened=opened, closed=closed)])
        known = wanted
    for number, wanted in enumerate(history):
        for moment in (NOW + number, NOW + number + 0.5):
            held = await store.reader.facts(shop.id, moment)
            assert {(fact.kind, fact.key): fact.value for fact in held} == wanted
    assert {(fact.kind, fact.key): fact.value for fact in await store.reader.facts(shop.id)} == history[-1]
    assert await store.reader.facts(shop.id, NOW - 1) == ()
    await store.close()


async def test_a_fact_comes_back_with_its_evidence(store: Store) -> None:
    shop, other = await watched(store.ledger), await watched(store.ledger, "other")
    await store.ledger.record([look(shop, opened=FACTS), look(other, opened=FACTS[1:2])])
    assert set(await store.reader.facts(shop.id)) == set(FACTS)
    assert await store.reader.fleet("technology") == [(shop.id, FACTS[1]), (other.id, FACTS[1])]
    assert await store.reader.fleet("header", "set-nonce") == [(shop.id, FACTS[4])]
    assert await store.reader.fleet("header", "none") == []


async def test_a_fact_of_which_a_page_has_hundreds_is_found_over_the_fleet_too(store: Store) -> None:
    shop, other = await watched(store.ledger), await watched(store.ledger, "other")
    tides, berths = Fact("link", "https://a.test/tides", "Tides"), Fact("link", "https://a.test/berths", "Berths")
    await store.ledger.record([look(shop, opened=(tides,)), look(other, opened=(berths, tides))])
    assert await store.reader.fleet("link") == [(other.id, berths), (shop.id, tides), (other.id, tides)]
    assert await store.reader.fleet("link", tides.key) == [(shop.id, tides), (other.id, tides)]


@pytest.mark.parametrize("count", [1, 3, 4, 5, 31, 36, 255, 256, 300])
async def test_any_number_of_facts_of_one_look_is_kept_found_and_ended(store: Store, count: int) -> None:
    shop = await watched(store.ledger)
    facts = tuple(Fact("heading", f"{number}", f"berth{number}") for number in range(count))
    [recorded] = await store.ledger.record([look(shop, opened=facts)])
    held = await store.reader.facts_at(recorded.opened, ())
    assert [held[shop.id][row] for row in recorded.opened] == list(facts)
    assert [hit.text for hit in await store.reader.search(f"berth{count - 1}")] == [
        f"heading {count - 1}: berth{count - 1}"
    ]
    gone = tuple((fact.kind, fact.key) for fact in facts)
    await store.ledger.record([look(shop, NOW + 60, closed=gone)])
    assert await store.reader.facts(shop.id) == ()
    assert await store.reader.search("berth") == []
    assert set(await store.reader.facts(shop.id, NOW + 30)) == set(facts)


# Decisions


async def test_changes_alerts_and_deliveries_get_their_names_in_one_go(store: Store) -> None:
    shop = await watched(store.ledger)
    recording = look(shop, changes=(change(), change("jquery")), raised=(raised(shop, changes=(0, 1)),))
    [recorded] = await store.ledger.record([recording])
    assert [each.key for each in recorded.changes] == ["nginx", "jquery"]
    assert all(each.id and each.uuid and each.target == "shop" for each in recorded.changes)
    [alert] = recorded.alerts
    assert alert.changes == recorded.changes
    assert alert.deliveries == recorded.deliveries
    assert len({each.key for each in recorded.deliveries}) == 2
    assert {each.state for each in recorded.deliveries} == {DeliveryState.PENDING}
    loaded = await store.reader.load()
    assert loaded.open_alerts == (alert,)
    assert loaded.undelivered == recorded.deliveries
    assert set(loaded.told) == {(shop.id, alert.rule, channel, NOW) for channel in ("ops-mail", "ops-hook")}
    assert await store.reader.alerts(states=["firing"]) == [alert]
    assert await store.reader.alert(f"A-{alert.id}") == await store.reader.alert(alert.uuid) == alert
    assert await store.reader.change(f"C-{alert.changes[0].id}") == alert.changes[0]
    assert await store.reader.delivery(f"D-{alert.deliveries[0].id}") == alert.deliveries[0]


async def test_a_suspicion_is_remembered_with_the_change_it_is_about(store: Store) -> None:
    shop = await watched(store.ledger)
    suspicion = Suspicion(-2, "content.title_changed", "page", "title", "a", "b", 1, 2, NOW)
    suspected = change("title", state=ChangeState.SUSPECTED)
    recording = look(shop, changes=(change(), suspected), memory=Memory(suspicions=(suspicion,)))
    [recorded] = await store.ledger.record([recording])
    assert recorded.memory.suspicions[0].change_id == recorded.changes[1].id
    loaded = await store.reader.load()
    assert loaded.memories == ((shop.id, recorded.memory),)
    assert loaded.suspected == (recorded.changes[1],)
    settled = replace(loaded.suspected[0], state=ChangeState.CONFIRMED, at=NOW + 5, confidence=0.99)
    [again] = await store.ledger.record([look(shop, NOW + 5, changes=(settled,))])
    assert again.changes == (settled,)
    assert (await store.reader.load()).suspected == ()
    assert await store.reader.changes(states=["confirmed"]) == [settled, recorded.changes[0]]


async def test_one_condition_has_one_open_alert(store: Store) -> None:
    shop = await watched(store.ledger)
    [first] = await store.ledger.record([look(shop, changes=(change(),), raised=(raised(shop),))])
    [second] = await store.ledger.record([look(shop, NOW + 60, changes=(change(),), raised=(raised(shop, NOW + 60),))])
    assert second.alerts[0].id == first.alerts[0].id
    assert len(second.alerts[0].changes) == 1, "the condition, as it is now"
    assert len((await store.reader.alert(f"A-{second.alerts[0].id}")).changes) == 2
    more = replace(second.alerts[0], reasons=(*second.alerts[0].reasons, Reason("dedup", "joined", "same condition")))
    recording = look(shop, NOW + 120, changes=(change(),), raised=(Raised(more, (0,), ()),))
    [third] = await store.ledger.record([recording])
    assert third.alerts[0].reasons == more.reasons
    assert len((await store.reader.alert(f"A-{third.alerts[0].id}")).changes) == 3


async def test_an_alert_ends_once_whoever_ends_it(store: Store) -> None:
    shop = await watched(store.ledger)
    [recorded] = await store.ledger.record([look(shop, changes=(change(),), raised=(raised(shop),))])
    ended = Ended(
        recorded.alerts[0].id,
        (Reason("condition", "over", "up again"),),
        (Delivery("ops-hook", AlertEvent.RESOLVED, NOW + 60),),
    )
    [first] = await store.ledger.record([look(shop, NOW + 60, ended=(ended,))])
    assert first.alerts[0].state is AlertState.RESOLVED
    assert first.alerts[0].reasons[-1].outcome == "over"
    assert [each.event for each in first.deliveries] == [AlertEvent.RESOLVED]
    [second] = await store.ledger.record([look(shop, NOW + 120, ended=(ended,))])
    assert (second.alerts, second.deliveries) == ((), ())
    assert (await store.reader.load()).open_alerts == ()


async def test_what_concerns_no_target_is_kept_without_one(store: Store) -> None:
    link = change("link", type="availability.inconclusive")
    about = replace(raised(target()).alert, target_id=0, target="", rule="")
    recorded = await store.ledger.record_watch((link,), (Raised(about, (0,), ()),), (), NOW)
    assert (recorded.changes[0].target_id, recorded.alerts[0].target_id) == (0, 0)
    assert (await store.reader.load()).open_alerts == recorded.alerts


async def test_people_settle_alerts_and_it_is_written_down(store: Store) -> None:
    shop = await watched(store.ledger)
    [recorded] = await store.ledger.record([look(shop, changes=(change(),), raised=(raised(shop),))])
    number = recorded.alerts[0].id
    acked = await store.ledger.set_alert_state(number, AlertState.ACKNOWLEDGED, ANNA, "rolling back", NOW + 1)
    assert (acked.acknowledged_by, acked.note, acked.updated_at) == ("anna", "rolling back", NOW + 1)
    await store.ledger.set_verdict("change", recorded.changes[0].id, Verdict.NOISE, ANNA, NOW + 2)
    await store.ledger.set_verdict("alert", number, Verdict.REAL, ANNA, NOW + 2)
    alert = await store.reader.alert(f"A-{number}")
    assert (alert.verdict, alert.changes[0].verdict) == (Verdict.REAL, Verdict.NOISE)
    await store.ledger.set_alert_state(number, AlertState.RESOLVED, ANNA, "", NOW + 3)
    with pytest.raises(ConflictError):
        await store.ledger.set_alert_state(number, AlertState.FIRING, ANNA, "", NOW + 4)
    with pytest.raises(NotFoundError):
        await store.ledger.set_alert_state(99, AlertState.RESOLVED, ANNA, "", NOW)
    acts = [entry.action for entry in await store.reader.audit_entries()]
    assert acts == ["alert.resolved", "alert.verdict", "change.verdict", "alert.acknowledged", "target.add"]


async def test_a_delivery_walks_from_pending_to_its_end(store: Store) -> None:
    shop = await watched(store.ledger)
    [recorded] = await store.ledger.record([look(shop, changes=(change(),), raised=(raised(shop),))])
    mail, hook = recorded.deliveries
    await store.ledger.move_delivery(replace(mail, state=DeliveryState.DELIVERED, attempts=1, response="250 ok"))
    dead = replace(hook, state=DeliveryState.DEAD, attempts=9, response="410 gone")
    await store.ledger.move_delivery(dead)
    assert (await store.reader.load()).undelivered == ()
    assert await store.reader.deliveries(states=[DeliveryState.DEAD]) == [dead]
    again = await store.ledger.requeue_delivery(hook.id, ANNA, NOW + 9)
    assert again == replace(dead, state=DeliveryState.PENDING, attempts=0, at=NOW + 9)
    assert (await store.reader.load()).undelivered == (again,)
    with pytest.raises(ConflictError, match="only a dead delivery"):
        await store.ledger.drop_delivery(hook.id, ANNA, NOW)
    await store.ledger.move_delivery(dead)
    await store.ledger.drop_delivery(hook.id, ANNA, NOW)
    with pytest.raises(NotFoundError):
        await store.ledger.requeue_delivery(hook.id, ANNA, NOW)


async def test_changes_are_listed_newest_first_within_bounds(store: Store) -> None:
    shop, other = await watched(store.ledger), await watched(store.ledger, "other")
    for number in range(4):
        await store.ledger.record(
            [look(each, NOW + number, changes=(change(at=NOW + number),)) for each in (shop, other)]
        )
    listed = await store.reader.changes(target_id=shop.id, since=NOW + 1, until=NOW + 2)
    assert [each.at for each in listed] == [NOW + 2, NOW + 1]
    assert len(await store.reader.changes(limit=3)) == 3
    assert await store.reader.changes(states=["suspected"]) == []


# Jobs, settings, trail, feed


async def test_jobs_worth_a_row_are_added_and_settled(store: Store) -> None:
    shop = await watched(store.ledger)
    jobs = [JobRow(shop.id, "pending", NOW), JobRow(shop.id, "pending", NOW + 1)]
    first, second = await store.ledger.put_jobs(jobs)
    done = replace(first, state="completed", completed_at=NOW + 2, attempts=1)
    await store.ledger.record([replace(look(shop), job=done)])
    assert (await store.reader.load()).open_jobs == (second,)
    assert await store.reader.jobs(states=["completed"]) == [done]
    await store.ledger.put_jobs([replace(second, state="dead", error="lost three times")])
    assert [job.state for job in await store.reader.jobs()] == ["dead", "completed"]


async def test_revisions_are_kept_when_they_differ(store: Store) -> None:
    for text in ("a", "a", "b", "a"):
        await store.ledger.save_revision(text, f"digest {text}", ANNA, NOW)
    assert [(number, text) for number, _, _, text in await store.reader.revisions()] == [(3, "a"), (2, "b"), (1, "a")]


async def test_entries_beside_the_file_are_replaced_by_name(store: Store) -> None:
    await store.ledger.put_entries([Entry("channel", "hook", "{}"), Entry("rule", "hook", "1")], ANNA, NOW)
    await store.ledger.put_entries([Entry("channel", "hook", "[]")], ANNA, NOW)
    assert await store.reader.entries() == [Entry("channel", "hook", "[]"), Entry("rule", "hook", "1")]
    await store.ledger.remove_entry("rule", "hook", ANNA, NOW)
    with pytest.raises(NotFoundError):
        await store.ledger.remove_entry("rule", "hook", ANNA, NOW)


async def test_the_feed_misses_nothing_while_others_write(store: Store) -> None:
    targets = [await watched(store.ledger, f"site-{number}") for number in range(20)]
    start = len(await store.reader.events(0))

    async def write(number: int) -> None:
        for turn in range(5):
            recording = look(targets[number], NOW + turn, changes=(change(at=NOW + turn),))
            await store.ledger.record([recording])

    async def follow() -> list[int]:
        cursor, seen = 0, []
        while len(seen) < start + 200:
            for event in await store.reader.events(cursor, limit=7):
                cursor = event.seq
                seen.append(event.seq)
        return seen

    async with asyncio.TaskGroup() as group:
        reading = group.create_task(follow())
        for number in range(20):
            group.create_task(write(number))
    seen = reading.result()
    everything = await store.reader.events(0, limit=10_000)
    assert seen == [event.seq for event in everything][: len(seen)]
    assert sum(event.kind == "change" for event in everything) == 100


# Retention


async def purge(store: Store, now: float) -> int:
    total = 0
    while rows := await store.ledger.purge(now):
        total += rows
    return total


async def test_retention_takes_what_is_old_and_nothing_that_still_counts(store: Store) -> None:
    shop = await watched(store.ledger)
    page = Document(b"d" * 16, b"page", "text/html")
    first = look(
        shop, opened=FACTS, changes=(change(), change("open")), document=page, raised=(raised(shop, changes=(0,)),)
    )
    [recorded] = await store.ledger.record([first])
    still_open = raised(shop, dedup="other", changes=(0,))
    await store.ledger.record([look(shop, NOW + 60, changes=(change("open"),), raised=(still_open,))])
    await store.ledger.record([look(shop, NOW + 120, closed=(("page", "title"),))])
    await store.ledger.set_alert_state(recorded.alerts[0].id, AlertState.RESOLVED, ANNA, "", NOW + 180)
    for delivery in recorded.deliveries:
        await store.ledger.move_delivery(replace(delivery, state=DeliveryState.DELIVERED))
    [job] = await store.ledger.put_jobs([JobRow(shop.id, "dead", NOW, completed_at=NOW)])
    assert await purge(store, NOW + 200) < 20
    assert len(await store.reader.changes()) == 3
    await purge(store, NOW + 500 * DAY)
    assert [each.key for each in await store.reader.changes()] == ["open"]
    assert [each.dedup for each in await store.reader.alerts()] == ["other"]
    assert len(await store.reader.deliveries()) == 2
    assert {fact.key for fact in await store.reader.facts(shop.id)} == {fact.key for fact in FACTS} - {"title"}
    assert len(await store.reader.facts(shop.id, NOW + 1)) == len(FACTS) - 1
    assert await store.history.document_at(shop.id) == page
    assert await store.history.scans(shop.id, 0, NOW + 999) == []
    assert await store.reader.jobs() == []
    assert job.id
    assert await store.reader.audit_entries() == []


async def test_looks_live_on_as_hours(store: Store) -> None:
    shop = await watched(store.ledger)
    hour = NOW // 3600 * 3600
    values = [float(number) for number in range(130)]
    for number, value in enumerate(values):
        recording = look(shop, hour + 60 * number, value=value)
        await store.ledger.record([replace(recording, run=replace(recording.run, scans=number + 1))])
    expected = [
        (hour, 60, 0.0, 29.5, 59.0),
        (hour + 3600, 60, 60.0, 89.5, 119.0),
        (hour + 7200, 10, 120.0, 124.5, 129.0),
    ]
    assert await store.history.hourly(shop.id, "ttfb_ms", hour, hour + 7200) == expected
    await purge(store, hour + 7200 + 600)
    assert await store.history.hourly(shop.id, "ttfb_ms", hour, hour + 7200) == expected
    await purge(store, hour + 100 * DAY)
    assert await store.history.series(shop.id, "ttfb_ms", 0, hour + DAY) == []
    assert await store.history.hourly(shop.id, "ttfb_ms", hour + 60, hour + 3600) == expected[:2]


async def test_an_act_of_the_caller_can_be_added_to_the_trail(store: Store) -> None:
    entry = AuditEntry(NOW, "anna", "cli", "export", "targets", "12 of them")
    await store.ledger.audit(entry)
    [stored] = await store.reader.audit_entries()
    assert replace(stored, digest="", id=0) == entry
    assert len(stored.digest) == 64

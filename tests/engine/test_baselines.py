"""A look compared by marks leads to what comparing all of its facts leads to, whatever changed before."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard

from core.engine.baselines import HELD_BYTES, Arrived, Baselines, put_beside
from core.engine.fleet import Fleet, Watched
from core.model.judging import Judging, Outcome
from core.model.scan import Document, Fact, Scan
from core.model.target import Status
from core.pipeline import evaluate
from core.ports import Recording, RunRow
from core.scan.packing import marks_in, packed
from core.scan.wire import Seen, frame, from_worker
from core.store.open import Store, open_store
from tests.store.looks import NOW, watched

BULKY = ("text", "heading", "link", "image", "inline_script")
JUDGING = Judging()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_store(tmp_path, writable=True, linger=0.0)
    yield opened
    await opened.close()


class Site:
    """A page whose facts come, go, are reworded and come back, by chance."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.present = {kind: set(range(self.chance.randrange(3, 30))) for kind in BULKY}
        self.values: dict[tuple[str, int], int] = {}
        self.title = 0
        self.status = "200"

    def turn(self) -> None:
        for kind in BULKY:
            if self.chance.random() < 0.4:
                number = self.chance.randrange(35)
                self.present[kind] ^= {number}
            if self.chance.random() < 0.3:
                number = self.chance.randrange(35)
                self.values[kind, number] = self.chance.randrange(3)
        self.title = self.chance.choice((0, 0, 0, 1, 2))
        self.status = self.chance.choice(("200",) * 9 + ("503",))

    def facts(self) -> tuple[Fact, ...]:
        single = [
            Fact("page", "status", self.status),
            Fact("page", "final_url", "https://shop.test/"),
            Fact("page", "title", f"Shop {self.title}"),
            Fact("security", "grade", "B"),
            Fact("infrastructure", "server", "nginx"),
        ]
        if self.status != "200":
            return (*single, Fact("text", "error", "out of order"))
        return (*single, *(self._fact(kind, number) for kind in BULKY for number in sorted(self.present[kind])))

    def _fact(self, kind: str, number: int) -> Fact:
        value = self.values.get((kind, number), 0)
        said = f"{kind} {number} says {value} of the boats that lie in this harbour"
        return Fact(kind, f"{kind}-{number}", said, 1.0, "html", f"{kind} {number} says" if number % 2 else "")


def arrived(scan: Scan, known: bytes = b"") -> Scan:
    """The scan as it comes out of the wire, packed for an engine that knows so many marks."""
    sent = from_worker.decode(frame(Seen(((1, packed(scan, known)),)))[4:])
    assert isinstance(sent, Seen)
    return sent.scans[0][1]


def comparable(outcome: Outcome) -> tuple[object, ...]:
    """All that follows from a look; what was opened in no order."""
    return (
        sorted(outcome.opened, key=lambda fact: (fact.kind, fact.key)),
        sorted(outcome.closed),
        outcome.changes,
        outcome.memory,
        outcome.status,
        outcome.raised,
        outcome.rescan_after,
    )


class Watch:
    """One target's looks, each judged both ways, then recorded."""

    def __init__(self, store: Store, fleet: Fleet, one: Watched, held_bytes: int = HELD_BYTES) -> None:
        self.store = store
        self.fleet = fleet
        self.one = one
        self.baselines = Baselines(store.reader, held_bytes)
        self.at = NOW

    async def see(self, facts: tuple[Fact, ...]) -> int:
        """How many stored facts the look was compared with."""
        self.at += 60
        target_id = self.one.target.id
        whole = Scan(self.one.target.url, self.at, 1.0, facts=facts, fact_digest=b"f" * 16)
        before = self.fleet.before(self.one)
        known = replace(before, facts=await self.store.reader.facts(target_id))
        baseline = self.baselines.held(target_id)
        look = Arrived(arrived(whole, baseline.marks if baseline else b""), self.one.memory, baseline)
        compared = (await self.baselines.compared({target_id: look}))[target_id]
        beside, seen = put_beside(before, compared)
        outcome = evaluate(beside, seen, JUDGING, self.at)
        assert comparable(outcome) == comparable(evaluate(known, whole, JUDGING, self.at))
        run = RunRow(target_id, last_at=self.at, last_ok=self.at, fact_digest=b"f" * 16)
        [recorded] = await self.store.ledger.record([Recording(outcome, run)])
        self.fleet.apply(recorded, run, self.at)
        self.baselines.follow(compared, outcome, recorded.opened)
        return len(beside.facts)


async def watching(store: Store, held_bytes: int = HELD_BYTES) -> Watch:
    target = await watched(store.ledger)
    fleet = Fleet()
    fleet.fill(await store.reader.load())
    return Watch(store, fleet, fleet[target.id], held_bytes)


@pytest.mark.parametrize("seed", range(8))
async def test_comparing_by_marks_leads_to_what_comparing_everything_does(store: Store, seed: int) -> None:
    watch, site = await watching(store), Site(seed)
    compared = []
    for _ in range(40):
        compared.append(await watch.see(site.facts()))
        site.turn()
    assert min(compared[2:]) < max(compared[2:]) / 2


async def test_of_a_page_in_which_one_text_changed_little_is_read(store: Store) -> None:
    watch = await watching(store)
    texts = tuple(Fact("text", f"t{number}", f"text {number}") for number in range(300))
    page = (Fact("page", "status", "200"), *texts[1:])
    compared = [await watch.see((*page, Fact("text", f"new {number}", "other words"))) for number in range(5)]
    assert (compared[0], max(compared[1:])) == (0, 2)


async def test_without_room_for_a_baseline_everything_is_compared(store: Store) -> None:
    watch, site = await watching(store, held_bytes=0), Site(3)
    for _ in range(5):
        known = len(await store.reader.facts(watch.one.target.id))
        assert await watch.see(site.facts()) == known
        site.turn()


async def test_a_baseline_that_the_store_does_not_have_is_not_believed(store: Store) -> None:
    watch, site = await watching(store), Site(4)
    for _ in range(4):
        await watch.see(site.facts())
        over = Outcome(
            watch.one.target, Scan("", watch.at, 1.0), watch.one.memory, Status.UP, closed=(("page", "title"),)
        )
        await store.ledger.record([Recording(over, watch.one.run)])
        site.turn()


def test_a_packed_scan_keeps_every_fact_and_nothing_that_only_people_are_shown() -> None:
    whole = Scan("https://shop.test/", NOW, 1.0, facts=Site(1).facts())
    sent = arrived(whole)
    assert sent.packed is not None
    assert {*sent.facts, *sent.packed.facts} == set(whole.facts)
    assert len(sent.packed.marks) == 8 * len(sent.packed.facts)
    assert dict(sent.packed.counts).keys() == set(BULKY)


def test_a_packed_scan_leaves_out_the_facts_that_the_engine_has() -> None:
    before, texts = Site(1).facts(), tuple(Fact("text", f"new {number}", "other words") for number in range(3))
    known = arrived(Scan("https://shop.test/", NOW, 1.0, facts=before)).packed
    sent = arrived(Scan("https://shop.test/", NOW, 1.0, facts=(*before, *texts)), known.marks if known else b"").packed
    assert known is not None
    assert sent is not None
    assert sent.facts == texts
    assert set(marks_in(known.marks)) == set(marks_in(sent.marks)[3:])
    assert sum(count for _, count in sent.counts) == len(known.facts) + 3


def test_a_packed_document_is_the_one_that_was_received() -> None:
    body = b"<p>tides and berths</p>" * 99
    whole = Scan("https://shop.test/", NOW, 1.0, facts=Site(1).facts(), document=Document(b"d" * 16, body, "text/html"))
    sent = arrived(whole)
    assert sent.document is None
    assert sent.packed is not None
    assert sent.packed.document is not None
    document = sent.packed.document
    assert (document.digest, document.content_type, document.size) == (b"d" * 16, "text/html", len(body))
    assert zstandard.ZstdDecompressor().decompress(document.body) == body
    assert len(document.body) < len(body) / 5


async def test_a_look_that_left_out_what_the_store_has_not_is_to_be_made_again(store: Store) -> None:
    watch, facts = await watching(store), Site(1).facts()
    await watch.see(facts)
    target_id = watch.one.target.id
    baseline = watch.baselines.held(target_id)
    assert baseline is not None
    gone = tuple((fact.kind, fact.key) for fact in facts)
    over = Outcome(watch.one.target, Scan("", watch.at, 1.0), watch.one.memory, Status.UP, closed=gone)
    await store.ledger.record([Recording(over, watch.one.run)])
    whole = Scan("https://shop.test/", watch.at, 1.0, facts=(*facts[1:], Fact("page", "status", "503")))
    look = Arrived(arrived(whole, baseline.marks), watch.one.memory, baseline)
    assert await watch.baselines.compared({target_id: look}) == {}
    assert watch.baselines.held(target_id) is None
    await watch.see(facts)
    assert set(await store.reader.facts(target_id)) == set(facts)

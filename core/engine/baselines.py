"""Which facts the store has of a target, as marks and rows: enough to read and compare only what differs.

A page has hundreds of facts and a change touches a handful, so decoding, reading and comparing all of them took most
of what a changed look costs. Eight bytes of mark and eight of row a fact are kept for the targets that changed last,
within a bound; for any other target everything is read. One engine writes, and a baseline changes only after a commit
was acknowledged, so it never disagrees with the store.
"""

from __future__ import annotations

from array import array
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.detect.comparison import by_kind, is_error
from core.detect.memory import suspected_facts
from core.model.facts import BULKY_KINDS
from core.model.judging import Before, Memory, Outcome
from core.model.scan import Fact, Scan
from core.scan.packing import marks_of, unpacked
from core.store.reader import FactsByRow, SqliteReader

HELD_BYTES = 32 * 1024 * 1024
_OVERHEAD = 400  # bytes of the objects around one baseline

Identity = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Baseline:
    """The rows of a target's current facts: `marked` those of `marks`, and the `rows` of facts without a mark."""

    marks: array[int]
    marked: array[int]
    rows: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        return 8 * (len(self.marks) + len(self.marked) + len(self.rows)) + _OVERHEAD

    def row(self, mark: int) -> int:
        return self.marked[self.marks.index(mark)]

    def without(self, gone: Iterable[int]) -> tuple[array[int], array[int]]:
        """Copies of marks and marked rows without some marks, in no order."""
        marks, marked = self.marks[:], self.marked[:]
        for mark in gone:
            place = marks.index(mark)
            marks[place], marked[place] = marks[-1], marked[-1]
            del marks[-1], marked[-1]
        return marks, marked


_NOTHING = Baseline(array("q"), array("q"))


@dataclass(frozen=True, slots=True)
class Differing:
    """What of a look a baseline does not have, and the other way round.

    `scan` has no bulky facts but the `come` ones, which are known here with their marks. `rows` are to be read of the
    store: those of the marks that `left`, and those that have none. `steady` facts of the scan are the same in the
    store.
    """

    scan: Scan
    baseline: Baseline
    come: Mapping[Identity, tuple[int, Fact]] = field(default_factory=dict)
    left: frozenset[int] = frozenset()
    rows: frozenset[int] = frozenset()
    steady: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """A look's differences, and the facts of the store that they are to be judged against, by row."""

    look: Differing
    stored: Mapping[int, Fact]


def differing(scan: Scan, baseline: Baseline | None) -> Differing | None:
    """What of a look is new to a baseline; None where there is none, or an error page says nothing of most facts."""
    if scan.packed is None or baseline is None or _is_error(scan):
        return None
    marks = marks_of(scan.packed)
    known, seen = frozenset(baseline.marks), frozenset(marks)
    come, left = seen - known, known - seen
    rows = frozenset((*baseline.rows, *map(baseline.row, left)))
    steady = tuple([fact for mark, fact in zip(marks, scan.facts, strict=False) if mark not in come])
    return _differing(scan, marks, come, Differing(scan, baseline, left=left, rows=rows, steady=steady))


def _is_error(scan: Scan) -> bool:
    return is_error(by_kind([fact for fact in scan.facts if fact.kind == "page"]))


def everything(scan: Scan) -> Differing:
    """The whole look, to be compared with all that the store has."""
    if scan.packed is None:
        return Differing(scan, _NOTHING)
    marks = marks_of(scan.packed)
    return _differing(scan, marks, frozenset(marks), Differing(scan, _NOTHING))


def _differing(scan: Scan, marks: list[int], come: frozenset[int], so_far: Differing) -> Differing:
    """With the facts that come; bulky ones are unpacked only now, and stand after the others."""
    assert scan.packed is not None
    facts = scan.facts
    packed = zip(marks[len(facts) :], scan.packed.facts, strict=True)
    bulky = [(mark, unpacked(fact)) for mark, fact in packed if mark in come]
    found = [(mark, fact) for mark, fact in zip(marks, facts, strict=False) if mark in come]
    named = {(fact.kind, fact.key): (mark, fact) for mark, fact in (*found, *bulky)}
    return replace(so_far, scan=replace(scan, facts=(*facts, *(fact for _, fact in bulky))), come=named)


def put_beside(before: Before, compared: Compared) -> tuple[Before, Scan]:
    """What was known and what was seen, ready to be judged.

    What was read by its name though it is the same - a suspicion is about it - stands on both sides.
    """
    look, stored = compared.look, compared.stored
    facts = (*stored.values(), *look.steady)
    if look.baseline is _NOTHING:
        return replace(before, facts=facts), look.scan
    shared = [fact for row, fact in stored.items() if row not in look.rows]
    alike = Counter(dict(look.scan.packed.counts) if look.scan.packed else {})
    alike.subtract([kind for kind, _ in look.come if kind in BULKY_KINDS])
    alike.subtract([fact.kind for fact in shared])
    scan = replace(look.scan, facts=(*look.scan.facts, *shared)) if shared else look.scan
    return replace(before, facts=facts, alike=tuple(alike.items())), scan


def followed(compared: Compared, outcome: Outcome, opened: Iterable[int]) -> Baseline:
    """The baseline after a commit: what is over is gone, and `opened` are the rows of what is new."""
    look = compared.look
    marks, marked = look.baseline.without(look.left)
    rows = []
    over = {*outcome.closed, *((fact.kind, fact.key) for fact in outcome.opened)}
    whole = look.baseline is _NOTHING
    for row, fact in compared.stored.items():
        identity = (fact.kind, fact.key)
        if identity in over or not (whole or row in look.rows):
            continue
        mark, seen = look.come.get(identity, (0, None))
        if seen is not None and _equal(fact, seen):
            marks.append(mark)
            marked.append(row)
        else:
            rows.append(row)
    for row, fact in zip(opened, outcome.opened, strict=True):
        marks.append(look.come[fact.kind, fact.key][0])
        marked.append(row)
    return Baseline(marks, marked, tuple(rows))


class Baselines:
    """Baselines by target id; the ones not used for longest go when there are too many."""

    def __init__(self, reader: SqliteReader, held_bytes: int = HELD_BYTES) -> None:
        self._reader = reader
        self._held: OrderedDict[int, Baseline] = OrderedDict()
        self._room = held_bytes

    async def compared(self, looks: Mapping[int, tuple[Scan, Memory]]) -> dict[int, Compared]:
        """Each look that differs beside the stored facts it needs, read in one query, in two where some are new here.

        `looks` are by target id, with what the judge remembers of the target.
        """
        found = {target_id: differing(scan, self._held.get(target_id)) for target_id, (scan, _) in looks.items()}
        known = {target_id: look for target_id, look in found.items() if look is not None}
        stored = await self._differences(known, looks) if known else {}
        whole = [target_id for target_id in looks if target_id not in known or not _complete(known, stored, target_id)]
        if whole:
            stored = {target_id: facts for target_id, facts in stored.items() if target_id not in whole}
            stored.update(await self._reader.facts_many(whole))
            known.update({target_id: everything(looks[target_id][0]) for target_id in whole})
        return {target_id: Compared(known[target_id], stored.get(target_id, {})) for target_id in looks}

    async def _differences(
        self, known: Mapping[int, Differing], looks: Mapping[int, tuple[Scan, Memory]]
    ) -> FactsByRow:
        rows = [row for look in known.values() for row in look.rows]
        named = [
            (target_id, kind, key)
            for target_id in known
            for kind, key in suspected_facts(looks[target_id][1].suspicions)
            if kind in BULKY_KINDS
        ]
        return await self._reader.facts_at(rows, named)

    def follow(self, compared: Compared, outcome: Outcome, opened: Sequence[int]) -> None:
        """What was compared is committed; a look without marks leaves no baseline."""
        target_id = outcome.target.id
        self.drop(target_id)
        if compared.look.scan.packed is None or len(opened) != len(outcome.opened):
            return
        baseline = self._held[target_id] = followed(compared, outcome, opened)
        self._room -= baseline.size
        while self._room < 0:
            self._room += self._held.popitem(last=False)[1].size

    def drop(self, target_id: int) -> None:
        known = self._held.pop(target_id, None)
        if known is not None:
            self._room += known.size


def _complete(known: Mapping[int, Differing], stored: FactsByRow, target_id: int) -> bool:
    """Whether the store has every row that a baseline says it has."""
    return stored.get(target_id, {}).keys() >= known[target_id].rows


def _equal(one: Fact, other: Fact) -> bool:
    return one.value == other.value and one.stable == other.stable

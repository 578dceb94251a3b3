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
    """The rows of a target's current facts: by mark those that have one, and `rows` of all that are always read."""

    marks: array[int]
    marked: array[int]
    rows: array[int]

    @property
    def size(self) -> int:
        return 8 * (len(self.marks) + len(self.marked) + len(self.rows)) + _OVERHEAD


@dataclass(frozen=True, slots=True)
class Differing:
    """A look without the bulky facts that its baseline has too.

    `same` are the rows of those by their marks, `rows` what has to be read of the store besides, `marks` the marks of
    the bulky facts that were unpacked.
    """

    scan: Scan
    rows: tuple[int, ...] = ()
    same: Mapping[int, int] = field(default_factory=dict)
    marks: Mapping[Identity, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Compared:
    """A look's differences, and the facts of the store that they are to be judged against, by row."""

    look: Differing
    stored: Mapping[int, Fact]


def differing(scan: Scan, baseline: Baseline | None) -> Differing | None:
    """What of a look is new to a baseline; None where there is none, or an error page says nothing of most facts."""
    packed = scan.packed
    if packed is None or baseline is None or is_error(by_kind(scan.facts)):
        return None
    marks = marks_of(packed)
    known = dict(zip(baseline.marks, baseline.marked, strict=True))
    come = {mark: unpacked(fact) for mark, fact in zip(marks, packed.facts, strict=True) if mark not in known}
    same = {mark: known[mark] for mark in marks if mark in known}
    rows = (*baseline.rows, *(row for mark, row in known.items() if mark not in same))
    return _unpacked(scan, come, rows, same)


def everything(scan: Scan) -> Differing:
    """The whole look, to be compared with all that the store has."""
    if scan.packed is None:
        return Differing(scan)
    return _unpacked(scan, dict(zip(marks_of(scan.packed), map(unpacked, scan.packed.facts), strict=True)), (), {})


def _unpacked(scan: Scan, come: Mapping[int, Fact], rows: tuple[int, ...], same: Mapping[int, int]) -> Differing:
    marks = {(fact.kind, fact.key): mark for mark, fact in come.items()}
    return Differing(replace(scan, facts=(*scan.facts, *come.values())), rows, same, marks)


def put_beside(before: Before, compared: Compared) -> tuple[Before, Scan]:
    """What was known and what was seen, ready to be judged.

    What was read though it is the same - a suspicion is about it - stands on both sides.
    """
    look, stored = compared.look, compared.stored
    facts = tuple(stored.values())
    if not look.same:
        return replace(before, facts=facts), look.scan
    rows = set(look.same.values())
    shared = [fact for row, fact in stored.items() if row in rows]
    alike = Counter(dict(look.scan.packed.counts) if look.scan.packed else {})
    alike.subtract(kind for kind, _ in look.marks)
    alike.subtract(fact.kind for fact in shared)
    scan = replace(look.scan, facts=(*look.scan.facts, *shared))
    return replace(before, facts=facts, alike=tuple(alike.items())), scan


def followed(compared: Compared, outcome: Outcome, opened: Iterable[int]) -> Baseline:
    """The baseline after a commit: what is over is gone, and `opened` are the rows of what is new."""
    look, stored = compared.look, compared.stored
    over = {*outcome.closed, *((fact.kind, fact.key) for fact in outcome.opened)}
    seen = {(fact.kind, fact.key): fact for fact in look.scan.facts}
    marked = dict(look.same)
    rows = []
    same = set(marked.values())
    for row, fact in stored.items():
        identity = (fact.kind, fact.key)
        if identity in over or row in same:
            continue
        mark = look.marks.get(identity)
        if mark is not None and _equal(fact, seen[identity]):
            marked[mark] = row
        else:
            rows.append(row)
    for row, fact in zip(opened, outcome.opened, strict=True):
        if fact.kind in BULKY_KINDS:
            marked[look.marks[fact.kind, fact.key]] = row
        else:
            rows.append(row)
    return Baseline(array("q", marked), array("q", marked.values()), array("q", rows))


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
    return stored.get(target_id, {}).keys() >= set(known[target_id].rows)


def _equal(one: Fact, other: Fact) -> bool:
    return one.value == other.value and one.stable == other.stable

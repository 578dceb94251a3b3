"""Which facts the store has of a target, as marks and rows: enough to read and compare only what differs.

A page has hundreds of facts and a change touches a handful, so decoding, reading and comparing all of them took most
of what a changed look costs. Eight bytes of mark a fact and the rows are kept for the targets that changed last, within
a bound; a worker is told the marks and leaves out the facts that have them. For any other target everything is read.
One engine writes, and a baseline changes only after a commit was acknowledged, so it never disagrees with the store.
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
from core.scan.packing import marks_as_bytes, marks_in
from core.store.reader import FactsByRow, SqliteReader

HELD_BYTES = 32 * 1024 * 1024
_OVERHEAD = 400  # bytes of the objects around one baseline

Identity = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Baseline:
    """The rows of a target's current facts: by mark those that have one, and `rows` of all that are always read.

    `marked` are the rows of `marks`, in their order. Rows of one look follow one another, so of each run of them only
    the first and how many there are is held.
    """

    marks: bytes
    marked: array[int]
    rows: array[int]

    @classmethod
    def of(cls, marked: Mapping[int, int], rows: Iterable[int]) -> Baseline:
        return cls(marks_as_bytes(marked), _runs(marked.values()), _runs(rows))

    @property
    def known(self) -> dict[int, int]:
        """Mark -> row."""
        return dict(zip(marks_in(self.marks), _rows(self.marked), strict=True))

    @property
    def size(self) -> int:
        return len(self.marks) + 8 * (len(self.marked) + len(self.rows)) + _OVERHEAD


def _runs(rows: Iterable[int]) -> array[int]:
    each = list(rows)
    firsts = [at for at, row in enumerate(each) if at == 0 or row != each[at - 1] + 1]
    ends = [*firsts[1:], len(each)]
    return array("q", [number for at, end in zip(firsts, ends, strict=False) for number in (each[at], end - at)])


def _rows(runs: array[int]) -> list[int]:
    return [row for at in range(0, len(runs), 2) for row in range(runs[at], runs[at] + runs[at + 1])]


@dataclass(frozen=True, slots=True)
class Arrived:
    """A look with what the judge remembers of its target, and the baseline whose marks its worker was told."""

    scan: Scan
    memory: Memory
    baseline: Baseline | None = None


@dataclass(frozen=True, slots=True)
class Differing:
    """A look without the bulky facts that its baseline has too.

    `same` are the rows of those by their marks, `rows` what has to be read of the store besides, `marks` the marks of
    the bulky facts that are left, which are the last ones of the scan.
    """

    scan: Scan
    rows: tuple[int, ...] = ()
    same: Mapping[int, int] = field(default_factory=dict)
    marks: Sequence[int] = ()

    @property
    def bulky(self) -> tuple[Fact, ...]:
        """The facts of `marks`, in their order."""
        return self.scan.facts[len(self.scan.facts) - len(self.marks) :]


@dataclass(frozen=True, slots=True)
class Compared:
    """A look's differences, and the facts of the store that they are to be judged against, by row."""

    look: Differing
    stored: Mapping[int, Fact]


def differing(arrived: Arrived) -> Differing | None:
    """What of a look is new to its baseline; None where there is none, or an error page says nothing of most facts."""
    scan, baseline = arrived.scan, arrived.baseline
    if scan.packed is None or baseline is None or is_error(by_kind(fact for fact in scan.facts if fact.kind == "page")):
        return None
    marks, known = marks_in(scan.packed.marks), baseline.known
    come = marks[: len(scan.packed.facts)]
    same = {mark: known[mark] for mark in marks[len(come) :]}
    rows = (*_rows(baseline.rows), *(row for mark, row in known.items() if mark not in same))
    return Differing(replace(scan, facts=(*scan.facts, *scan.packed.facts)), rows, same, come)


def everything(arrived: Arrived, stored: Mapping[int, Fact]) -> Differing | None:
    """The whole look, to be compared with all that the store has; None where it left out what the store has not."""
    scan, packed = arrived.scan, arrived.scan.packed
    if packed is None:
        return Differing(scan)
    marks = marks_in(packed.marks)
    left_out = marks[len(packed.facts) :]
    known = arrived.baseline.known if arrived.baseline is not None and left_out else {}
    if not all(known.get(mark) in stored for mark in left_out):
        return None
    facts = (*scan.facts, *packed.facts, *[stored[known[mark]] for mark in left_out])
    return Differing(replace(scan, facts=facts), marks=marks)


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
    alike.subtract(fact.kind for fact in (*look.bulky, *shared))
    scan = replace(look.scan, facts=(*look.scan.facts, *shared))
    return replace(before, facts=facts, alike=tuple(alike.items())), scan


def followed(compared: Compared, outcome: Outcome, opened: Iterable[int]) -> Baseline:
    """The baseline after a commit: what is over is gone, and `opened` are the rows of what is new."""
    look, stored = compared.look, compared.stored
    marks = {(fact.kind, fact.key): mark for mark, fact in zip(look.marks, look.bulky, strict=True)}
    marked, rows = _still(compared, outcome, marks) if stored else (dict(look.same), [])
    for row, fact in zip(opened, outcome.opened, strict=True):
        if fact.kind in BULKY_KINDS:
            marked[marks[fact.kind, fact.key]] = row
        else:
            rows.append(row)
    return Baseline.of(marked, rows)


def _still(compared: Compared, outcome: Outcome, marks: Mapping[Identity, int]) -> tuple[dict[int, int], list[int]]:
    """What held before and holds now: by mark the rows of what looks as it did, and all other rows."""
    look = compared.look
    over = {*outcome.closed, *((fact.kind, fact.key) for fact in outcome.opened)}
    seen = {(fact.kind, fact.key): fact for fact in look.bulky}
    marked, rows = dict(look.same), []
    same = set(marked.values())
    for row, fact in compared.stored.items():
        identity = (fact.kind, fact.key)
        if identity in over or row in same:
            continue
        mark = marks.get(identity)
        if mark is not None and _equal(fact, seen[identity]):
            marked[mark] = row
        else:
            rows.append(row)
    return marked, rows


class Baselines:
    """Baselines by target id; the ones not used for longest go when there are too many."""

    def __init__(self, reader: SqliteReader, held_bytes: int = HELD_BYTES) -> None:
        self._reader = reader
        self._held: OrderedDict[int, Baseline] = OrderedDict()
        self._room = held_bytes

    def held(self, target_id: int) -> Baseline | None:
        """The baseline of a target that is about to be looked at."""
        return self._held.get(target_id)

    async def compared(self, looks: Mapping[int, Arrived]) -> dict[int, Compared]:
        """Each look that differs beside the stored facts it needs, read in one query, in two where some are new here.

        `looks` are by target id. One that left out facts which the store does not have is not in the answer: it has to
        be made again, and nothing is left out then.
        """
        found = {target_id: differing(look) for target_id, look in looks.items()}
        known = {target_id: look for target_id, look in found.items() if look is not None}
        stored = await self._differences(known, looks) if known else {}
        compared = {
            target_id: Compared(look, stored.get(target_id, {}))
            for target_id, look in known.items()
            if _complete(look, stored.get(target_id, {}))
        }
        whole = [target_id for target_id in looks if target_id not in compared]
        stored = await self._reader.facts_many(whole) if whole else {}
        for target_id in whole:
            look = everything(looks[target_id], stored.get(target_id, {}))
            if look is None:
                self.drop(target_id)
            else:
                compared[target_id] = Compared(look, stored.get(target_id, {}))
        return compared

    async def _differences(self, known: Mapping[int, Differing], looks: Mapping[int, Arrived]) -> FactsByRow:
        rows = [row for look in known.values() for row in look.rows]
        named = [
            (target_id, kind, key)
            for target_id in known
            for kind, key in suspected_facts(looks[target_id].memory.suspicions)
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


def _complete(look: Differing, stored: Mapping[int, Fact]) -> bool:
    """Whether the store has every row that a baseline says it has."""
    return stored.keys() >= set(look.rows)


def _equal(one: Fact, other: Fact) -> bool:
    return one.value == other.value and one.stable == other.stable

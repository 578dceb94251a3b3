"""Facts of bulky kinds packed for the engine, which knows most of them and unpacks only the others.

A mark is Python's hash of what is compared of a fact. It is keyed by PYTHONHASHSEED, which an engine draws for all its
workers, so no page can be written so that two of its facts have one mark; 64 bits leave the rest to no chance.
"""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import replace
from typing import cast

import msgspec

from core.model.facts import BULKY_KINDS
from core.model.scan import Fact, Packed, Scan

_fact = msgspec.msgpack.Decoder(Fact)


def packed(scan: Scan) -> Scan:
    """The scan as an engine wants it: bulky facts apart and marked, and nothing that only people are shown."""
    bulky = [fact for fact in scan.facts if fact.kind in BULKY_KINDS]
    marks = array("q", [hash((fact.kind, fact.key, fact.value, fact.stable)) for fact in bulky])
    # Encoded as facts, decoded as their bytes: the wire knows no difference.
    raw = cast(tuple[msgspec.Raw, ...], tuple(bulky))
    return replace(
        scan,
        facts=tuple([fact for fact in scan.facts if fact.kind not in BULKY_KINDS]),
        technologies=(),
        grade=None,
        packed=Packed(raw, marks.tobytes(), tuple(Counter([fact.kind for fact in bulky]).items())),
    )


def marks_of(packed: Packed) -> list[int]:
    """The mark of each packed fact, in order."""
    marks = array("q")
    marks.frombytes(packed.marks)
    return marks.tolist()


def unpacked(fact: msgspec.Raw) -> Fact:
    """The fact that was packed; ValueError where it is none."""
    return _fact.decode(fact)

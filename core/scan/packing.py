"""What is bulky of a look packed for the engine: of the facts those that it does not know, the document compressed.

A mark is Python's hash of what is compared of a fact. It is keyed by PYTHONHASHSEED, which an engine draws for all its
workers, so no page can be written so that two of its facts have one mark; 64 bits leave the rest to no chance.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import cache

import zstandard

from core.model.facts import BULKY_KINDS
from core.model.scan import Document, Packed, Scan, Zipped


def packed(scan: Scan, known: bytes = b"") -> Scan:
    """The scan as an engine wants it: what is bulky apart, and nothing that only people are shown.

    `known` are the marks of bulky facts that the engine has.
    """
    bulky = [fact for fact in scan.facts if fact.kind in BULKY_KINDS]
    marks = [hash((fact.kind, fact.key, fact.value, fact.stable)) for fact in bulky]
    have = set(marks_in(known))
    new = {mark: fact for mark, fact in zip(marks, bulky, strict=True) if mark not in have}
    return replace(
        scan,
        facts=tuple([fact for fact in scan.facts if fact.kind not in BULKY_KINDS]),
        technologies=(),
        grade=None,
        document=None,
        packed=Packed(
            tuple(new.values()),
            marks_as_bytes([*new, *[mark for mark in marks if mark in have]]),
            tuple(Counter([fact.kind for fact in bulky]).items()),
            zipped(scan.document) if scan.document is not None else None,
        ),
    )


def marks_in(marks: bytes) -> list[int]:
    """The marks that stand in so many bytes, in order."""
    found = array("q")
    found.frombytes(marks)
    return found.tolist()


def marks_as_bytes(marks: Iterable[int]) -> bytes:
    """What `marks_in` reads."""
    return array("q", marks).tobytes()


def zipped(document: Document) -> Zipped:
    """The document as the store keeps it."""
    body = _compressor().compress(document.body)
    return Zipped(document.digest, body, document.content_type, len(document.body))


@cache
def _compressor() -> zstandard.ZstdCompressor:
    return zstandard.ZstdCompressor(level=3)

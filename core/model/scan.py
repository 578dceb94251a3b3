"""One look at a target: facts, samples, and the failure if there was one, as plain values.

A fact is a msgspec Struct because a page has a thousand: it is made in a tenth of the time a frozen dataclass takes, is
packed and unpacked in half, and is nothing for the garbage collector to look through.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import msgspec

TIMING_METRICS = ("dns_ms", "connect_ms", "tls_ms", "ttfb_ms", "download_ms", "total_ms")
SIZE_METRICS = ("transfer_bytes", "body_bytes")
METRICS = TIMING_METRICS + SIZE_METRICS


class FailureClass(StrEnum):
    """At which step the world failed."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    HTTP = "http"
    BODY = "body"
    PARSE = "parse"
    POLICY = "policy"


# These say that we did not look, or could not read what was there: nothing of whether it is up.
SAYS_NOTHING = frozenset({FailureClass.POLICY, FailureClass.PARSE})


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a look failed. `retry_after` is what the server asked for, in seconds, if it did."""

    failure_class: FailureClass
    message: str
    retry_after: float | None = None


class Fact(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One thing that is so: unique by (kind, key) within a scan.

    `stable` is the value without its volatile parts (nonces, tokens, timestamps) where that differs from `value`,
    else empty: two facts whose stable forms agree are the same fact.
    `evidence` names the header line, byte range or record it was read from.
    """

    kind: str
    key: str
    value: str
    confidence: float = 1.0
    evidence: str = ""
    stable: str = ""

    @property
    def compared(self) -> str:
        """The form of the value that comparisons and digests use."""
        return self.stable or self.value


@dataclass(frozen=True, slots=True)
class Sample:
    """One number: milliseconds or bytes, as its metric's name says."""

    metric: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class SecurityTest:
    """One test of the security grade: `modifier` is what it adds to or takes from 100 points."""

    name: str
    result: str
    passed: bool
    modifier: int
    reason: str


@dataclass(frozen=True, slots=True)
class Grade:
    """The security grade of one response."""

    grade: str
    score: int
    tests: tuple[SecurityTest, ...]


@dataclass(frozen=True, slots=True)
class Technology:
    """One piece of software seen; `version` is empty when it does not show one."""

    name: str
    version: str
    categories: tuple[str, ...]
    confidence: float
    evidence: str


@dataclass(frozen=True, slots=True)
class Document:
    """A response body as received and decoded, kept by the digest of its bytes."""

    digest: bytes
    body: bytes
    content_type: str


class Zipped(msgspec.Struct, frozen=True, array_like=True):
    """A document whose body is a zstd frame; `size` is that of the body as received and decoded."""

    digest: bytes
    body: bytes
    content_type: str
    size: int


class Packed(msgspec.Struct, frozen=True, array_like=True):
    """What of a look is bulky: the facts of BULKY_KINDS that the engine does not know yet, and the document.

    `marks` has eight bytes for each bulky fact, those of `facts` first: the same for the same kind, key, value and
    stable form, as long as one engine runs. `counts` says how many there are of each kind, known or not.
    """

    facts: tuple[Fact, ...] = ()
    marks: bytes = b""
    counts: tuple[tuple[str, int], ...] = ()
    document: Zipped | None = None


READING_BYTES = 4


def read_otherwise(one: bytes, other: bytes) -> bool:
    """Whether two raw digests come from different ways to read, so that facts differ though no page did."""
    return bool(one and other) and one[:READING_BYTES] != other[:READING_BYTES]


@dataclass(frozen=True, slots=True)
class Scan:
    """The result of one look. Times are epoch seconds; durations milliseconds.

    `truncated` says that the body was cut off at the size limit.
    `same` says that the response equals the one whose digests the job carried: then `facts` is empty and the
    stored ones still hold. `busy` marks samples taken while our own process was late: kept, never judged.
    `raw_digest` begins with READING_BYTES of how the response was read: scanners and fingerprints change over time.
    `packed` holds what is bulky where the job allowed it; document, technologies and grade are left out then.
    """

    url: str
    scanned_at: float
    duration_ms: float
    facts: tuple[Fact, ...] = ()
    samples: tuple[Sample, ...] = ()
    failure: Failure | None = None
    technologies: tuple[Technology, ...] = ()
    grade: Grade | None = None
    document: Document | None = None
    raw_digest: bytes = b""
    fact_digest: bytes = b""
    same: bool = False
    busy: bool = False
    cpu_ms: float = 0.0
    truncated: bool = False
    packed: Packed | None = None


@dataclass(frozen=True, slots=True)
class SavedResponse:
    """A response from a file instead of the network; headers keep their order and repetitions."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class ScanJob:
    """What a worker needs for one look; the known digests let it answer "same" without facts.

    `attempt` counts from 1; `manual` jobs were asked for by a person. A `saved` response is read instead of
    the network. `packing` allows what is bulky to come packed, without the facts that have one of `known_marks`.
    """

    id: int
    target_id: int
    name: str
    url: str
    scanners: tuple[str, ...]
    select: str = ""
    ignore: tuple[str, ...] = ()
    allow_private: bool = False
    obey_robots: bool = False
    known_raw: bytes = b""
    known_facts: bytes = b""
    want_document: bool = True
    scheduled_for: float = 0.0
    attempt: int = 1
    manual: bool = False
    packing: bool = False
    known_marks: bytes = b""
    saved: SavedResponse | None = None

"""One response, through the scanners its job asks for, to a scan - or to "same", as cheaply as possible.

Most looks find nothing new, so the bytes are digested before anything is parsed, and the facts before anything is
sent. The work is cut into stages, so that a worker can serve its sockets in between.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field, replace
from hashlib import blake2b

from core.model.facts import VOLATILE_HEADERS
from core.model.scan import Document, Fact, Failure, FailureClass, Grade, Sample, Scan, ScanJob, Technology
from core.scan.cookies import cookies
from core.scan.look import Findings, Look, look
from core.scan.performance import scan_performance
from core.scan.response import Response
from core.scan.scanners import PAGE_READERS, SCANNERS

DIGEST_BYTES = 16
READING = "1"  # goes into the raw digest: raise it when scanners read more from the same bytes than before


def _ignore(_stage: str) -> None:
    return None


def examine(job: ScanJob, response: Response, *, step: Callable[[str], None] = _ignore) -> Scan:
    """The scan of a response, all stages at once; `step` is called with the name of each before it runs."""
    stages = examination(job, response)
    while True:
        try:
            step(next(stages))
        except StopIteration as end:
            scan: Scan = end.value
            return scan


def examination(job: ScanJob, response: Response) -> Generator[str, None, Scan]:
    """Yields the name of each stage before it runs and returns the scan; times of the look are the caller's to fill."""
    yield "digest"
    digest = raw_digest(job, response)
    known = Scan(job.url, 0.0, 0.0, busy=response.busy, raw_digest=digest, truncated=response.truncated)
    if known.raw_digest == job.known_raw:
        return _unchanged(known, job, response)
    names = [name for name in SCANNERS if name in job.scanners]
    yield "parse"
    try:
        seen = look(job, response, parse=not PAGE_READERS.isdisjoint(names))
    except ValueError as error:
        return replace(known, failure=Failure(FailureClass.PARSE, f"content settings: {error}"))
    found = _Found()
    for name in names:
        yield name
        try:
            found.add(SCANNERS[name](seen))
        except ValueError as error:
            return replace(known, failure=Failure(FailureClass.PARSE, f"{name}: {error}"))
    return found.scan(known, job, response)


def raw_digest(job: ScanJob, response: Response) -> bytes:
    """A digest of all that facts are made of, before anything is parsed: equal digests mean equal facts.

    What differs on every look is left out: volatile headers, cookie values, the address where several take turns.
    """
    parts = [READING, *job.scanners, job.select, *job.ignore, str(response.status), response.final_url]
    parts += [f"{hop.status} {hop.url}" for hop in response.redirects]
    parts += [f"{name.lower()}: {value}" for name, value in response.headers if name.lower() not in VOLATILE_HEADERS]
    parts += sorted(f"{cookie.name}; {cookie.flags}" for cookie in cookies(response))
    parts += [f"{kind} {record}" for kind, records in sorted(response.records.items()) for record in sorted(records)]
    parts += [response.http_version, str(response.https_redirect), _steady_address(response)]
    state = blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES)
    if response.tls is not None:
        state.update(f"\0{response.tls.protocol}\0{response.tls.cipher}\0{response.tls.alpn}".encode())
        for certificate in response.tls.chain:
            state.update(certificate)
    state.update(b"\0")
    state.update(response.body)
    return state.digest()


def fact_digest(facts: Iterable[Fact]) -> bytes:
    """A digest of facts in any order, by what is compared of them."""
    lines = sorted([f"{fact.kind}\0{fact.key}\0{fact.stable or fact.value}" for fact in facts])
    return blake2b("\1".join(lines).encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).digest()


def _steady_address(response: Response) -> str:
    turns = {*response.records.get("A", ()), *response.records.get("AAAA", ())}
    return "" if len(turns) > 1 and response.address in turns else response.address


def _unchanged(known: Scan, job: ScanJob, response: Response) -> Scan:
    samples = scan_performance(Look(job, response)).samples if "performance" in job.scanners else ()
    return replace(known, same=True, samples=samples, fact_digest=job.known_facts)


@dataclass(slots=True)
class _Found:
    """What the scanners found so far; of two facts with one identity the first stands."""

    facts: dict[tuple[str, str], Fact] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    technologies: tuple[Technology, ...] = ()
    grade: Grade | None = None

    def add(self, findings: Findings) -> None:
        for fact in findings.facts:
            self.facts.setdefault((fact.kind, fact.key), fact)
        self.samples += findings.samples
        self.technologies = findings.technologies or self.technologies
        self.grade = findings.grade or self.grade

    def scan(self, known: Scan, job: ScanJob, response: Response) -> Scan:
        digest = fact_digest(self.facts.values())
        if digest == job.known_facts:
            return replace(known, same=True, samples=tuple(self.samples), fact_digest=digest)
        return replace(
            known,
            facts=tuple(self.facts.values()),
            samples=tuple(self.samples),
            technologies=self.technologies,
            grade=self.grade,
            fact_digest=digest,
            document=_document(response) if job.want_document else None,
        )


def _document(response: Response) -> Document:
    digest = blake2b(response.body, digest_size=DIGEST_BYTES).digest()
    return Document(digest, response.body, response.header("content-type"))

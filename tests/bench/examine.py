"""What reading one page costs: `python -m tests.bench.examine [ROUNDS]` prints CPU milliseconds by stage, peers beside.

Two sets of pages: the farm's (20 to 100 KB, generated) and those of the replay set, which were saved from real sites.
Warm is a page that was just read; cold is one for which the remembered texts and addresses were forgotten first, as in
a watch over more pages than they have room for. Peers, in the same turn: selectolax and, if installed, lxml, parsing
only. The last scanner's time includes digesting the facts, which is shown again by itself; `frame` is the encoding for
the engine. Nothing is asserted.
"""

from __future__ import annotations

import functools
import gc
import importlib.util
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser

from core import clock
from core.model.scan import Scan, ScanJob
from core.scan.examine import examination, fact_digest
from core.scan.response import Response
from core.scan.scanners import SCANNERS
from core.scan.wire import Seen, frame
from tests.bench.scan_farm import pages

REPLAY = Path(__file__).parents[3] / "shared" / "data" / "replay"
HEADERS = (
    ("Server", "nginx/1.22.1"),
    ("Date", "Mon, 23 Nov 2026 22:00:00 GMT"),
    ("Content-Type", "text/html; charset=utf-8"),
    ("Connection", "close"),
    ("Strict-Transport-Security", "max-age=31536000"),
    ("X-Content-Type-Options", "nosniff"),
)
REMEMBERED = 16  # tables with room for fewer are compiled patterns and the like, made once a process
WORKER = "all in the worker"

Timings = dict[str, list[float]]


def farm_pages() -> Iterator[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        pages(Path(folder), 1)
        for path in sorted(Path(folder).glob("*.html")):
            body = path.read_bytes().replace(b'<!--#echo var="host" -->', b"h1-0.test")
            yield body.replace(b'<!--#echo var="turn" -->', b"kelp")


def replay_pages() -> Iterator[bytes]:
    yield from (path.read_bytes() for path in sorted(REPLAY.glob("*/*.html")))


def timed(timings: Timings, what: str, work: Callable[[], object]) -> object:
    began = clock.thread_cpu()
    result = work()
    timings[what].append((clock.thread_cpu() - began) * 1000)
    return result


def read(body: bytes, timings: Timings) -> None:
    """One page through all stages, each timed by itself."""
    job = ScanJob(1, 1, "h1", "https://h1-0.test/", tuple(SCANNERS))
    stages = examination(job, Response(job.url, job.url, 200, HEADERS, body, http_version="HTTP/1.1"))
    began = clock.thread_cpu()
    name = next(stages)
    scan: Scan | None = None
    while scan is None:
        at = clock.thread_cpu()
        try:
            following = next(stages)
        except StopIteration as end:
            scan, following = end.value, ""
        timings[name].append((clock.thread_cpu() - at) * 1000)
        name = following
    timed(timings, "frame", lambda: frame(Seen(((1, scan),))))
    timings[WORKER].append((clock.thread_cpu() - began) * 1000)
    timed(timings, "digesting", lambda: fact_digest(scan.facts))


def forget() -> None:
    """Empty every table of remembered texts, addresses and names."""
    for each in gc.get_objects():
        if (
            isinstance(each, functools._lru_cache_wrapper)
            and each.__module__.startswith("core.")
            and (each.cache_parameters()["maxsize"] or 0) > REMEMBERED
        ):
            each.cache_clear()


def peers(body: bytes, timings: Timings) -> None:
    text = body.decode("utf-8", "replace")
    timed(timings, "selectolax, parse only", lambda: LexborHTMLParser(text))
    if importlib.util.find_spec("lxml"):
        import lxml.html  # type: ignore[import-untyped]

        timed(timings, "lxml, parse only", lambda: lxml.html.document_fromstring(body))


def say(title: str, timings: Timings) -> None:
    print(title)
    for what, taken in timings.items():
        p95 = sorted(taken)[int(len(taken) * 0.95)]
        print(f"  {what:<26} median {statistics.median(taken):>7.3f}   p95 {p95:>7.3f} CPU-ms", flush=True)


def bench(name: str, bodies: Iterable[bytes], rounds: int) -> None:
    warm: Timings = defaultdict(list)
    cold: Timings = defaultdict(list)
    bodies = [body for body in bodies if body.strip()]
    for _ in range(rounds):
        for body in bodies:
            forget()
            read(body, cold)
            read(body, warm)
            peers(body, warm)
    if bodies:
        say(f"{name}: {len(bodies)} pages, {rounds} rounds, warm", warm)
        say(f"{name}, cold", cold)


def main(rounds: int) -> None:
    for body in farm_pages():
        read(body, defaultdict(list))  # fingerprints and patterns are made with the first page
    gc.collect()
    gc.freeze()
    bench("farm", farm_pages(), rounds * 4)
    bench("replay", replay_pages(), rounds)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)

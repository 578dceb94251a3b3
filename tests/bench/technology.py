"""How long detection takes on the labelled real pages: our set, and the naive loop, interleaved.

Run as `python -m tests.bench.technology [folder of foreign fingerprints …]`; parsing the page is not counted.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from core.scan.technology.detect import Detector, view
from core.scan.technology.fingerprints import Fingerprint, built_in
from core.scan.technology.importer import load_foreign
from tests.conftest import SHARED_DATA
from tests.scan.technology.pages import naive_hits, page_of, replayed

NAIVE_EVERY = 8


def milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def spread(times: list[float]) -> str:
    ordered = sorted(times)
    return f"median {statistics.median(ordered):.2f} ms, p95 {ordered[int(0.95 * (len(ordered) - 1))]:.2f} ms"


def measure(name: str, fingerprints: tuple[Fingerprint, ...]) -> None:
    detectors: list[Detector] = []
    built = milliseconds(lambda: detectors.append(Detector(fingerprints)))
    detector = detectors[0]
    responses = [side for _, _, before, after in replayed(SHARED_DATA) for side in (before, after)]
    pages = [(response, page_of(response)) for response in responses]
    for response, page in pages:
        detector.detect(response, page)
    fast, naive, ratios = [], [], []
    for number, (response, page) in enumerate(pages):
        fast.append(milliseconds(lambda: detector.detect(response, page)))  # noqa: B023 - called at once
        if number % NAIVE_EVERY == 0:
            naive.append(milliseconds(lambda: list(naive_hits(fingerprints, view(response, page)))))  # noqa: B023
            ratios.append(naive[-1] / fast[-1])
    print(f"{name}: {len(fingerprints)} technologies, index built in {built:.0f} ms, {len(fast)} pages")
    print(f"  detect      {spread(fast)}")
    print(f"  naive loop  {spread(naive)}; median of ratios {statistics.median(ratios):.0f}")


def main(arguments: Iterable[str]) -> None:
    started = time.perf_counter()
    ours = built_in()
    print(f"built-in set read in {(time.perf_counter() - started) * 1000:.0f} ms")
    measure("built-in", ours)
    for argument in arguments:
        measure(argument, load_foreign([Path(argument)]).fingerprints)


if __name__ == "__main__":
    main(sys.argv[1:])

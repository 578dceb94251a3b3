"""How long filters take over 10,000 records: `python -m tests.bench.query`; the goal is < 30 ms each."""

from __future__ import annotations

from statistics import median
from time import perf_counter

from core.query.filters import compile_filter, parse, sort_records

FILTERS = (
    "down tag:shop",
    "ttfb>400ms -state:paused",
    "cert<14d or sec:F",
    "tech:nginx@<1.27.1",
    "shop",
    "/shop-[0-9]+7/",
    "~shp77",
    "sort:ttfb-",
)
COUNT = 10_000


def records() -> list[dict[str, object]]:
    """Targets that differ in everything a filter may ask."""
    return [
        {
            "name": f"shop-{number:05}.example",
            "url": f"https://shop-{number:05}.example/",
            "title": f"The shop number {number}",
            "tag": ("shop", "eu") if number % 3 else ("cms",),
            "state": ("up", "down", "degraded", "paused")[number % 4],
            "ttfb_ms": float(number % 900),
            "cert": number % 90,
            "sec": ("A+", "B", "F")[number % 3],
            "tech": (("nginx", f"1.{number % 30}.1"), ("jQuery", "3.7.1")),
        }
        for number in range(COUNT)
    ]


def main() -> None:
    everything = records()
    for text in FILTERS:
        times = []
        for _ in range(5):
            start = perf_counter()
            query = parse(text)
            test = compile_filter(query, 0.0)
            kept = sort_records(query, [record for record in everything if test(record)])
            times.append((perf_counter() - start) * 1000)
        print(f"{median(times):7.1f} ms  {len(kept):6}  {text}")


if __name__ == "__main__":
    main()

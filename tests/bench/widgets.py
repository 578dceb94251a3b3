"""What the table costs beside Textual's DataTable: `python -m tests.bench.widgets [--rows 10000 100000]`."""

from __future__ import annotations

import argparse
import asyncio
import math
import random
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from rich.style import Style
from textual.app import App, ComposeResult
from textual.widget import Widget
from textual.widgets import DataTable

from core.model.record import TargetRecord
from core.query.filters import compile_target_filter, parse
from core.view import SitesMoved
from tests.tui.console_world import console
from tui.news import News
from tui.screens.sites import RANKS, SitesScreen
from tui.sift import Steps, at_once
from tui.standing import Standing, ordered, packed, passing
from tui.widgets.chart import Look, Trend, draw
from tui.widgets.diffview import diff_lines
from tui.widgets.rows import Cell, Column, OrderedRows
from tui.widgets.table import Sort, VirtualTable

NOW = 1_795_442_400.0
STATES = ("up", "down", "degraded", "unknown")
HEADINGS = ("ST", "SITE", "TTFB", "LOAD", "1h", "TLS", "SEC", "STACK", "SEEN")
WIDTHS = (2, 30, 7, 6, 12, 6, 3, 12, 6)
COLUMNS = tuple(
    Column(each, each, width, priority=9 - at) for at, (each, width) in enumerate(zip(HEADINGS, WIDTHS, strict=True))
)


def words(number: int) -> tuple[str, ...]:
    return ("●", f"site-{number:06}.example", str(number % 2000), "1.2s", "▃▃▃▄▆██▁▁▁▁▁", "212d", "A", "nginx", "9s")


def cells(identity: object) -> Sequence[Cell]:
    roles = ("up", "", "", "", "overlay", "", "up", "", "")
    return [Cell(text, role) for text, role in zip(words(int(str(identity))), roles, strict=True)]


def role(name: str) -> Style:
    return Style(color="blue") if name == "up" else Style()


class Bare(App[None]):
    def __init__(self, make: Callable[[], Widget]) -> None:
        super().__init__()
        self._make = make

    def compose(self) -> ComposeResult:
        yield self._make()


def paint(app: App[None]) -> None:
    app.screen._compositor.render_strips()


async def timed(name: str, times: int, act: Callable[[int], object], app: App[None]) -> None:
    """The act and everything Textual does about it, until its queues are empty and the screen has been drawn."""
    taken = []
    for turn in range(times):
        start = time.perf_counter()
        act(turn)
        await app._animator.wait_until_complete()
        await wait_idle(app)
        paint(app)
        taken.append((time.perf_counter() - start) * 1000)
    print(f"  {name:32} median {statistics.median(taken):8.2f} ms   worst {max(taken):8.2f} ms")


async def wait_idle(app: App[None]) -> None:
    done = asyncio.Event()
    app.screen.call_after_refresh(done.set)
    await done.wait()


async def ours(count: int, size: tuple[int, int]) -> None:
    print(f"VirtualTable, {count:,} rows, {size[0]}x{size[1]}")
    start = time.perf_counter()
    order = tuple(range(count))
    table = VirtualTable(COLUMNS, OrderedRows(order, cells), role=role, clock=time.monotonic)
    made = (time.perf_counter() - start) * 1000
    app = Bare(lambda: table)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        start = time.perf_counter()
        strips = [table.render_line(y) for y in range(table.size.height)]
        drawn = (time.perf_counter() - start) * 1000
        print(f"  {'made':32} {made:15.2f} ms\n  {f'first paint, {len(strips)} lines':32} {drawn:15.2f} ms")
        await timed("page down", 30, lambda _: table.action_page_down(), app)
        await timed("cursor down", 30, lambda _: table.action_down(), app)
        await timed("200 rows refreshed by identity", 10, lambda _: refresh_rows(table), app)
        turned = [OrderedRows(order[::-1], cells), OrderedRows(order, cells)]
        await timed("other order shown", 4, lambda turn: table.show(turned[turn % 2]), app)
        await timed("live rows offered and held", 4, lambda turn: table.offer(OrderedRows(order[turn:], cells)), app)


def refresh_rows(table: VirtualTable) -> None:
    for at in range(200):
        table.refresh_row(at)


async def textuals(count: int, size: tuple[int, int]) -> None:
    print(f"DataTable, {count:,} rows, {size[0]}x{size[1]}")
    table: DataTable[str] = DataTable(cursor_type="row")
    app = Bare(lambda: table)
    async with app.run_test(size=size):
        start = time.perf_counter()
        for heading, width in zip(HEADINGS, WIDTHS, strict=True):
            table.add_column(heading, key=heading, width=width)
        for number in range(count):
            table.add_row(*words(number), key=str(number))
        await wait_idle(app)
        paint(app)
        print(f"  {'filled and first paint':32} {(time.perf_counter() - start) * 1000:15.2f} ms")
        await timed("page down", 30, lambda _: table.action_page_down(), app)
        await timed("cursor down", 30, lambda _: table.action_cursor_down(), app)

        def refresh(turn: int) -> None:
            for number in range(200):
                table.update_cell(str(number), "SEEN", f"{turn}s")

        await timed("200 cells updated", 10, refresh, app)
        await timed("sorted", 4, lambda turn: table.sort("SITE", reverse=turn % 2 == 0), app)


def alone(name: str, act: Callable[[], object], times: int = 20) -> None:
    """In CPU time of the thread."""
    taken = []
    for _ in range(times):
        start = time.thread_time()
        act()
        taken.append((time.thread_time() - start) * 1000)
    print(f"  {name:32} median {statistics.median(taken):8.2f} ms   worst {max(taken):8.2f} ms")


def drawings() -> None:
    """The first chart pays for importing plotext; its worst is that."""
    look = Look(role, lambda _: Style(color="blue"))
    for count in (1440, 10_000):
        points = tuple((at * 60.0, 300 + 100 * math.sin(at / 99) + at % 7) for at in range(count))
        day = Trend("TTFB", "ms", points, 60, points, points, 350.0)
        for size in ((80, 16), (150, 30)):
            alone(f"chart of 3 x {count:,} at {size[0]}x{size[1]}", partial(draw, day, size[0], size[1], look))
    text = [f"line {at} with some words {at * 7 % 13}" for at in range(2000)]
    alone("diff, 2,000 lines, 20 changed", lambda: diff_lines("\n".join(text), "\n".join(changed(text, 100))), 5)
    alone("diff, 2,000 lines, all changed", lambda: diff_lines("\n".join(text), "\n".join(changed(text, 1))), 3)
    same = "\n".join(["same"] * 2000)
    alone("diff, 2,000 equal lines twice over", lambda: diff_lines(same, same + "\nx"), 3)


def changed(lines: Sequence[str], each: int) -> list[str]:
    return [line.replace("some", "other") if at % each == 0 else line for at, line in enumerate(lines)]


def fleet(count: int) -> dict[int, TargetRecord]:
    """Targets as the view tells them: many share tags and technologies."""
    tags, technologies = ((), ("eu",), ("eu", "shop")), ((), (("nginx", "1.25.3"),), (("nginx", "1.27.1"),))
    return {
        at: TargetRecord(
            at, f"0198c0de-0000-7000-8000-{at:012}", f"site-{at * 7919 % count:06}", f"https://site-{at}.example/",
            "website", 60, "own", "ops", "normal", tags[at % 3], "file", False, STATES[at % 40 % 4 * (at % 40 < 4)],
            STATES[at % 40 % 4 * (at % 40 < 4)], f"Shop {at}", "A+", 1.8e9 + at, technologies[at % 3], 1.5, 2.5, 3.5,
            at % 900 + 0.25, 5.5, at % 1900 + 0.25, 20_000 + at, 60_000 + at, NOW - at % 60, NOW - 9e6, NOW - 9e5,
            NOW + at % 60, at % 50, at % 3, at % 90 + 0.5,
        )
        for at in range(1, count + 1)
    }  # fmt: skip


def sifted(count: int) -> None:
    """Sites in another order or through a filter, until their rows are made; `other order shown` is the rest."""
    tracemalloc.start()
    records: dict[Hashable, Any] = dict(fleet(count).items())
    print(f"sites, {count:,} rows of {tracemalloc.get_traced_memory()[0] / count:,.0f} bytes, their texts included")
    tracemalloc.stop()
    whole = at_once(ordered(packed(records), records, RANKS["name"], False))
    for column, rank in RANKS.items():
        alone(f"sort {column}", partial(made, partial(ordered, whole.order, records, rank, False)), 5)
    for text in ("site-0001", "down", "ttfb>400ms -paused", "tech:nginx@<1.27.1", "/site-[0-9]+7/"):
        test = compile_target_filter(parse(text, "targets"), NOW)
        alone(f"filter {text}", partial(made, partial(passing, whole, records, test)), 5)


def made(steps: Callable[[], Steps[Standing]]) -> int | None:
    return OrderedRows(at_once(steps()).order, cells).index_of(0)


async def beats(count: int) -> None:
    """What news of so many sites cost the loop that answers the keys, in CPU time of its thread."""
    with tempfile.TemporaryDirectory(prefix="widgets-bench-") as folder:
        async with console(Path(folder), (200, 60), empty=True) as world:
            await world.press("2")
            await world.app._reading.acquire()  # the store is empty: nothing is to be read there
            screen, news, chance = world.app.screen, world.app.news, random.Random(1)
            assert isinstance(screen, SitesScreen)
            news.records.take(SitesMoved(1, fleet(count), whole=True))
            print(f"the screen of sites, {count:,} sites\n  first shown {await spent(screen, news):28.2f} ms")
            for order in ("state", "ttfb_ms"):
                for text in ("", "-paused shop"):
                    screen.listing.set_sort(Sort(order))
                    screen.use_filter(text)
                    screen.show_rows()
                    await world.settled()
                    for many in (0, 167, 800):
                        taken = []
                        for _ in range(7):
                            looked = looked_at(news.records.known, many, chance)
                            began = time.thread_time()
                            news.records.take(SitesMoved(1, looked))
                            taken.append((time.thread_time() - began) * 1000 + await spent(screen, news))
                            await world.settled()
                        told = f"{many} looked at, by {order} {text}"
                        print(f"  {told:40} median {statistics.median(taken):6.2f} ms   worst {max(taken):6.2f} ms")


def looked_at(known: dict[int, TargetRecord], many: int, chance: random.Random) -> dict[int, TargetRecord]:
    return {
        each: replace(known[each], ttfb_ms=chance.uniform(50, 900), last_at=(known[each].last_at or 0) + 60,
                      scans=known[each].scans + 1, status=chance.choice(STATES) if not at % 20 else known[each].status)
        for at, each in enumerate(chance.sample(list(known), many))
    }  # fmt: skip


async def spent(screen: SitesScreen, news: News) -> float:
    began = time.thread_time()
    await screen.show_news(news, screen.console.now())
    return (time.thread_time() - began) * 1000


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[10_000])
    drawings()
    for count in parser.parse_args().rows:
        sifted(count)
        await beats(count)
        for size in ((80, 24), (200, 60)):
            await ours(count, size)
            if count <= 10_000:
                await textuals(count, size)


if __name__ == "__main__":
    asyncio.run(main())

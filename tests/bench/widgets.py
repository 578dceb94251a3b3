"""What the table costs beside Textual's DataTable: `python -m tests.bench.widgets [--rows 10000 100000]`."""

from __future__ import annotations

import argparse
import asyncio
import math
import statistics
import time
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import Any

from rich.style import Style
from textual.app import App, ComposeResult
from textual.widget import Widget
from textual.widgets import DataTable

from core.query.filters import compile_filter, parse
from tui.screens.sites import RANKS
from tui.sift import Steps, at_once, ordered, passing
from tui.widgets.chart import Look, Trend, draw
from tui.widgets.diffview import diff_lines
from tui.widgets.rows import Cell, Column, OrderedRows
from tui.widgets.table import VirtualTable

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
        await timed("200 rows refreshed by identity", 10, lambda _: [table.refresh_row(at) for at in range(200)], app)
        turned = [OrderedRows(order[::-1], cells), OrderedRows(order, cells)]
        await timed("other order shown", 4, lambda turn: table.show(turned[turn % 2]), app)
        await timed("live rows offered and held", 4, lambda turn: table.offer(OrderedRows(order[turn:], cells)), app)


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
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        taken.append((time.perf_counter() - start) * 1000)
    print(f"  {name:32} median {statistics.median(taken):8.2f} ms   worst {max(taken):8.2f} ms")


def drawings() -> None:
    """The first chart pays for importing plotext; its worst is that."""
    look = Look(role, lambda _: Style(color="blue"))
    for count in (1440, 10_000):
        points = tuple((at * 60.0, 300 + 100 * math.sin(at / 99) + at % 7) for at in range(count))
        day = Trend("TTFB", "ms", points, 60, points, points, 350.0)
        for size in ((80, 16), (150, 30)):
            alone(f"chart of 3 x {count:,} at {size[0]}x{size[1]}", lambda day=day, size=size: draw(day, *size, look))
    text = [f"line {at} with some words {at * 7 % 13}" for at in range(2000)]
    alone("diff, 2,000 lines, 20 changed", lambda: diff_lines("\n".join(text), "\n".join(changed(text, 100))), 5)
    alone("diff, 2,000 lines, all changed", lambda: diff_lines("\n".join(text), "\n".join(changed(text, 1))), 3)
    same = "\n".join(["same"] * 2000)
    alone("diff, 2,000 equal lines twice over", lambda: diff_lines(same, same + "\nx"), 3)


def changed(lines: Sequence[str], each: int) -> list[str]:
    return [line.replace("some", "other") if at % each == 0 else line for at, line in enumerate(lines)]


def sifted(count: int) -> None:
    """Sites in another order or through a filter, until their rows are made; `other order shown` is the rest."""
    states = ("up", "down", "degraded", "unknown")
    records: dict[Hashable, dict[str, Any]] = {  # in the order of their names, as the screen has them
        at: {"name": f"Site-{at:06}", "state": states[at % 4], "status": states[at % 4],
             "ttfb_ms": float(at % 900), "total_ms": float(at % 1900), "tag": ("eu",), "paused": False}
        for at in range(count)
    }  # fmt: skip
    whole, goal = tuple(records), 50 if count <= 10_000 else 150
    print(f"sites, {count:,} rows; the goal is < {goal} ms to the paint")
    for column, rank in RANKS.items():
        alone(f"sort {column}", partial(made, partial(ordered, whole, records, rank, False)), 5)
    for text in ("down", "ttfb>400ms", "site-0001"):
        test = compile_filter(parse(text, "targets"), 0.0)
        alone(f"filter {text}", partial(made, partial(passing, whole, records, test)), 5)


def made(steps: Callable[[], Steps[tuple[Hashable, ...]]]) -> int | None:
    return OrderedRows(at_once(steps()), cells).index_of(0)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[10_000])
    drawings()
    for count in parser.parse_args().rows:
        sifted(count)
        for size in ((80, 24), (200, 60)):
            await ours(count, size)
            if count <= 10_000:
                await textuals(count, size)


if __name__ == "__main__":
    asyncio.run(main())

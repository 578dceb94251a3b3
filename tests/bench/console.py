"""How the console feels: `python -m tests.bench.console` prints its figures from a pty beside the goals of goals.md.

Worlds: `here` has 10,000 targets and the engine in the console's process, looking 167 times a second at a loopback
farm (nginx, pages of 20 to 100 KB, one in ten changed on every look); `attached` has 100,000 targets in the store and
`vedette run` looking as often as it can. A peer, Textual's DataTable with the same rows, is measured beside them.
Key -> paint is from the byte written to the pty to the end of the first update after it. CPU is the painting thread's
where the engine lives in the same process, else the process's. Nothing is asserted. Needs Debian's nginx-light.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from core import clock
from core.operations import SocketOperations
from core.store.open import open_store
from tests.bench.scan_farm import Farm, farm, settings
from tests.bench.terminal import Pty, quantile, vedette
from tests.store.looks import ANNA, look, target

GOALS = {
    "start -> first paint s": "0.8", "start -> counts s": "0.8", "open sites ms": "-", "key p50 ms": "8",
    "key p99 ms": "40", "page down p99 ms": "60", "sort ms": "50 | 150", "filter key ms": "50 | 150",
    "CPU % at 1 Hz": "3", "CPU % frozen": "0.5", "kB/s": "8 | 20 | 1.5", "PSS MB": "120",
    "PSS MB with workers": "200", "leave s": "1.5",
}  # fmt: skip
DATA_TABLE = """
import sys
from textual.app import App
from textual.widgets import DataTable
class Peer(App):
    def compose(self):
        yield DataTable(cursor_type="row")
    def on_mount(self):
        table = self.query_one(DataTable)
        table.add_columns(*(f"C{n}" for n in range(9)))
        table.add_rows([f"h{n}", "up", n, n * 2, "90d", "B", "nginx", "9s", "shop eu"] for n in range(int(sys.argv[1])))
        table.focus()
Peer().run()
"""


async def fill(data: Path, count: int, looks: int, every: float) -> None:
    """So many targets of the store, each looked at so often, all due only much later."""
    store = await open_store(data, writable=True)
    at = clock.now() - looks * 60
    try:
        targets = []
        for start in range(0, count, 1000):
            made = [replace(target(f"t{number}-{number // 7}", every), url=f"https://t{number}.test/")
                    for number in range(start, min(start + 1000, count))]  # fmt: skip
            targets += await asyncio.gather(*(store.ledger.add_target(each, ANNA, at, at + 9e6) for each in made))
        for turn in range(looks):
            for start in range(0, count, 500):
                batch = [
                    look(each, at + turn * 60, value=100.0 + each.id % 400) for each in targets[start : start + 500]
                ]
                later = [replace(each, run=replace(each.run, next_due=at + 9e6, scans=turn + 1)) for each in batch]
                await store.ledger.record(later)
    finally:
        await store.close()


def say(world: str, figures: dict[str, float | str]) -> None:
    print(f"\n{world}   load {[round(each, 1) for each in os.getloadavg()]}")
    for name, value in figures.items():
        shown = value if isinstance(value, str) else f"{value:.2f}" if value < 10 else f"{value:,.0f}"
        print(f"  {name:<28} {shown:>12}   goal {GOALS.get(name, '-')}", flush=True)


def keys(terminal: Pty, figures: dict[str, float | str], count: int, chance: random.Random) -> None:
    """Walk, page, sort and filter on the screen of sites."""
    figures["open sites ms"] = terminal.press_until("2", lambda shown: "SITE" in shown and "[2 Sites]" in shown)
    terminal.drain(3)
    walked = []
    for number in range(count):
        took = terminal.press("j" if number % 20 < 15 else "k")
        walked += [took] if took is not None else []
        terminal.drain(chance.uniform(0.03, 0.12))
    paged = []
    for _ in range(max(count // 4, 10)):
        took = terminal.press("\x1b[6~")
        paged += [took] if took is not None else []
        terminal.drain(chance.uniform(0.1, 0.2))
    figures["key p50 ms"], figures["key p99 ms"] = quantile(walked, 0.5), quantile(walked, 0.99)
    figures["page down p99 ms"] = quantile(paged, 0.99)
    sorts = []
    for _ in range(5):
        took = terminal.press(">")
        sorts += [took] if took is not None else []
        terminal.drain(1.0)
    figures["sort ms"] = quantile(sorts, 0.5)
    terminal.press("/")
    terminal.drain(0.5)
    typed = []
    for letter in "h1-1 ttfb>10":
        took = terminal.press(letter)
        typed += [took] if took is not None else []
        terminal.drain(0.4)
    figures["filter key ms"] = quantile(typed, 0.5)
    terminal.press("\x1b")
    terminal.drain(0.5)
    terminal.press("\x1b")
    terminal.drain(0.5)


def rest(terminal: Pty, figures: dict[str, float | str], seconds: float, *, here: bool) -> None:
    """The overview, nobody at the keys; then frozen."""
    terminal.press("1")
    terminal.drain(4)
    spent = terminal.main_thread_cpu if here else terminal.cpu
    for name, key in (("CPU % at 1 Hz", ""), ("CPU % frozen", ".")):
        if key:
            terminal.press(key)
            terminal.drain(2)
        before, began = spent(), time.monotonic()
        count = terminal.drain(seconds)
        lasted = time.monotonic() - began
        figures[name] = 100 * (spent() - before) / lasted
        if not key:
            figures["kB/s"] = count / lasted / 1000
    terminal.press(".")
    figures["PSS MB"], figures["PSS MB with workers"] = terminal.memory()


def measure(
    name: str, command: list[str], home: Path, size: tuple[int, int], given: argparse.Namespace, *, here: bool
) -> None:
    figures: dict[str, float | str] = {}
    terminal = Pty(command, size, {"HOME": str(home), "XDG_STATE_HOME": str(home)})
    figures["start -> first paint s"] = terminal.until(lambda shown: "Over" in shown)
    figures["start -> counts s"] = terminal.until(lambda shown: " up" in shown or "down" in shown)
    terminal.drain(given.warm)
    keys(terminal, figures, given.keys, random.Random(1))
    rest(terminal, figures, given.seconds, here=here)
    figures["leave s"] = terminal.end("qs" if here else "q")
    say(f"{name}, {size[0]}x{size[1]}", figures)


def lean(name: str, command: list[str], home: Path, size: tuple[int, int], given: argparse.Namespace) -> None:
    """Bytes a second only."""
    terminal = Pty(command, size, {"HOME": str(home), "XDG_STATE_HOME": str(home)})
    terminal.until(lambda shown: " up" in shown or "down" in shown)
    terminal.drain(10)
    say(f"{name}, {size[0]}x{size[1]}", {"kB/s": terminal.drain(given.seconds * 2) / given.seconds / 2000})
    terminal.end("q")


def peer(rows: int, given: argparse.Namespace) -> None:
    terminal = Pty([sys.executable, "-c", DATA_TABLE, str(rows)], (80, 24), {})
    figures: dict[str, float | str] = {"start -> counts s": terminal.until(lambda shown: "h3" in shown)}
    terminal.drain(3)
    walked = [took for _ in range(given.keys) if (took := terminal.press("\x1b[B")) is not None]
    paged = [took for _ in range(20) if (took := terminal.press("\x1b[6~")) is not None]
    figures |= {"key p50 ms": quantile(walked, 0.5), "key p99 ms": quantile(walked, 0.99)}
    figures |= {"page down p99 ms": quantile(paged, 0.99), "PSS MB": terminal.memory()[0]}
    terminal.end("\x11")
    say(f"peer: Textual DataTable, {rows:,} rows", figures)


@contextlib.contextmanager
def engine(data: Path, config: Path) -> Iterator[None]:
    process = subprocess.Popen([*vedette(data, config)[:3], "run", "--quiet", *vedette(data, config)[3:]],
                               stderr=subprocess.PIPE, cwd=Path(__file__).resolve().parents[2])  # fmt: skip
    try:
        assert process.stderr is not None
        while b'"ready"' not in (line := process.stderr.readline()):
            if not line:
                raise SystemExit("vedette run did not start")
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def told(data: Path) -> str:
    status = asyncio.run(SocketOperations(data).status())
    return (f"{status.targets:,} targets, {status.scans_per_second:.0f} scans/s, {status.due} due, "
            f"late p50 {status.late_p50_ms or 0:.0f} p99 {status.late_p99_ms or 0:.0f} ms")  # fmt: skip


def unread(data: Path, config: Path, home: Path, seconds: float) -> None:
    """The engine in the console's process while nobody reads its terminal."""
    terminal = Pty(vedette(data, config), (200, 60), {"HOME": str(home)})
    terminal.until(lambda shown: " up" in shown or "down" in shown)
    terminal.drain(45)
    print(f"\nunread terminal\n  before, read:          {told(data)}", flush=True)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        time.sleep(min(20, seconds))
        print(f"  while nobody reads:    {told(data)}", flush=True)
    terminal.drain(20)
    print(f"  read again:            {told(data)}", flush=True)
    terminal.end("qs")


def here(place: Path, served: Farm, given: argparse.Namespace) -> None:
    home, data, config = place / "home", place / "data", place / "vedette.toml"
    home.mkdir()
    config.write_text(settings(served, given.rate))
    command = vedette(data, config)
    first = Pty(command, (80, 24), {"HOME": str(home)})
    first.until(lambda shown: " up" in shown)
    first.drain(given.settle)
    print(told(data), flush=True)
    first.end("qs")
    measure(f"here: {given.names:,} targets, {given.rate:.0f}/s", command, home, (80, 24), given, here=True)
    measure(f"here: {given.names:,} targets, {given.rate:.0f}/s", command, home, (200, 60), given, here=True)
    if given.unread:
        unread(data, config, home, given.unread)
    with engine(data, config):
        for options, size in (((), (80, 24)), ((), (200, 60)), (("--slow",), (80, 24))):
            lean(f"attached {' '.join(options)}", [*command, *options], home, size, given)
        print("  ", told(data), flush=True)


def attached(place: Path, served: Farm, given: argparse.Namespace) -> None:
    home, data, config = place / "home2", given.filled or place / "data2", place / "many.toml"
    home.mkdir()
    if not data.exists():
        began = time.monotonic()
        asyncio.run(fill(data, given.many, given.looks, 86_400.0))
        print(
            f"filled {given.many:,} targets, {given.looks} looks each, in {time.monotonic() - began:.0f} s", flush=True
        )
    config.write_text(settings(replace(served, names=served.names[:2000]), given.full))
    with engine(data, config):
        measure(
            f"attached: {given.many:,} targets, full load", vedette(data, config), home, (80, 24), given, here=False
        )
        print("  ", told(data), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", type=int, default=10_000, help="targets of the world `here`; 0 leaves it out")
    parser.add_argument("--rate", type=float, default=167.0)
    parser.add_argument("--many", type=int, default=100_000, help="targets of the attached world; 0 leaves it out")
    parser.add_argument("--looks", type=int, default=2, help="looks of each of them")
    parser.add_argument("--full", type=float, default=250.0, help="looks a second due in the attached world")
    parser.add_argument("--keys", type=int, default=150)
    parser.add_argument("--seconds", type=float, default=15.0, help="how long CPU and bytes are counted")
    parser.add_argument("--settle", type=float, default=65.0, help="until everything was seen once")
    parser.add_argument("--warm", type=float, default=5.0)
    parser.add_argument("--unread", type=float, default=60.0, help="seconds without a reader; 0 leaves it out")
    parser.add_argument("--filled", type=Path, help="the attached world's data: filled where it is not there, and kept")
    parser.add_argument("--fill-only", action="store_true", help="fill it, and measure nothing")
    parser.add_argument("--port", type=int, default=18543)
    given = parser.parse_args()
    if given.fill_only:
        asyncio.run(fill(given.filled, given.many, given.looks, 86_400.0))
        return
    print(json.dumps({key: str(value) for key, value in vars(given).items() if key != "port"}))
    with tempfile.TemporaryDirectory(prefix="console-bench-") as folder:
        place = Path(folder)
        if given.names:
            peer(given.names, given)
        with farm(place / "farm", given.names or 2000, 1, given.port) as served:
            if given.names:
                here(place, served, given)
            if given.many:
                attached(place, served, given)


if __name__ == "__main__":
    main()

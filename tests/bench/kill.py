"""kill -9 of `vedette run` at random moments: `python -m tests.bench.kill --kills 60 --targets 200 --seed 1`.

A TLS farm's sites change in rounds, the engine tells two webhooks of a receiver that refuses 30 % of all requests, and
is killed and restarted at once, over and over; then it runs undisturbed until its outbox is empty. The receiver's log
is the judge. Acknowledged is what `vedette ls` or a read-only query showed before a kill, and what a receiver took.

Prints one JSON summary. Lost must be 0 in every row of it: the exit code is 1 otherwise.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sqlite3
import statistics
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from tests.farm.receiver import read
from tests.farm.world import Farm, Running, farm, items, receiver, settings, start

PARTS = 3
ROUND_SECONDS = 7.0
QUIET_AT_MOST = 900.0
_FIRST = "amber birch cedar delta ember fjord grove heron inlet jetty kelp lagoon marsh north ocean pier quay reef"
_SECOND = "harbour office market museum garden library station theatre bakery workshop gallery orchard"
FIRST, SECOND = _FIRST.split(), _SECOND.split()
TOLD = "type:technology.*,content.*,infrastructure.*"
PAGE = (
    "<!doctype html><html lang=en><head><meta charset=utf-8><title>{title}</title></head><body><h1>{host}</h1>"
    "<p>Berths, tides and pilots for every visiting boat.</p></body></html>"
)


@dataclass
class Shown:
    """What anybody had seen before a kill: nothing of it may be gone or go back."""

    changes: set[str] = field(default_factory=set)
    alerts: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    delivered: set[str] = field(default_factory=set)


@dataclass
class Account:
    """Everything that is measured on the way."""

    ready: list[float] = field(default_factory=list)
    pending: list[float] = field(default_factory=list)
    integrity: Counter[str] = field(default_factory=Counter)
    restarts_with_pending: int = 0
    workers: set[int] = field(default_factory=set)
    went_back: list[str] = field(default_factory=list)


class Sites:
    """The farm's sites: every round gives one of `parts` of them a state they never had before."""

    def __init__(self, served: Farm, hosts: Sequence[str], parts: int = PARTS) -> None:
        self._parts = parts
        self._farm = served
        self._hosts = hosts
        self._states = [0] * len(hosts)
        self._round = 0
        self.made = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._drive, daemon=True)

    def begin(self) -> None:
        self._farm.steer(*(self._site(number) for number in range(len(self._hosts))))
        self._thread.start()

    def calm(self) -> None:
        """Change nothing any more."""
        self._stopping.set()
        self._thread.join()

    def title(self, number: int) -> str:
        state = self._states[number]
        return f"{FIRST[(state + number) % len(FIRST)]} {SECOND[state // len(FIRST) % len(SECOND)]}".title()

    def _site(self, number: int) -> dict[str, Any]:
        state = self._states[number]
        headers = [("Server", f"nginx/1.{20 + state // 2}.{(state + 1) // 2}")]
        title = self.title(number)
        return {"host": self._hosts[number], "body": PAGE.format(title=title, host="Harbour"), "headers": headers}

    def _drive(self) -> None:
        while not self._stopping.wait(ROUND_SECONDS):
            mine = [number for number in range(len(self._hosts)) if number % self._parts == self._round % self._parts]
            for number in mine:
                self._states[number] += 1
            self._farm.steer(*(self._site(number) for number in mine))
            self.made += len(mine)
            self._round += 1


def configuration(served: Farm, hosts: Sequence[str], hook: str) -> str:
    """Every change that the sites make is told, at once, to both channels; how busy the machine is, to nobody."""
    channels = "\n".join(
        f'[[channel]]\nname = "{name}"\ntype = "webhook"\nurl = "{hook}/{name}"\nallow_private = true'
        for name in ("hook-a", "hook-b")
    )
    rule = f'[[rule]]\nname = "Everything"\nwhen = "{TOLD}"\nnotify = ["hook-a", "hook-b"]\nthrottle = "0s"'
    return settings(served, hosts, "3s", more=f"{channels}\n{rule}\n")


def rows(database: Path, query: str) -> list[tuple[Any, ...]]:
    """A read-only query, fetched fully; nothing where there is no such database yet."""
    try:
        connection = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=10)
    except sqlite3.OperationalError:
        return []
    try:
        return connection.execute(query).fetchall()
    except sqlite3.OperationalError:
        return []
    finally:
        connection.close()


def look(data: Path, shown: Shown, *, by_command: bool) -> None:
    """See what a person would see now."""
    if by_command:
        shown.changes |= {each["uuid"] for each in items(data, "changes")}
        deliveries = [(each["key"], each["state"]) for each in items(data, "deliveries")]
    else:
        shown.changes |= {uuid for (uuid,) in rows(data / "vedette.db", "SELECT uuid FROM change")}
        shown.alerts |= {uuid for (uuid,) in rows(data / "vedette.db", "SELECT uuid FROM alert")}
        deliveries = rows(data / "vedette.db", "SELECT key, state FROM delivery")
    shown.keys |= {key for key, _ in deliveries}
    shown.delivered |= {key for key, state in deliveries if state == "delivered"}


def examine(data: Path, folder: Path, account: Account, shown: Shown) -> set[str]:
    """Check copies of what the kill left, as the next start finds it; the keys of deliveries that are due."""
    copy = folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    for path in data.glob("*.db*"):
        if not path.name.endswith("-shm"):
            shutil.copy(path, copy / path.name)
    for name in ("vedette", "history"):
        connection = sqlite3.connect(copy / f"{name}.db")
        account.integrity[f"{name}: {connection.execute('PRAGMA integrity_check').fetchone()[0]}"] += 1
        connection.close()
    states = {key: (state, at) for key, state, at in rows(copy / "vedette.db", "SELECT key, state, at FROM delivery")}
    account.went_back += [key for key in shown.delivered if states.get(key, ("gone", 0))[0] != "delivered"]
    now = time.time()
    return {key for key, (state, at) in states.items() if state in ("pending", "sending", "retrying") and at <= now}


def first_sent(log: Path, keys: set[str], since: float, began: float) -> float | None:
    """Seconds from `began` (epoch) until one of these deliveries reached the receiver; None where none did."""
    with log.open("rb") as file:
        file.seek(int(since))
        for line in file.read().splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                return None
            if entry["key"] in keys:
                return float(entry["at"]) - began
    return None


def torment(given: argparse.Namespace, folder: Path, log: Path, shown: Shown, account: Account) -> Running:
    """Kill and restart as often as asked for; the engine that lives at the end."""
    data, config = folder / "data", folder / "vedette.toml"
    chance = random.Random(given.seed)
    engine = start(data, config)
    for number in range(given.kills):
        if chance.random() < 0.8:
            engine.wait_ready()
            account.workers |= {each.pid for each in psutil.Process(engine.process.pid).children(recursive=True)}
        time.sleep(0.1 + chance.random() * 2.9)
        if engine.ready_after is not None:
            account.ready.append(engine.ready_after)
        if number:
            look(data, shown, by_command=number % 10 == 0)
        engine.kill()
        due = examine(data, folder, account, shown)
        offset = log.stat().st_size if log.exists() else 0
        began = time.time()
        engine = start(data, config)
        account.restarts_with_pending += bool(due)
        if due:
            threading.Thread(target=_time_first, args=(log, due, offset, began, account), daemon=True).start()
    account.ready.append(engine.wait_ready())
    return engine


def _time_first(log: Path, due: set[str], offset: float, began: float, account: Account) -> None:
    while time.time() < began + 10:
        time.sleep(0.02)
        if log.exists() and (after := first_sent(log, due, offset, began)) is not None:
            account.pending.append(after)
            return


def settle(data: Path) -> tuple[float, int]:
    """Wait until every delivery is delivered or dead; how long that took, and how many stayed open."""
    began = time.monotonic()
    quiet = 0
    query = "SELECT (SELECT count(*) FROM delivery WHERE state IN ('pending', 'sending', 'retrying')), "
    query += "(SELECT count(*) FROM change WHERE state = 'suspected')"
    found: list[tuple[Any, ...]] = [(-1, -1)]
    while time.monotonic() - began < QUIET_AT_MOST and quiet < 4:
        time.sleep(2.0)
        found = rows(data / "vedette.db", query)
        quiet = quiet + 1 if found == [(0, 0)] else 0
    return time.monotonic() - began, found[0][0] if found else -1


def judge(data: Path, log: Path, shown: Shown, hosts: Sequence[str], sites: Sites) -> dict[str, Any]:
    """The receiver's log against the database and against what was ever shown."""
    database = data / "vedette.db"
    received = read(log)
    taken = Counter(entry["key"] for entry in received if entry["status"] == 200)
    meaning: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    told: dict[str, set[str]] = defaultdict(set)
    for entry in received:
        meaning[entry["key"]].add((entry["alert"], entry["event"], entry["path"]))
        if entry["status"] == 200:
            for change in entry["changes"]:
                told[change].add(entry["path"])
    query = "SELECT d.key, d.state, d.channel, d.event, a.uuid FROM delivery d JOIN alert a ON a.id = d.alert_id"
    deliveries = rows(database, query)
    changes = dict(rows(database, "SELECT uuid, state FROM change"))
    steered = "type GLOB 'technology.*' OR type GLOB 'content.*' OR type GLOB 'infrastructure.*'"
    confirmed = rows(database, f"SELECT uuid FROM change WHERE state = 'confirmed' AND ({steered})")
    alerts = {uuid for (uuid,) in rows(database, "SELECT uuid FROM alert")}
    keys = {key for key, *_ in deliveries}
    events: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for _, _, channel, event, alert in deliveries:
        events[alert, event][channel] += 1
    titles = dict(
        rows(
            database,
            "SELECT t.name, f.value FROM fact f JOIN target t ON t.id = f.target_id"
            " WHERE f.kind = 'page' AND f.key = 'title' AND f.till IS NULL",
        )
    )
    lost = {
        "delivered_but_not_received": sum(
            1 for key, state, *_ in deliveries if state == "delivered" and not taken[key]
        ),
        "open_after_quiet": sum(1 for _, state, *_ in deliveries if state not in ("delivered", "dead")),
        "shown_deliveries_gone": len(shown.keys - keys),
        "shown_changes_gone": len(shown.changes - changes.keys()),
        "shown_alerts_gone": len(shown.alerts - alerts),
        "received_without_a_row": len(taken.keys() - keys),
        "alerts_not_routed_to_both": sum(1 for count in events.values() if count["hook-a"] != count["hook-b"]),
        "confirmed_changes_untold": sum(1 for (uuid,) in confirmed if len(told[uuid]) < 2),
        "keys_with_two_meanings": sum(
            1 for key, state, channel, event, alert in deliveries if not meaning[key] <= {(alert, event, f"/{channel}")}
        ),
        "sites_seen_wrong": sum(1 for number, host in enumerate(hosts) if titles.get(host) != sites.title(number)),
    }
    return {
        "site_changes_made": sites.made,
        "changes": dict(Counter(changes.values())),
        "alerts": len(alerts),
        "deliveries": dict(Counter(state for _, state, *_ in deliveries)),
        "requests": len(received),
        "refused": sum(entry["status"] != 200 for entry in received),
        "taken": sum(taken.values()),
        "repeats": sum(count - 1 for count in taken.values()),
        "repeated_keys": sum(count > 1 for count in taken.values()),
        "lost": lost,
    }


def figures(account: Account) -> dict[str, Any]:
    pending = sorted(account.pending)
    orphans = [pid for pid in account.workers if _is_worker(pid)]
    return {
        "ready_p50_s": round(statistics.median(account.ready), 2),
        "ready_max_s": round(max(account.ready), 2),
        "restarts_with_pending": account.restarts_with_pending,
        "first_pending_sent_p50_s": round(statistics.median(pending), 2) if pending else None,
        "first_pending_sent_p95_s": round(pending[int(0.95 * (len(pending) - 1))], 2) if pending else None,
        "integrity": dict(account.integrity),
        "delivered_went_back": len(set(account.went_back)),
        "workers_left_behind": len(orphans),
    }


def _is_worker(pid: int) -> bool:
    try:
        return "core.scan.worker" in psutil.Process(pid).cmdline()
    except psutil.Error:
        return False


def run(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """The whole torment in `folder`; its summary."""
    hosts = [f"site{number}.test" for number in range(given.targets)]
    log, shown, account = folder / "received.jsonl", Shown(), Account()
    with farm(folder / "farm") as served, receiver(log, given.refuse, given.seed) as hook:
        (folder / "vedette.toml").write_text(configuration(served, hosts, hook))
        sites = Sites(served, hosts)
        sites.begin()
        engine = torment(given, folder, log, shown, account)
        sites.calm()
        took, still_open = settle(folder / "data")
        code = engine.end()
        examine(folder / "data", folder, account, shown)
        summary = judge(folder / "data", log, shown, hosts, sites)
    summary = {
        "kills": given.kills,
        "targets": given.targets,
        "seed": given.seed,
        **summary,
        **figures(account),
        "quiet_s": round(took),
        "open": still_open,
        "exit": code,
    }
    summary["acknowledged_lost"] = (
        sum(summary["lost"].values()) + summary["delivered_went_back"] + sum(_broken(account.integrity))
    )
    return summary


def _broken(integrity: Counter[str]) -> list[int]:
    return [count for answer, count in integrity.items() if not answer.endswith(": ok")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--targets", type=int, default=200)
    parser.add_argument("--refuse", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="work in this folder and leave it there")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kill-") as place:
        folder = given.keep or Path(place)
        folder.mkdir(parents=True, exist_ok=True)
        summary = run(given, folder)
    print(json.dumps(summary, indent=2))
    raise SystemExit(1 if summary["acknowledged_lost"] else 0)


if __name__ == "__main__":
    main()

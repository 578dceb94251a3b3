"""A writer killed with -9, at random moments and between any two statements, loses nothing it acknowledged."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import subprocess
import sys
from pathlib import Path

from core.store.open import open_store

ROOT = Path(__file__).resolve().parents[2]


def start(directory: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.store.victim", str(directory), *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def integrity(directory: Path) -> list[str]:
    answers = []
    for name in ("vedette", "history"):
        connection = sqlite3.connect(directory / f"{name}.db")
        answers.append(connection.execute("PRAGMA integrity_check").fetchone()[0])
        connection.close()
    return answers


async def states(directory: Path) -> dict[str, str]:
    """The state of each delivery by its key, as a new engine finds it."""
    store = await open_store(directory, writable=True)
    found = {each.key: each.state.value for each in await store.reader.deliveries(limit=1_000_000)}
    alerts = await store.reader.alerts(limit=1_000_000)
    assert all(len(alert.deliveries) == 2 and alert.changes for alert in alerts)
    await store.close()
    return found


def judge(acknowledged: list[str], found: dict[str, str]) -> None:
    for line in acknowledged:
        word, _, key = line.partition(" ")
        assert key in found
        assert word == "pending" or found[key] == "delivered"


async def test_killed_at_random_moments(tmp_path: Path) -> None:
    chance = random.Random(7)
    acknowledged: list[str] = []
    for _ in range(20):
        victim = start(tmp_path / "data")
        assert victim.stdout is not None
        with victim.stdout:
            acknowledged.append(victim.stdout.readline().strip())
            await asyncio.sleep(chance.random() * 0.05)
            victim.kill()
            rest = victim.stdout.read()
        victim.wait()
        acknowledged += [line for line in rest.split("\n")[:-1] if line]
        judge(acknowledged, await states(tmp_path / "data"))
    assert integrity(tmp_path / "data") == ["ok", "ok"]


async def test_killed_between_any_two_statements_of_the_outbox_path(tmp_path: Path) -> None:
    for statement in range(2, 46, 2):
        directory = tmp_path / f"{statement}"
        victim = start(directory, str(statement))
        output, _ = victim.communicate(timeout=30)
        assert victim.returncode == -9
        judge(output.splitlines(), await states(directory))
        assert integrity(directory) == ["ok", "ok"]

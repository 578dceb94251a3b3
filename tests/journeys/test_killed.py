"""The engine killed with -9, anywhere: what it had acknowledged is told, and told again only under the same key."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.bench import kill
from tests.farm.receiver import read
from tests.farm.world import ROOT, receiver

PATH = {
    "keep_run", "keep_look", "add_change", "open_alert", "link_change", "add_delivery", "tell", "keep_memory",
    "COMMIT history", "COMMIT vedette", "committed", "move_delivery", "add_event",
}  # fmt: skip


def walked(folder: Path, hook: str, way: str) -> list[dict[str, Any]]:
    """What happened at each boundary."""
    command = [sys.executable, "-m", "tests.journeys.victim", str(folder), hook, way]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=True)
    return [json.loads(line) for line in told.stdout.splitlines()]


def acknowledged(boundary: dict[str, Any], what: str) -> dict[str, float]:
    """Keys of which the victim was told so before it was killed, and when."""
    return {key: at for word, key, at in boundary["before"] if word == what}


def transactions(places: list[str]) -> list[list[str]]:
    """The statements at which victims were killed, transaction by transaction."""
    found: list[list[str]] = [[]]
    for place in places:
        found[-1].append(place)
        if place == "committed":
            found.append([])
    return found[:-1]


def judge(boundary: dict[str, Any], received: dict[str, list[dict[str, Any]]]) -> None:
    """The receiver's log against what was acknowledged and what the database came to."""
    states = boundary["states"]
    assert boundary["finished"]
    assert boundary["integrity"] == ["ok"] * 4
    assert acknowledged(boundary, "recorded").keys() <= states.keys()
    assert len(states) == 2
    for key, (state, channel, alert) in states.items():
        taken = [entry for entry in received[key] if entry["status"] == 200]
        assert state == "delivered"
        assert taken
        assert {(entry["alert"], entry["path"]) for entry in received[key]} == {(alert, f"/{channel}")}
    for key, at in acknowledged(boundary, "delivered").items():
        assert all(entry["at"] < at for entry in received[key]), "told again after it was marked as delivered"


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("way", "refuse"), [("apart", 0.0), ("together", 0.3)])
def test_killed_between_any_two_statements_of_the_outbox_path_nothing_acknowledged_is_lost(
    tmp_path: Path, way: str, refuse: float
) -> None:
    with receiver(tmp_path / "log", refuse, seed=5) as hook:
        (tmp_path / "victims").mkdir()
        boundaries = walked(tmp_path / "victims", hook, way)
        received = defaultdict(list)
        for entry in read(tmp_path / "log"):
            received[entry["key"]].append(entry)
    for boundary in boundaries:
        judge(boundary, received)
    places = [statement for each in boundaries for word, statement, _ in each["before"] if word == "killed"]
    assert set(places) >= PATH
    assert set(received) == {key for each in boundaries for key in each["states"]}
    if way == "apart":
        assert [each["killed"] for each in boundaries] == [True] * len(places) + [False] * 3
        moves = transactions(places)[1:]
        assert len(moves) == 4  # each of two deliveries: sending, delivered
        assert all(move[:2] == ["move_delivery", "add_event"] and move == moves[0] for move in moves)
        # Killed anywhere between a delivery's sending and its last commit it is repeated; the other one may be as far.
        repeats, between = sum(len(each) - 1 for each in received.values()), len(moves[0]) - 1
        assert 2 * between <= repeats <= 2 * 2 * between


@pytest.mark.timeout(300)
def test_killed_at_random_moments_the_engine_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    given = argparse.Namespace(kills=6, targets=30, refuse=0.3, seed=11)
    summary = kill.run(given, tmp_path)
    assert summary["lost"] == dict.fromkeys(summary["lost"], 0)
    assert summary["delivered_went_back"] == 0
    assert set(summary["integrity"]) == {"vedette: ok", "history: ok"}
    assert summary["acknowledged_lost"] == 0
    assert summary["workers_left_behind"] == 0
    assert summary["exit"] == 0
    assert summary["changes"]["confirmed"] > 0
    assert summary["deliveries"]["delivered"] > 0

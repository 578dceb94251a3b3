"""Targets that can wait and sites of others: judged and told at boundaries, asked rarely and only where we may."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.farm import world
from tests.journeys.cases import page
from tests.journeys.stage import Stage, check_told_once, stage

PROMPT, PATIENT = "prompt.test", "patient.test"
WELCOME, UNWELCOME = "welcome.test", "unwelcome.test"
DETECT_EVERY, NOTIFY_EVERY = 10, 15
FLOOR = 900.0


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path) as made:
        made.farm.steer(*({"host": host, "body": page()} for host in (PROMPT, PATIENT, WELCOME, UNWELCOME)))
        made.farm.steer({"host": UNWELCOME, "robots": "User-agent: *\nDisallow: /\n"})
        yield made


def target(made: Stage, host: str, more: str = "") -> str:
    return f'[[target]]\nname = "{host}"\nurl = "{made.url(host)}"\nevery = "1s"\nscan = ["content"]\n{more}\n'


def seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def told_about(made: Stage, host: str) -> list[dict[str, Any]]:
    """What the receiver took about a site."""
    return [each for each in made.told() if json.loads(each["body"])["alert"]["target"] == host]


def held_back(looks: dict[str, int]) -> bool:
    return looks[PATIENT] == 0 and looks[PROMPT] >= 2


def alerts_about(made: Stage, host: str) -> list[dict[str, Any]]:
    return [each for each in made.items("alerts") if each["target"] == host]


@pytest.mark.timeout(240)
def test_the_batch_profile_judges_and_tells_at_its_boundaries_while_others_are_told_at_once(sites: Stage) -> None:
    made = sites
    batch = f'[profile.batch]\ndetect_every = "{DETECT_EVERY}s"\nnotify_every = "{NOTIFY_EVERY}s"\n'
    targets = target(made, PROMPT) + target(made, PATIENT, 'profile = "batch"')
    with made.watching(made.settings(targets, batch)):
        world.eventually(lambda: made.farm.hits().get(PATIENT), "the patient site was looked at")
        world.eventually(lambda: held_back(made.looks()), "looked at, and held back until the boundary")
        world.eventually(lambda: made.looks()[PATIENT] >= 1, "the patient site was judged")

        made.farm.steer(*({"host": host, "body": page("Closed for winter")} for host in (PROMPT, PATIENT)))
        world.eventually(lambda: told_about(made, PROMPT), "the prompt site was told of")
        assert alerts_about(made, PATIENT) == []
        world.eventually(lambda: alerts_about(made, PATIENT), "the patient site was judged")
        world.eventually(lambda: told_about(made, PATIENT), "the patient site was told of")
        looks = made.looks()
        assert looks[PROMPT] > 3 * looks[PATIENT]

        alerts = made.settled()
        assert sorted(each["target"] for each in alerts) == [PATIENT, PROMPT]
        [patient] = alerts_about(made, PATIENT)
        [reason] = [each["because"] for each in patient["reasons"] if each["outcome"] == "scheduled"]
        boundary = seconds(reason.rpartition(" at ")[2])
        assert boundary % NOTIFY_EVERY == 0
        assert seconds(patient["since"]) < boundary <= told_about(made, PATIENT)[0]["at"]
        check_told_once(made, alerts)


@pytest.mark.timeout(240)
def test_sites_of_others_are_asked_rarely_and_only_where_robots_txt_lets_us(sites: Stage) -> None:
    made = sites
    theirs = 'class = "competitor"'
    targets = target(made, PROMPT) + target(made, WELCOME, theirs) + target(made, UNWELCOME, theirs)
    with made.watching(made.settings(targets)):
        made.after_looks(12, [PROMPT])
        shown = {each["name"]: each for each in made.items("targets")}
        paths = asked(made)
        assert (shown[WELCOME]["status"], shown[WELCOME]["scans"]) == ("up", 1)
        assert paths[WELCOME] == {"/robots.txt": 1, "/": 1}
        assert (shown[UNWELCOME]["status"], shown[UNWELCOME]["scans"]) == ("inconclusive", 1)
        assert paths[UNWELCOME] == {"/robots.txt": 1}
        assert set(paths[PROMPT]) == {"/"}
        for host in (WELCOME, UNWELCOME):
            assert seconds(shown[host]["next_due"]) - seconds(shown[host]["seen_at"]) > FLOOR - 30
        assert made.items("changes") == []
        assert made.items("alerts") == []


def asked(made: Stage) -> dict[str, dict[str, int]]:
    """How often each path of each site was asked for."""
    with urllib.request.urlopen(f"http://127.0.0.1:{made.farm.control}/paths", timeout=world.PATIENCE) as answer:
        counted: dict[str, dict[str, int]] = json.load(answer)
        return counted

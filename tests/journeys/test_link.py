"""Is it us? A site that is down alerts; a link of our own that is down does so once, and downs nobody."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.farm import world
from tests.journeys.stage import Stage, check_told_once, events, stage

HOSTS = tuple(f"harbour-{number}.test" for number in range(8))
DOWN, INCONCLUSIVE = "availability.down", "availability.inconclusive"


@pytest.fixture
def harbours(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path) as made:
        yield made


def targets(made: Stage, hosts: Sequence[str]) -> str:
    return "\n".join(
        f'[[target]]\nname = "{host}"\nurl = "{made.url(host)}"\nevery = "2s"\nscan = ["content"]\n' for host in hosts
    )


def turn(made: Stage, hosts: Sequence[str], *, down: bool) -> None:
    made.farm.steer(*({"host": host, "down": down} for host in hosts))


def alerts_about(made: Stage, name: str) -> list[dict[str, Any]]:
    return [each for each in made.items("alerts") if each["changes"][0]["type"] == name]


def firing(alerts: Sequence[Mapping[str, Any]]) -> set[str | None]:
    """Whom the alerts that still fire are about; None is the watch itself."""
    return {each["target"] for each in alerts if each["state"] == "firing"}


def states(made: Stage) -> set[str]:
    return {each["status"] for each in made.items("targets")}


@pytest.mark.timeout(240)
def test_one_site_down_is_one_alert_and_all_at_once_are_one_about_our_own_link(harbours: Stage) -> None:
    made = harbours
    with made.watching(made.settings(targets(made, HOSTS))):
        made.after_looks(2)

        turn(made, HOSTS[:1], down=True)
        world.eventually(lambda: firing(alerts_about(made, DOWN)) == {HOSTS[0]}, "the one site is down")
        made.after_looks(3)
        turn(made, HOSTS[:1], down=False)
        world.eventually(lambda: not firing(made.items("alerts")), "the one site is up again")
        made.after_looks(2)
        [alert] = made.settled()
        assert events(made, alert) == ["alert.firing", "alert.resolved"]
        assert [each["type"] for each in made.items("changes")] == ["availability.up", DOWN]

        turn(made, HOSTS, down=True)
        world.eventually(lambda: firing(made.items("alerts")) == {None}, "our own link is down")
        made.after_looks(4)
        assert states(made) == {"inconclusive"}
        assert len(alerts_about(made, DOWN)) == 1
        turn(made, HOSTS, down=False)
        world.eventually(lambda: not firing(made.items("alerts")), "our own link is up again")
        made.after_looks(3)
        assert states(made) == {"up"}
        alerts = made.settled()
        assert [(each["target"], len(each["changes"])) for each in alerts] == [(None, 1), (HOSTS[0], 1)]
        assert alerts[0]["changes"][0]["type"] == INCONCLUSIVE
        assert events(made, alerts[0]) == ["alert.firing", "alert.resolved"]
        check_told_once(made, alerts)
        told = [each for each in made.items("changes") if each["state"] not in ("confirmed", "inconclusive")]
        assert told == []


@pytest.mark.timeout(240)
def test_a_reference_point_tells_sites_that_are_down_from_a_link_that_is(harbours: Stage) -> None:
    made = harbours
    hosts = HOSTS[:3]
    port = free_port()
    settings = made.settings(targets(made, hosts), f'[connectivity]\ncheck = ["tcp://127.0.0.1:{port}"]')
    with made.watching(settings):
        with reference_point(made, port):
            made.after_looks(2)
            turn(made, hosts, down=True)
            world.eventually(lambda: firing(made.items("alerts")) == set(hosts), "all sites are down")
            turn(made, hosts, down=False)
            world.eventually(lambda: not firing(made.items("alerts")), "all sites are up again")
            made.after_looks(4)
            assert alerts_about(made, INCONCLUSIVE) == []

        turn(made, hosts, down=True)
        world.eventually(lambda: firing(made.items("alerts")) == {None}, "our own link is down")
        made.after_looks(4)
        assert states(made) == {"inconclusive"}
        assert firing(made.items("alerts")) == {None}

        with reference_point(made, port):
            world.eventually(lambda: firing(made.items("alerts")) == set(hosts), "the link is back, the sites are not")
            turn(made, hosts, down=False)
            world.eventually(lambda: not firing(made.items("alerts")), "all sites are up again")
            alerts = made.settled()
            assert sorted(str(each["target"]) for each in alerts) == sorted(["None", *hosts, *hosts])
            assert all(events(made, each) == ["alert.firing", "alert.resolved"] for each in alerts)
            check_told_once(made, alerts)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def reference_point(made: Stage, port: int) -> AbstractContextManager[object]:
    """Something that accepts connections, for as long as the block runs."""
    return world.serving("tests.farm.receiver", "--log", str(made.folder / "reference.jsonl"), "--port", str(port))

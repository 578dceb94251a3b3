"""The whole watch from outside: sites change, and each change gives its alert, one mail and one webhook - no more."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.cases import AVAILABILITY, CASES, PERFORMANCE, QUIET
from tests.journeys.cases import Case as Site
from tests.journeys.stage import Stage, check_told_once, events, stage

SITES = (*CASES, *QUIET)
# Looks that performance needs before it judges, with some to spare.
BASELINE = 14
PATIENCE = 150.0
# Sites that come back in the end, the changes that this is, and the alerts that it ends.
BACK = ("slower", "header-removed", *(each.name for each in AVAILABILITY))
AFTERWARDS = (
    ("slower.test", "performance.improved", "ttfb_ms"),
    ("slower.test", "performance.improved", "total_ms"),
    ("header-removed.test", "security.header_added", "strict-transport-security"),
    ("header-removed.test", "security.grade_changed", "grade"),
    *((each.host, "availability.up", "") for each in AVAILABILITY),
    ("untrusted.test", "tls.certificate_changed", "fingerprint"),
)
RESOLVED = {
    ("slower.test", "performance.degraded"),
    ("header-removed.test", "security.header_removed"),
    *((each.host, "availability.down") for each in AVAILABILITY),
}


@pytest.fixture
def world_of_sites(tmp_path: Path) -> Iterator[Stage]:
    """Every site as it is before anything happens."""
    with stage(tmp_path) as made:
        made.farm.steer(*(site.first() for site in SITES))
        made.names.steer(*(each for site in SITES for each in site.records(site.names_before)))
        yield made


def targets(made: Stage) -> str:
    return "\n".join(
        f'[[target]]\nname = "{site.host}"\nurl = "{made.url(site.host)}"\nevery = "{site.every}"\n{site.settings}\n'
        for site in SITES
    )


def confirmed(changes: Sequence[Mapping[str, Any]]) -> Counter[tuple[str, str, str]]:
    return Counter(
        (each["target"], each["type"], _without_port(each["key"])) for each in changes if each["state"] == "confirmed"
    )


def _without_port(key: str) -> str:
    return re.sub(r"(?<=\.test):\d+", "", key)


def expected(sites: Sequence[Site]) -> Counter[tuple[str, str, str]]:
    return Counter((site.host, name, key) for site in sites for name, key in site.changes)


@pytest.mark.timeout(300)
def test_each_change_is_told_once_by_mail_and_webhook_and_calm_or_noisy_sites_are_never(world_of_sites: Stage) -> None:
    made = world_of_sites
    with made.watching(made.settings(targets(made))):
        made.after_looks(BASELINE, [site.host for site in PERFORMANCE])
        assert confirmed(made.items("changes")) == Counter()
        assert made.items("alerts") == []

        made.farm.steer(*(site.then() for site in CASES))
        made.names.steer(*(each for site in CASES for each in site.records(site.names_after)))
        changes = all_confirmed(made, expected(CASES))
        alerts = made.settled()
        check_alerts(alerts, changes)
        check_told_once(made, alerts)
        assert {each["state"] for each in changes if each["target"] in {site.host for site in QUIET}} <= {"suppressed"}

        made.farm.steer(*(site.first() for site in CASES if site.name in BACK))
        made.names.steer(*({"name": f"{name}.test", "type": "A", "records": ["127.0.0.1"]} for name in BACK))
        changes = all_confirmed(made, expected(CASES) + Counter(AFTERWARDS))
        alerts = made.settled()
        check_resolved(made, alerts)
        check_told_once(made, alerts)
        assert {each["state"] for each in changes if each["target"] in {site.host for site in QUIET}} <= {"suppressed"}


def all_confirmed(made: Stage, wanted: Counter[tuple[str, str, str]]) -> list[dict[str, Any]]:
    """All changes, once those wanted are confirmed and every site was looked at often enough to show more."""
    ends = time.monotonic() + PATIENCE
    while (missing := wanted - confirmed(made.items("changes"))) and time.monotonic() < ends:
        time.sleep(1.0)
    made.after_looks(4)
    changes = made.items("changes")
    assert (missing, confirmed(changes) - wanted) == (Counter(), Counter())
    assert [each for each in changes if each["state"] == "suspected"] == []
    return changes


def check_alerts(alerts: Sequence[Mapping[str, Any]], changes: Sequence[Mapping[str, Any]]) -> None:
    """One alert for each site and type of change, firing, told to each channel once, with exactly its changes."""
    wanted: dict[tuple[str, str], set[str]] = {}
    for each in changes:
        if each["state"] == "confirmed":
            wanted.setdefault((each["target"], each["type"]), set()).add(each["uuid"])
    told = {(each["target"], each["changes"][0]["type"]): {one["uuid"] for one in each["changes"]} for each in alerts}
    assert told == wanted
    assert len(alerts) == len(wanted)
    assert {each["state"] for each in alerts} == {"firing"}
    for alert in alerts:
        assert sorted(each["channel"] for each in alert["deliveries"]) == ["hook", "mail"]


def check_resolved(made: Stage, alerts: Sequence[Mapping[str, Any]]) -> None:
    """What came back ended its alert, which was told once; everything else still fires.

    A grade that goes back is another change for the open alert about the grade, so that one is told of twice.
    """
    about = Counter((each["target"], each["changes"][0]["type"]) for each in alerts)
    began = {(host, name) for host, name, _ in expected(CASES)} | {("untrusted.test", "tls.certificate_changed")}
    assert about == Counter(began)
    resolved = {(each["target"], each["changes"][0]["type"]) for each in alerts if each["state"] == "resolved"}
    assert resolved == RESOLVED
    for alert in alerts:
        told = ["alert.firing"] * len({each["at"] for each in alert["changes"]})
        assert events(made, alert) == told + ["alert.resolved"] * (alert["state"] == "resolved")

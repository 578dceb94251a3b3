"""The command line changes a target by the same keys and the same rules as the file."""

from __future__ import annotations

import pytest

from core.model.target import ContentScope, Origin, Profile, Schedule, Target, TargetClass
from core.settings.edit import created, edited
from core.settings.problems import InvalidSettings

SHOP = Target("Shop", "https://shop.example/", tags=("eu", "shop"), id=7, uuid="u", paused=True)


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"every": "1m"}, "schedule", Schedule(60.0)),
        ({"cron": "0 7 * * *", "tz": "Europe/Berlin"}, "schedule", Schedule(None, "0 7 * * *", "Europe/Berlin")),
        ({"class": "competitor"}, "target_class", TargetClass.COMPETITOR),
        ({"tags": "a, b"}, "tags", ("a", "b")),
        ({"tags": "+new,-eu"}, "tags", ("shop", "new")),
        ({"tags": ""}, "tags", ()),
        ({"scan": "content,performance"}, "scanners", ("performance", "content")),
        ({"select": "main", "content.ignore": "#a,/b/"}, "content", ContentScope("main", ("#a", "/b/"))),
        ({"thresholds.load_time": "30%"}, "thresholds", (("total_ms", 0.3), ("ttfb_ms", 0.25))),
        ({"allow_private": "yes"}, "allow_private", True),
        ({"name": "New", "profile": "batch"}, "profile", Profile.BATCH),
    ],
)
def test_a_change_is_read_as_the_file_would_be(changes: dict[str, str], field: str, expected: object) -> None:
    result = edited(SHOP, changes)
    assert getattr(result, field) == expected
    assert (result.id, result.uuid, result.paused, result.origin) == (7, "u", True, Origin.STORE)


def test_a_schedule_given_replaces_the_other_kind() -> None:
    hourly = edited(SHOP, {"cron": "0 * * * *"})
    assert edited(hourly, {"every": "2m"}).schedule == Schedule(120.0)


def test_everything_wrong_is_told_at_once_with_its_key() -> None:
    with pytest.raises(InvalidSettings) as caught:
        edited(SHOP, {"evry": "1m", "class": "rival", "thresholds.totl_ms": "5%", "allow_private": "perhaps"})
    assert sorted(str(caught.value).splitlines()) == [
        "target 'Shop': allow_private: expected true or false, not 'perhaps'",
        "target 'Shop': class: expected one of own, vendor, competitor, not 'rival'",
        "target 'Shop': evry: unknown key; did you mean 'every'?",
        "target 'Shop': thresholds.totl_ms: unknown key; did you mean 'total_ms'?",
    ]


def test_cron_is_judged_when_somebody_can() -> None:
    def refuse(expression: str, zone: str) -> None:
        raise ValueError(f"'{expression}' never fires in {zone}")

    with pytest.raises(InvalidSettings, match="cron: '0 0 30 2 \\*' never fires in UTC"):
        edited(SHOP, {"cron": "0 0 30 2 *"}, refuse)


def test_a_new_target_is_called_by_its_host_and_path_unless_named() -> None:
    assert created("https://shop.example/", {}).name == "shop.example"
    assert created("https://shop.example:8443/eu/", {}).name == "shop.example:8443/eu"
    named = created("https://shop.example/", {"name": "Shop", "every": "10s"}, Profile.BATCH)
    assert (named.name, named.profile, named.schedule.every) == ("Shop", Profile.BATCH, 10.0)


@pytest.mark.parametrize(
    "url", ["shop.example", "ftp://x", "http://", "https://a b/", "http://[::1", "javascript:alert(1)", ""]
)
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(InvalidSettings, match="url: expected a"):
        created(url, {"name": "x"})

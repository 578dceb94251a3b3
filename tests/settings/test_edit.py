"""The command line changes a target by the same keys and the same rules as the file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.target import ContentScope, Origin, Profile, Schedule, Target, TargetClass
from core.settings.edit import between_commas, created, edited
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


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a,b", ["a", "b"]),
        (" a , , b,", ["a", "b"]),
        ("/a{1,3}/", ["/a{1,3}/"]),
        ("#clock, /a{1,3}/ ,.ad", ["#clock", "/a{1,3}/", ".ad"]),
        ("+/a{1,3}/,-#clock", ["+/a{1,3}/", "-#clock"]),
        ("/a/,b/", ["/a/", "b/"]),
        ("/a,b", ["/a", "b"]),
        (":is(h1, h2), p", [":is(h1, h2)", "p"]),
        ('[data-x="a,b"], p', ['[data-x="a,b"]', "p"]),
        ("o'brien, shop", ["o'brien", "shop"]),
        ("/a/, b,\n/c,d/\n:is(x", ["/a/, b,", "/c,d/", ":is(x"]),
        ("", []),
    ],
)
def test_commas_part_a_list_but_not_what_stands_in_it(text: str, found: list[str]) -> None:
    assert between_commas(text) == found


@given(st.lists(st.from_regex(r"#[a-z]{1,5}|/[a-z]{1,3}\{1,3\}/|:is\([a-z], [a-z]\)", fullmatch=True), max_size=5))
def test_a_list_that_is_written_with_commas_reads_back(texts: list[str]) -> None:
    assert between_commas(", ".join(texts)) == texts

"""One site in full: its trends over any time, its grade test by test, and its past."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.model.judging import Limit
from core.model.scan import Fact
from core.model.target import Schedule, TargetClass
from core.ports import Entry
from core.view import Trend, Uptime
from tests.store.looks import NOW, look
from tests.tui.console_world import BY, World, console
from tui.panes import trends
from tui.widgets.chart import Chart, Window

DAY = 86_400.0


def said(uptimes: tuple[Uptime, ...]) -> str:
    return "".join(text for text, _ in trends.uptime_line(uptimes)).strip()


@pytest.mark.parametrize(
    ("uptimes", "words"),
    [
        ((Uptime(1, 1440, 10, DAY), Uptime(7, 10_080, 10, 7 * DAY), Uptime(30, 43_200, 0, 30 * DAY)),
         "up         24h 99.31 %   7d 99.90 %   30d 100.00 %"),
        ((Uptime(1, 60, 0, 3600), Uptime(7, 60, 0, 3600), Uptime(30, 60, 0, 3600)),
         "up         24h 100.00 % of 1h watched"),
        ((Uptime(1, 1440, 0, DAY), Uptime(7, 2880, 1440, 2 * DAY), Uptime(30, 2880, 1440, 2 * DAY)),
         "up         24h 100.00 %   7d 50.00 % of 2d watched"),
        ((Uptime(1, 0, 0, 0.0), Uptime(7, 0, 0, 0.0)), "up         24h –   7d –"),
        ((Uptime(1, 100, 9, DAY, 10), Uptime(7, 100, 0, 7 * DAY, 100)),
         "up         24h 90.00 % (10.00 % unknown)   7d – (100.00 % unknown)"),
    ],
)  # fmt: skip
def test_uptime_is_of_looks_and_says_what_was_watched(uptimes: tuple[Uptime, ...], words: str) -> None:
    assert said(uptimes) == words


def test_hours_keep_their_spikes() -> None:
    points = trends.points_of(Trend("ttfb_ms", (), ((NOW, 60, 5.0, 20.0, 900.0),)), coarse=True)
    assert [value for _, value in points] == [5.0, 20.0, 900.0]
    assert all(NOW <= at < NOW + 3600 for at, _ in points)


def test_a_percentile_is_told_only_of_enough_values() -> None:
    window = Window(0.0, 4800.0)
    points = (*((float(at), 10.0) for at in range(100)), (4790.0, 99.0))
    assert [at for at, _ in trends.p95_of(points, window)] == [50.0]


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        (Limit(120.0, 100.0, 59), "slower at  120 ms  the dashed line; the median of 59 looks is 100 ms"),
        (Limit(120.0, 100.0, 0),
         "slower at  120 ms  the dashed line, until it is back near the 100 ms from before it slowed down"),
    ],
)  # fmt: skip
def test_the_dashed_line_says_what_it_is(limit: Limit, words: str) -> None:
    [line] = trends.limit_lines("ttfb_ms", limit)
    assert "".join(text for text, _ in line).strip() == words
    assert trends.limit_lines("ttfb_ms", None) == []


async def test_the_line_of_a_chart_is_where_the_judge_would_call_it_slower(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        chart = await trends_of_shop(world)
        assert "slower at  255 ms  the dashed line; the median of 59 looks is 212 ms" in world.text
        assert "┄" in "".join(line.plain for line in chart._drawn)


async def trends_of_shop(world: World) -> Chart:
    shop = await world.store.reader.target("shop")
    old = [look(shop, NOW - 5 * DAY + minute * 60, value=300.0 + minute) for minute in range(60)]
    await world.store.ledger.record([*old, *(look(shop, NOW - minute * 60) for minute in range(1, 60))])
    world.app.open_site("shop")
    await world.settled()
    await world.press("t")
    return world.app.screen.query_one(Chart)


async def test_trends_zoom_out_to_hours_pan_back_and_come_home(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        chart = await trends_of_shop(world)
        home = chart.window
        assert home.seconds <= DAY + 1
        await world.press(*["minus"] * 12)
        assert chart.window.seconds > 29 * DAY
        assert "max 359" in world.text
        await world.press("0")
        assert chart.window == home
        await world.press("plus", "H", "H")
        assert chart.window.end < home.end
        await world.press("left", "left")
        assert "Z" in world.lines()[4]


async def test_below_the_chart_stand_phases_uptime_and_events(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        await trends_of_shop(world)
        assert "phases p50 dns" in world.text
        assert "24h 100.00 % of" in world.text
        assert "A  nginx: 1.25.3 → 1.27.1" in world.text
        assert "N  ops-mail told that it fires" in world.text


async def test_history_tells_what_moved_and_how_looks_ended(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        shop = await world.store.reader.target("shop")
        await world.store.ledger.record([look(shop, NOW + 60, opened=(Fact("technology", "nginx", "1.27.1"),))])
        world.app.open_site("shop")
        await world.settled()
        await world.press("[", "[")
        assert "technology nginx  1.25.3 → 1.27.1  held 1m" in world.text
        assert "2 looks answered" in world.text


async def test_the_grade_stands_with_the_tests_that_took_points(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        shop = await world.store.reader.target("shop")
        fact = Fact("security", "grade", "C", evidence="55 points; csp-not-implemented, redirection-missing")
        await world.store.ledger.record([look(shop, NOW + 60, opened=(fact,))])
        world.app.open_site("shop")
        await world.settled()
        await world.press("]", "]", "]", "]")
        assert "-25  no Content-Security-Policy" in world.text
        assert "-20  http does not lead to https" in world.text
        assert "0  passed 8 of 10: cookies, cross-origin-resource-sharing, referrer-policy" in world.text


async def test_extras_of_a_grade_stand_with_what_they_are_for(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        shop = await world.store.reader.target("shop")
        told = "csp-implemented-with-no-unsafe, cookies-without-secure-flag-but-protected-by-hsts"
        fact = Fact("security", "grade", "A+", evidence=f"100 points; {told}")
        await world.store.ledger.record([look(shop, NOW + 60, opened=(fact,))])
        world.app.open_site("shop")
        await world.settled()
        await world.press("]", "]", "]", "]")
        assert "+5  policy without unsafe sources  content-security-policy" in world.text
        assert "-5  a cookie lacks Secure; HSTS covers it  cookies" in world.text
        assert "passed 8 of 10" in world.text


RULES = (
    ("rule", "Shops", '{"name":"Shops","when":"tag:shop severity>=high","notify":["hook","gone"],"throttle":"1h"}'),
    ("rule", "Others", '{"name":"Others","when":"tag:cms"}'),
    ("rule", "All", '{"name":"All","when":"severity>=critical","severity":"low"}'),
    ("rule", "Off", '{"name":"Off","when":"down","enabled":false}'),
    ("rule", "Torn", "{"),
    ("channel", "hook", '{"name":"hook","type":"webhook","url":"https://hooks.test/"}'),
)


async def config_of(world: World, name: str) -> str:
    world.app.open_site(name)
    await world.settled()
    await world.press("[")
    assert "[Config]" in world.text
    return " ".join(world.text.split())


async def test_config_names_the_rules_for_the_site_and_whom_they_tell(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 60)) as world:
        await world.store.ledger.put_entries([Entry(*each) for each in RULES], BY, NOW)
        text = await config_of(world, "shop")
        assert "2 rules for this site of 5" in text
        assert "Shops tag:shop severity>=high because tag:shop → hook, gone at most once in 1h" in text
        assert "All severity>=critical for all sites: it names none → every channel as low" in text
        assert "Others not for this site: tag:cms" in text
        assert "Off not in use" in text
        assert "1 rule cannot be read and tell nobody: see :rules" in text
        assert "2 channels told hook ○ idle gone there is no such channel" in text


async def test_config_says_where_each_setting_comes_from_and_when_it_is_looked_at(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 60)) as world:
        shop = await world.store.reader.target("shop")
        changed = replace(shop, target_class=TargetClass.VENDOR, schedule=Schedule(every=10.0))
        await world.store.ledger.replace_target(changed, BY, NOW, world.clock() + 30)
        text = await config_of(world, "shop")
        assert "class vendor of this site" in text
        assert "scanners all default" in text
        assert "looks every 10s of this site" in text
        assert "at most every 1m of class vendor, which is looked at politely" in text
        assert text.count("(in ") == 3
        assert "default severity>=high for all sites: it names none → every channel" in text
        assert "nobody is told of it" in text


async def test_config_of_a_paused_site_promises_no_look(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 60)) as world:
        await world.app.operations.pause_targets(["shop"], True, BY)
        assert "next none while it is paused p resumes it" in await config_of(world, "shop")

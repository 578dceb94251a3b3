"""Sites from the console: the form with its test, what it says while one types, and what reaches the engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.model.scan import Fact, Failure, FailureClass, Sample, Scan, Technology
from core.model.target import Origin, Target
from tests.store.looks import NOW
from tests.tui.console_world import BY, World, console
from tests.tui.snapshots_of import SIZES, check_snapshot
from tui.panes.trial import ADVICE
from tui.screens.editor import editor_command
from tui.screens.target_form import TargetForm
from tui.screens.targets import has_browser
from tui.widgets.form import Form


def form(world: World) -> Form:
    return world.app.screen.query_one(Form)


async def fill_in(world: World, **values: str) -> None:
    """Type into the fields named, one after the other."""
    for key, text in values.items():
        form(world).start(key.replace("__", "."))
        await world.settled()
        await world.press(*(("space" if each == " " else each) for each in text))


async def test_a_site_is_added_from_the_form_and_is_watched(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2", "plus")
        await fill_in(world, url="news.test", name="News", every="30s", tags="press,eu", owner="ops")
        await world.press("ctrl+s")
        added = await world.store.reader.target("News")
        assert (added.url, added.schedule.every, added.tags) == ("https://news.test", 30.0, ("press", "eu"))
        assert (added.owner, added.origin) == ("ops", Origin.STORE)
        assert not isinstance(world.app.screen, TargetForm)
        assert "News" in world.text
        entries = await world.store.reader.audit_entries(3)
        assert (entries[0].action, entries[0].actor) == ("target.add", "anna")


@pytest.mark.parametrize(
    ("key", "typed", "sentence"),
    [
        ("url", "ftp://x", "expected a URL such as"),
        ("every", "soon", "expected a duration such as"),
        ("cron", "61 * * * *", "61"),
        ("timezone", "Mars/Base", "expected an IANA time zone"),
        ("thresholds", "ttfb_ms=x", "expected a percentage"),
        ("thresholds", "speed=3%", "unknown key"),
        ("content.select", "a[", "is not a CSS selector"),
        ("content.ignore", "/(/", "is not a regular expression"),
        ("name", "T-12", "looks like an id"),
    ],
)
async def test_what_is_wrong_with_a_field_stands_below_it_while_it_is_typed(
    tmp_path: Path, key: str, typed: str, sentence: str
) -> None:
    async with console(tmp_path, (120, 40)) as world:
        await world.press("2", "plus")
        await fill_in(world, **{key.replace(".", "__"): typed})
        assert sentence in world.text
        assert "✖" in world.text


async def test_a_form_that_is_wrong_is_not_saved_and_the_cursor_goes_to_what_is(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2", "plus")
        await fill_in(world, owner="ops")
        await world.press("ctrl+s")
        assert isinstance(world.app.screen, TargetForm)
        assert form(world).field is not None
        assert form(world).field.key == "url"  # type: ignore[union-attr]
        assert "is needed" in world.text
        assert len(await world.store.reader.targets()) == 3


async def test_every_and_cron_together_are_refused_in_the_words_of_the_settings(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2", "plus")
        await fill_in(world, url="x.test", every="5m", cron="0 * * * *")
        assert "a target has either 'every' or 'cron'" in world.text


async def test_a_name_that_is_taken_is_the_engine_s_answer_and_the_form_stays(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        await world.press("2", "plus")
        await fill_in(world, url="x.test", name="shop")
        await world.press("ctrl+s")
        assert "already a target named 'shop'" in world.text
        assert isinstance(world.app.screen, TargetForm)


async def test_a_test_looks_at_what_is_typed_and_stores_nothing(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        world.works.answer = Scan(
            "https://news.test", NOW, 212.0,
            facts=(Fact("page", "status", "200"), Fact("page", "title", "Old \x1b[31mnews"),
                   Fact("certificate", "not_after", "2033-01-01T00:00:00Z")),
            samples=(Sample("total_ms", 212.0, "ms"), Sample("ttfb_ms", 120.0, "ms")),
            technologies=(Technology("nginx", "1.27.1", ("Web servers",), 1.0, "header"),),
        )  # fmt: skip
        await world.press("2", "plus")
        await fill_in(world, url="news.test", content__select="main")
        await world.press("ctrl+t")
        for word in ("200", "Old ", "212 ms", "nginx 1.27.1", "days left", "Test: https://news.test"):
            assert word in world.text, word
        assert ("try", "https://news.test") in world.works.told
        assert len(await world.store.reader.targets()) == 3
        assert [each.action for each in await world.store.reader.audit_entries(1)] == ["target.try"]


@pytest.mark.parametrize("size", [(40, 10), (80, 24), (200, 60)])
async def test_a_failed_test_says_why_and_what_to_do(tmp_path: Path, size: tuple[int, int]) -> None:
    async with console(tmp_path, size) as world:
        failure = Failure(FailureClass.POLICY, "10.0.0.1 is a private address")
        world.works.answer = Scan("https://intra.test", NOW, 3.0, failure=failure)
        await world.press("2", "plus")
        await fill_in(world, url="intra.test")
        await world.press("ctrl+t")
        assert "policy" in world.text
        assert "private" in world.text


def test_every_class_of_failure_has_its_advice() -> None:
    assert set(ADVICE) == set(FailureClass)


async def test_escape_asks_once_when_something_was_typed_and_nothing_is_added(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2", "plus", *"x.test", "escape")
        assert "esc again leaves" in world.text
        await world.press("escape")
        assert not isinstance(world.app.screen, TargetForm)
        assert len(await world.store.reader.targets()) == 3


async def test_the_arrows_go_from_field_to_field_and_pages_scroll(tmp_path: Path) -> None:
    async with console(tmp_path, (40, 10)) as world:
        await world.press("2", "plus", "down", "down", "up")
        assert form(world).field.key == "name"  # type: ignore[union-attr]
        before = world.text
        await world.press("pagedown")
        assert world.text != before


async def test_no_key_of_the_console_is_meant_while_a_choice_has_the_focus(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2", "plus")
        form(world).start("class")
        await world.press("q", "1", "right")
        assert isinstance(world.app.screen, TargetForm)
        assert form(world).values["class"] == "vendor"


async def test_an_edit_changes_what_was_changed_and_keeps_what_others_changed_meanwhile(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2", "G", "e")
        name = form(world).values["name"]
        known = await world.store.reader.target(name)
        await world.app.operations.edit_target(_with_owner(known, "night shift"), BY)
        await fill_in(world, tags=", new")
        await world.press("ctrl+s")
        after = await world.store.reader.target(name)
        assert (after.tags, after.owner, after.id) == ((*known.tags, "new"), "night shift", known.id)


def _with_owner(target: Target, owner: str) -> Target:
    from dataclasses import replace

    return replace(target, owner=owner)


async def test_an_edit_of_nothing_tells_the_engine_nothing(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2", "e", "ctrl+s")
        assert world.works.told == []
        assert not isinstance(world.app.screen, TargetForm)


async def test_removing_asks_with_what_goes_and_what_stays(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        await world.press("2", "X")
        assert "Stop watching pay for good?" in world.text
        assert "1 open alert ends; 1 change and 1 alert stay" in " ".join(world.text.split())
        await world.press("n")
        assert len(await world.store.reader.targets()) == 3
        await world.press("X", "y")
        assert sorted(str(each["name"]) for each in await world.store.reader.targets()) == ["blog", "shop"]


async def test_opening_a_url_where_no_browser_is_copies_it(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2", "O")
        assert (tmp_path / "state" / "vedette" / "clip.txt").read_text("utf-8") == "https://pay.test/"


@pytest.mark.parametrize(
    ("environ", "there"),
    [
        ({}, False),
        ({"DISPLAY": ":0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({"DISPLAY": ":0", "SSH_CONNECTION": "1 2 3 4"}, False),
        ({"DISPLAY": ":0", "SSH_TTY": "/dev/pts/1"}, False),
    ],
)
def test_a_browser_is_used_only_where_somebody_sits_before_it(environ: dict[str, str], there: bool) -> None:
    assert has_browser(environ) is there


@pytest.mark.parametrize(
    ("environ", "command"),
    [
        ({}, ["vi", "+7", "a b.toml"]),
        ({"EDITOR": "nano"}, ["nano", "+7", "a b.toml"]),
        ({"EDITOR": "nano", "VISUAL": "code --wait"}, ["code", "--wait", "a b.toml"]),
        ({"EDITOR": "vim; rm -rf"}, ["vim;", "rm", "-rf", "a b.toml"]),
    ],
)
def test_the_editor_is_a_list_of_words_at_the_line(environ: dict[str, str], command: list[str]) -> None:
    assert editor_command(environ, Path("a b.toml"), 7) == command


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_form_looks_as_it_did(tmp_path: Path, size: tuple[int, int]) -> None:
    async with console(tmp_path, size) as world:
        world.works.answer = Scan("https://intra.test", NOW, 3.0, failure=Failure(FailureClass.DNS, "no such host"))
        await world.press("2", "plus")
        await fill_in(world, url="intra.test", every="soon")
        check_snapshot(world, "form-wrong", size)
        await world.press(*["backspace"] * 4, "ctrl+t")
        check_snapshot(world, "form", size)


async def test_an_expression_with_a_comma_stays_whole_in_a_form(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        await world.press("2", "plus")
        await fill_in(world, url="news.test", name="News", content__ignore="/a{1,3}/, :is(h1, h2)")
        await world.press("ctrl+s")
        assert (await world.store.reader.target("News")).content.ignore == ("/a{1,3}/", ":is(h1, h2)")

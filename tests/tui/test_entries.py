"""Rules, channels, secrets and themes from the console: listed, made, tried, removed, and what reaches the engine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.errors import VedetteError
from core.model.secret import SecretRef
from core.settings.stored import channel_from_json, rule_from_json
from core.settings.values import ChannelSettings, Settings
from tests.tui.console_world import World, console
from tests.tui.snapshots_of import SIZES, check_snapshot
from tests.tui.test_target_form import fill_in, form
from tui.screens.channels import ChannelForm, ChannelsScreen
from tui.screens.rules import RuleForm, RulesScreen
from tui.screens.secrets import SecretForm, SecretsScreen

HOOK = ChannelSettings("file-hook", "webhook", (("url", "https://hooks.test/"),), (("bearer", SecretRef("hook")),))


async def command(world: World, line: str) -> None:
    await world.press("colon", *("space" if each == " " else each for each in line), "enter")


async def entry(world: World, kind: str, name: str) -> str:
    found = {(each.kind, each.name): each.text for each in await world.store.reader.entries()}
    return found[kind, name]


# -- rules


async def test_a_rule_is_made_with_its_matches_before_the_eyes(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        world.works.settings = Settings(channels=(HOOK,))
        await command(world, "rules")
        assert isinstance(world.app.screen, RulesScreen)
        await world.press("plus")
        await fill_in(world, name="Down", when="severity>=critical")
        await world.settled()
        assert re.search(r"matches +1 of \d changes, 7 days", world.text)
        assert "would tell   1 time" in world.text
        form(world).start("notify")
        await world.press("space", "ctrl+s")
        rule = rule_from_json(await entry(world, "rule", "Down"))
        assert (rule.when, rule.notify, rule.throttle, rule.enabled) == (
            "severity>=critical", ("file-hook",), 3600.0, True)  # fmt: skip
        assert isinstance(world.app.screen, RulesScreen)
        assert world.table().cursor == "Down"
        assert ("entries", None) in world.works.told


async def test_a_filter_that_cannot_be_read_is_told_at_its_place_and_not_saved(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await command(world, "rules")
        await world.press("plus")
        await fill_in(world, name="X", when="severity>=(")
        await world.settled()
        assert "^" in world.text
        await world.press("ctrl+s")
        assert isinstance(world.app.screen, RuleForm)
        assert await world.store.reader.entries() == []


async def test_values_are_completed_in_a_rule_s_filter(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await command(world, "rules")
        await world.press("plus")
        form(world).start("when")
        await world.press(*"target:s", "tab")
        assert form(world).values["when"] == "target:shop"


async def test_a_rule_is_edited_renamed_and_removed(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        await command(world, "rules")
        await world.press("plus")
        await fill_in(world, name="One", when="down")
        await world.press("ctrl+s", "e")
        await fill_in(world, name=" more")
        form(world).start("severity")
        await world.press("right", "ctrl+s")
        [only] = await world.store.reader.entries()
        assert (only.name, rule_from_json(only.text).severity.word) == ("One more", "info")  # type: ignore[union-attr]
        await world.press("X")
        assert "severity high and above goes to every channel" in " ".join(world.text.split())
        await world.press("y")
        assert await world.store.reader.entries() == []
        assert "no rule yet" in world.text


async def test_a_name_that_another_rule_has_is_refused_before_it_overwrites(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await command(world, "rules")
        for _ in range(2):
            await world.press("plus")
            await fill_in(world, name="One", when="down")
            await world.press("ctrl+s")
        assert isinstance(world.app.screen, RuleForm)
        assert "there is a rule named 'One' already" in world.text


# -- channels


async def test_a_mail_channel_is_made_from_the_form_with_its_secret_by_name(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        await command(world, "channels")
        assert isinstance(world.app.screen, ChannelsScreen)
        await world.press("plus")
        await fill_in(
            world, name="mail", smtp_host="smtp.test", smtp_username="v", smtp_password="smtp",
            from_address="v@test.example", recipients="a@test.example, b@test.example",
        )  # fmt: skip
        await world.press("ctrl+s")
        channel = channel_from_json(await entry(world, "channel", "mail"))
        assert channel.secrets == (("smtp_password", SecretRef("smtp")),)
        assert channel.option("recipients") == ("a@test.example", "b@test.example")
        assert "secret smtp" in world.text


async def test_each_type_has_its_own_fields_and_what_is_needed_is_said(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        await command(world, "channels")
        await world.press("plus")
        form(world).start("type")
        await world.press("right")
        assert "webhook" in world.text
        assert "recipients" not in world.text
        await world.press("ctrl+s")
        assert isinstance(world.app.screen, ChannelForm)
        assert "is needed" in world.text
        await fill_in(world, name="chat", webhook_url="slack", channel="#ops")
        await world.press("ctrl+s")
        channel = channel_from_json(await entry(world, "channel", "chat"))
        assert (channel.type, channel.secrets, channel.option("channel")) == (
            "slack", (("webhook_url", SecretRef("slack")),), "#ops")  # fmt: skip


async def test_a_webhook_keeps_its_headers_and_what_no_field_shows(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        await command(world, "channels")
        await world.press("plus")
        form(world).start("type")
        await world.press("left")
        await fill_in(world, name="hook", url="https://h.test/", headers="X-Team=ops; Authorization=secret:tok")
        await world.press("ctrl+s")
        text = await entry(world, "channel", "hook")
        assert channel_from_json(text).option("headers") == (("X-Team", "ops"),)
        assert dict(channel_from_json(text).secrets) == {"header:Authorization": SecretRef("tok")}
        await world.press("e", "ctrl+s")
        assert await entry(world, "channel", "hook") == text


async def test_a_test_message_goes_through_the_engine_and_its_answer_is_shown(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        world.works.settings = Settings(channels=(HOOK,))
        world.works.channel_answer = "202 Accepted \x1b[31m"
        await command(world, "channels")
        await world.press("r")
        assert "202 Accepted" in world.text
        assert [each.action for each in await world.store.reader.audit_entries(1)] == ["channel.try"]
        world.works.channel_answer = VedetteError("channel 'file-hook' did not take the message: 503")
        await command(world, "test file-hook")
        await world.settled()
        assert "did not take the message: 503" in " ".join(world.text.split())


async def test_what_the_file_declares_is_shown_with_its_origin_and_not_removed_here(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        world.works.settings = Settings(channels=(HOOK,), source=str(tmp_path / "none.toml"))
        await command(world, "channels")
        assert re.search(r"file-hook +webhook.* file", world.text)
        await world.press("X")
        await world.settled()
        assert any("is removed there" in each for each in world.app.told)


# -- secrets


async def test_a_secret_is_kept_masked_and_never_shown_copied_or_exported(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        await command(world, "secrets")
        assert isinstance(world.app.screen, SecretsScreen)
        await world.press("plus")
        await fill_in(world, name="smtp", value="hunter2!", again="hunter2!")
        assert "hunter2" not in world.text
        assert "hunter2" not in world.app.export_screenshot()
        form(world).start("value")
        await world.press("shift+home", "ctrl+c", "ctrl+x")
        assert world.app.clipboard == ""
        await world.press("ctrl+s")
        assert world.works.kept["smtp"].reveal() == "hunter2!"
        assert "smtp" in world.text
        assert "hunter2" not in world.text
        entries = await world.store.reader.audit_entries(5)
        assert (entries[0].action, entries[0].subject) == ("secret.set", "smtp")
        assert "hunter2" not in repr(entries)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": "a b", "value": "x", "again": "x"}, "expected a secret's name"),
        ({"name": "smtp", "value": "x", "again": "y"}, "is not the same"),
        ({"name": "smtp"}, "is needed"),
    ],
)
async def test_a_secret_that_is_not_meant_is_not_kept(tmp_path: Path, values: dict[str, str], sentence: str) -> None:
    async with console(tmp_path) as world:
        await command(world, "secrets")
        await world.press("plus")
        await fill_in(world, **values)
        await world.press("ctrl+s")
        assert isinstance(world.app.screen, SecretForm)
        assert sentence in world.text
        assert world.works.kept == {}


async def test_a_secret_that_a_channel_names_and_nobody_keeps_is_listed_as_missing(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        world.works.settings = Settings(channels=(HOOK,))
        await command(world, "secrets")
        assert re.search(r"hook +nowhere yet: e keeps it +file-hook", world.text)
        await world.press("e")
        await fill_in(world, value="v", again="v")
        await world.press("ctrl+s", "X")
        assert "file-hook cannot deliver without it" in " ".join(world.text.split())
        await world.press("y")
        assert world.works.kept == {}


# -- themes and read-only


async def test_a_theme_is_worn_while_it_is_looked_at_and_given_back(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await command(world, "theme")
        before = world.app.skin.name
        await world.press("down")
        worn = world.app.skin.name
        assert worn != before
        assert worn in world.text
        await world.press("escape")
        assert world.app.skin.name == before
        await command(world, "theme")
        await world.press("down", "enter")
        assert world.app.skin.name == worn


async def test_a_read_only_console_lists_but_makes_nothing(tmp_path: Path) -> None:
    async with console(tmp_path, flags=("readonly",)) as world:
        world.works.settings = Settings(channels=(HOOK,))
        for screen in ("rules", "channels", "secrets"):
            await command(world, screen)
            here = world.app.screen
            await world.press("plus", "e", "X", "r")
            assert world.app.screen is here
            await world.press("escape")
        assert world.works.told == []


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_every_list_and_form_looks_as_it_did(tmp_path: Path, size: tuple[int, int]) -> None:
    async with console(tmp_path, size) as world:
        world.works.settings = Settings(channels=(HOOK,))
        await command(world, "rules")
        await world.press("plus")
        await fill_in(world, name="Shop", when="target:shop")
        await world.settled()
        check_snapshot(world, "form-rule", size)
        await world.press("ctrl+s")
        await world.settled()
        check_snapshot(world, "rules", size)
        await world.press("escape")
        await command(world, "channels")
        check_snapshot(world, "channels", size)
        await world.press("plus", "ctrl+s")
        check_snapshot(world, "form-channel", size)
        await world.press("escape", "escape")
        await command(world, "secrets")
        check_snapshot(world, "secrets", size)
        await world.press("plus")
        check_snapshot(world, "form-secret", size)
        await world.press("escape", "escape")
        await command(world, "theme")
        check_snapshot(world, "themes", size)

"""What another version or a broken disk left in the store: listed with the reason, mended or removed, never a crash."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from core.errors import ConflictError
from core.ports import Entry
from core.settings.stored import channel_from_json, rule_from_json
from tests.tui.console_world import BY, World, console
from tests.tui.snapshots_of import SIZES, check_snapshot
from tests.tui.test_entries import command, entry
from tests.tui.test_target_form import fill_in, form
from tui.screens.rules import RuleForm

NEWER = '{"name":"Night","when":"down","calendar":"nights","severity":"high","notify":["ops"]}'
DAMAGED = '{"name":"Torn","when":"dow'
DEEP = "[" * 100_000
CHANNEL = '{"name":"pager","type":"carrier-pigeon","loft":"north","headers":{"X":{"y":1}}}'
HOOK = '{"name":"hook","type":"webhook","url":"https://hooks.test/","method":"POST","retries":3}'


async def keep(world: World, *entries: tuple[str, str, str]) -> None:
    """As a database that somebody else wrote to has them."""
    await world.store.ledger.put_entries([Entry(*each) for each in entries], BY, world.clock())


def break_target(world: World, folder: Path, name: str, spec: str = "{torn") -> None:
    with sqlite3.connect(folder / "data" / "vedette.db") as database:
        database.execute("UPDATE target SET spec = ? WHERE name = ?", (spec, name))
    database.close()


@pytest.mark.parametrize("text", [NEWER, DAMAGED, DEEP, "null", '"text"', "", '{"name":7,"when":["x"]}'])
async def test_a_rule_that_cannot_be_read_is_listed_and_the_others_work(tmp_path: Path, text: str) -> None:
    async with console(tmp_path, (120, 40)) as world:
        await keep(world, ("rule", "Broken", text), ("rule", "Whole", '{"name":"Whole","when":"down"}'))
        await command(world, "rules")
        row = next(line for line in world.lines() if "Broken" in line)
        assert "unreadable: " in row
        assert "Whole" in world.text
        assert "X removes it" in world.text
        await world.press("j", "e")
        assert form(world).values["name"] == "Whole"
        await world.press("escape", "k", "X", "y")
        assert [each.name for each in await world.store.reader.entries()] == ["Whole"]


async def test_a_rule_of_another_version_is_written_anew_from_what_can_be_read(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        await keep(world, ("rule", "Night", NEWER))
        await command(world, "rules")
        await world.press("e")
        assert isinstance(world.app.screen, RuleForm)
        assert "calendar: unknown key" in world.text
        assert form(world).values["when"] == "down"
        await world.press("ctrl+s")
        rule = rule_from_json(await entry(world, "rule", "Night"))
        assert (rule.when, rule.severity.word if rule.severity else "", rule.notify) == ("down", "high", ("ops",))


async def test_a_channel_that_cannot_be_read_is_listed_edited_and_removed(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        await keep(world, ("channel", "pager", CHANNEL), ("channel", "hook", HOOK))
        await command(world, "channels")
        assert world.text.count("unreadable: ") == 2
        await world.press("e", "ctrl+s")
        assert channel_from_json(await entry(world, "channel", "hook")).type == "webhook"
        await world.press("j", "e")
        assert form(world).values["name"] == "pager"
        await world.press("escape", "X", "y")
        assert [each.name for each in await world.store.reader.entries()] == ["hook"]


async def test_secrets_and_a_new_rule_need_no_readable_channel(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        await keep(world, ("channel", "pager", CHANNEL), ("rule", "Night", NEWER))
        await command(world, "secrets")
        assert "Secrets 0" in world.text
        await command(world, "channels")
        await world.press("X")
        assert "what waits for it is never delivered" in " ".join(world.text.split())
        await world.press("n")
        await command(world, "rules")
        await world.press("plus")
        await fill_in(world, name="Down", when="down")
        await world.press("ctrl+s")
        assert rule_from_json(await entry(world, "rule", "Down")).when == "down"


@pytest.mark.parametrize("text", ['{"screen":7}', "{", DEEP, '{"screen":"sites","list":"x","filter":"(","sort":[1,2]}'])
async def test_a_view_that_cannot_be_read_is_said_and_the_console_stays(tmp_path: Path, text: str) -> None:
    async with console(tmp_path, (120, 40)) as world:
        await keep(world, ("view", "odd", text))
        await command(world, "view odd")
        await world.press("escape")
        assert world.app.is_running
        await command(world, "sites")
        assert "shop" in world.text


@pytest.mark.parametrize("column", ["spec", "profile", "class", "tags", "kind"])
async def test_a_site_that_cannot_be_read_is_listed_said_and_written_anew(tmp_path: Path, column: str) -> None:
    async with console(tmp_path, (120, 40)) as world:
        with sqlite3.connect(tmp_path / "data" / "vedette.db") as database:
            database.execute("PRAGMA ignore_check_constraints = 1")
            database.execute(f"UPDATE target SET {column} = 'torn' WHERE name = 'shop'")
        database.close()
        await command(world, "sites")
        assert {"shop", "pay", "blog"} <= set(world.text.split())
        await command(world, "site shop")
        assert "unreadable" in world.text
        assert "X removes it" in world.text
        await world.press("e", "ctrl+s")
        assert (await world.store.reader.target("shop")).fault == ""
        await world.press("ctrl+r")
        assert "unreadable" not in world.text


async def test_a_site_that_cannot_be_read_is_not_looked_at_and_can_be_removed(tmp_path: Path) -> None:
    async with console(tmp_path, (120, 40)) as world:
        break_target(world, tmp_path, "shop")
        with pytest.raises(ConflictError, match="'shop' is not looked at: what is stored of it cannot be read"):
            await world.app.operations.rescan(["shop"], BY)
        await command(world, "remove shop")
        await world.press("y")
        assert ("forget", 1) in world.works.told


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_unreadable_looks_as_it_did(tmp_path: Path, size: tuple[int, int]) -> None:
    async with console(tmp_path, size) as world:
        await keep(world, ("rule", "Night", NEWER), ("rule", "Whole", '{"name":"Whole","when":"down"}'))
        await command(world, "rules")
        check_snapshot(world, "rules-unreadable", size)

"""An engine whose store holds what it cannot read: it says so, and goes on with everything else."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from core.engine.assembly import Engine
from core.model.people import Actor, Role
from core.model.target import Origin, Target
from core.ports import Entry

BY = Actor("anna", "cli", Role.ADMIN)
RULE, CHANNEL = '{"name":"Night","when":"down","calendar":1}', '{"name":"pager","type":"pigeon"}'


async def engine(folder: Path, config: Path | None = None) -> Engine:
    return await Engine.open(folder / "data", config, {})


def spoil(folder: Path, name: str) -> None:
    with sqlite3.connect(folder / "data" / "vedette.db") as database:
        database.execute("UPDATE target SET spec = '{torn' WHERE name = ?", (name,))
    database.close()


async def prepared(folder: Path) -> None:
    """A store with a rule, a channel and a target that cannot be read, beside ones that can."""
    first = await engine(folder)
    try:
        await first.operations.add_targets([Target("shop", "https://shop.test/"), Target("pay", "https://p.test/")], BY)
        entries = [
            ("rule", "Night", RULE),
            ("rule", "Day", '{"name":"Day","when":"down"}'),
            ("channel", "pager", CHANNEL),
        ]
        await first.operations.enter([Entry(*each) for each in entries], BY)
        assert len(first.status().trouble) == 2
    finally:
        await first.stop()
    spoil(folder, "shop")


async def test_an_engine_starts_beside_what_it_cannot_read_and_says_what_it_is(tmp_path: Path) -> None:
    await prepared(tmp_path)
    running = await engine(tmp_path)
    try:
        trouble = "\n".join(running.status().trouble)
        for name in ("rule 'Night'", "channel 'pager'", "target 'shop'"):
            assert f"{name} is not in force: what is stored of it cannot be read" in trouble
        assert running.target_count() == 1
        assert {each.name for each in (await running.in_force()).entries} == {"Night", "Day", "pager"}
    finally:
        await running.stop()


async def test_what_was_mended_or_removed_troubles_no_more(tmp_path: Path) -> None:
    await prepared(tmp_path)
    running = await engine(tmp_path)
    try:
        await running.operations.enter([Entry("rule", "Night", '{"name":"Night","when":"down"}')], BY)
        await running.operations.remove_entry("channel", "pager", BY)
        known = await running.reader.target("shop")
        await running.operations.edit_target(Target("shop", known.url, id=known.id, uuid=known.uuid), BY)
        assert running.status().trouble == ()
        assert running.target_count() == 2
    finally:
        await running.stop()


async def test_a_target_of_the_file_that_cannot_be_read_is_taken_from_the_file_anew(tmp_path: Path) -> None:
    config = tmp_path / "vedette.toml"
    config.write_text('[[target]]\nname = "shop"\nurl = "https://shop.test/"\n')
    first = await engine(tmp_path, config)
    before = await first.reader.target("shop")
    await first.stop()
    spoil(tmp_path, "shop")
    running = await engine(tmp_path, config)
    try:
        assert running.status().trouble == ()
        assert await running.reader.target("shop") == before
        assert before.origin is Origin.FILE
    finally:
        await running.stop()

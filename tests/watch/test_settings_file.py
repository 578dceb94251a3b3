"""New content of the settings file is noticed, whichever way it got there."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core.watch.settings_file import SettingsFile, links

PATIENCE = 20.0


class Told:
    """Counts the calls, and lets a test wait for the next one."""

    def __init__(self) -> None:
        self.count = 0
        self._event = asyncio.Event()

    def __call__(self) -> None:
        self.count += 1
        self._event.set()

    async def next(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self._event.wait()
        self._event.clear()


@asynccontextmanager
async def watching(path: Path, own_look: float = 3600.0) -> AsyncIterator[Told]:
    told = Told()
    file = SettingsFile(path, told, settle=0.02, own_look=own_look)
    file.start()
    try:
        yield told
    finally:
        await file.stop()


def write_in_place(path: Path) -> None:
    path.write_text("b = 2\n")


def replace_by_rename(path: Path) -> None:
    new = path.with_name("vedette.toml~")
    new.write_text("b = 2\n")
    new.replace(path)


def move_away_and_write_anew(path: Path) -> None:
    path.rename(path.with_name("vedette.toml.bak"))
    path.write_text("b = 2\n")


def delete_and_write_anew(path: Path) -> None:
    path.unlink()
    path.write_text("b = 2\n")


def make_the_directory_anew(path: Path) -> None:
    shutil.rmtree(path.parent)
    path.parent.mkdir()
    path.write_text("b = 2\n")


@pytest.mark.parametrize(
    "write",
    [write_in_place, replace_by_rename, move_away_and_write_anew, delete_and_write_anew, make_the_directory_anew],
)
async def test_every_way_of_writing_is_noticed_twice_over(tmp_path: Path, write: Callable[[Path], None]) -> None:
    path = tmp_path / "settings" / "vedette.toml"
    path.parent.mkdir()
    path.write_text("a = 1\n")
    async with watching(path, own_look=1.0) as told:
        write(path)
        await told.next()
        path.write_text("c = 3\n")
        await told.next()
    assert told.count == 2


async def test_a_file_that_did_not_exist_is_noticed_with_its_directories(tmp_path: Path) -> None:
    path = tmp_path / "not" / "yet" / "vedette.toml"
    async with watching(path) as told:
        path.parent.mkdir(parents=True)
        await asyncio.sleep(0.1)
        path.write_text("a = 1\n")
        await told.next()
        assert told.count >= 1


async def test_a_deleted_file_is_no_change_until_it_comes_back_with_other_content(tmp_path: Path) -> None:
    path = tmp_path / "vedette.toml"
    path.write_text("a = 1\n")
    async with watching(path) as told:
        path.unlink()
        await asyncio.sleep(0.1)
        path.write_text("a = 1\n")
        await asyncio.sleep(0.1)
        assert told.count == 0
        path.write_text("a = 2\n")
        await told.next()


async def test_the_same_content_and_the_neighbours_are_no_change(tmp_path: Path) -> None:
    path = tmp_path / "vedette.toml"
    path.write_text("a = 1\n")
    async with watching(path) as told:
        os.utime(path)
        replacement = tmp_path / "other"
        replacement.write_text("a = 1\n")
        replacement.replace(path)
        (tmp_path / "vedette.db-wal").write_text("x")
        await asyncio.sleep(0.2)
        assert told.count == 0
        path.write_text("a = 2\n")
        await told.next()


async def test_a_kubernetes_configmap_is_swapped_above_the_file(tmp_path: Path) -> None:
    for version in ("..1", "..2"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "vedette.toml").write_text(f"# {version}\n")
    (tmp_path / "..data").symlink_to("..1")
    path = tmp_path / "vedette.toml"
    path.symlink_to("..data/vedette.toml")
    async with watching(path) as told:
        (tmp_path / "..data_tmp").symlink_to("..2")
        (tmp_path / "..data_tmp").rename(tmp_path / "..data")
        await told.next()
        (tmp_path / "..2" / "vedette.toml").write_text("# written through\n")
        await told.next()


async def test_a_linked_file_elsewhere_is_followed(tmp_path: Path) -> None:
    real = tmp_path / "real" / "settings.toml"
    real.parent.mkdir()
    real.write_text("a = 1\n")
    path = tmp_path / "vedette.toml"
    path.symlink_to(real)
    async with watching(path) as told:
        real.write_text("a = 2\n")
        await told.next()


async def test_content_that_was_read_before_the_watch_began_is_compared_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "vedette.toml"
    path.write_text("a = 2\n")
    told = Told()
    file = SettingsFile(path, told, own_look=3600.0)
    file.start(known=b"a = 1\n")
    await told.next()
    await file.stop()


async def test_nothing_is_told_after_the_stop(tmp_path: Path) -> None:
    path = tmp_path / "vedette.toml"
    path.write_text("a = 1\n")
    async with watching(path) as told:
        path.write_text("a = 2\n")
    await asyncio.sleep(0.1)
    assert told.count == 0


def test_links_lists_every_link_on_the_way_and_survives_a_circle(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    assert tmp_path / "two" in links(tmp_path / "one")

"""Themes while the console runs: what is saved is worn, what is broken is told once and changes nothing."""

from __future__ import annotations

from pathlib import Path

from tests.tui.console_world import console
from tui.dressing import renewed
from tui.theme import BadTheme, Wardrobe, load_themes, shipped_folder


def saved(folder: Path, primary: str, name: str = "mine") -> Path:
    """A theme of one's own, as an editor saves it."""
    text = (shipped_folder() / "dark.toml").read_text("utf-8").replace('name = "dark"', f'name = "{name}"')
    old = next(line for line in text.splitlines() if line.startswith("primary"))
    path = folder / f"{name}.toml"
    path.write_text(text.replace(old, f'primary = "{primary}"'), "utf-8")
    return path


async def test_a_saved_theme_is_worn_at_once_and_a_new_one_can_be_chosen(tmp_path: Path) -> None:
    saved(tmp_path, "#112233")
    async with console(tmp_path, theme="mine", themes=[tmp_path]) as world:
        saved(tmp_path, "#445566")
        await world.until(lambda: world.app.skin.palette["primary"] == "#445566", "the saved theme is worn")
        assert world.app.current_theme.primary == "#445566"
        saved(tmp_path, "#445566", "other")
        await world.until(lambda: "other" in world.app.skins, "the new theme can be chosen")
        assert world.app.told == []


async def test_a_mistake_is_told_once_with_its_place_and_what_was_worn_stays(tmp_path: Path) -> None:
    path = saved(tmp_path, "#112233")
    async with console(tmp_path, theme="mine", themes=[tmp_path]) as world:
        path.write_text(path.read_text("utf-8").replace('primary = "#112233"', 'primry = "#112233"'), "utf-8")
        await world.until(lambda: bool(world.app.told), "the mistake is told")
        path.touch()
        path.write_text(path.read_text("utf-8"), "utf-8")
        saved(tmp_path, "#445566", "other")
        await world.until(lambda: "other" in world.app.skins, "the files were read again")
        told = world.app.told
        assert len(told) == 1
        assert "mine.toml:" in told[0]
        assert "primry" in told[0]
        assert world.app.skin.palette["primary"] == "#112233"
        saved(tmp_path, "#778899")
        await world.until(lambda: world.app.skin.palette["primary"] == "#778899", "the mended theme is worn")


async def test_what_is_broken_from_the_beginning_is_told_too(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("name = 3", "utf-8")
    async with console(tmp_path, themes=[tmp_path]) as world:
        assert len([each for each in world.app.told if "bad.toml" in each]) == 1


def test_of_a_broken_file_the_last_good_theme_is_kept_even_where_another_has_its_name(tmp_path: Path) -> None:
    path = saved(tmp_path, "#112233", "dark")
    before = load_themes([shipped_folder(), tmp_path]).skins
    path.write_text("x", "utf-8")
    after = renewed(before, load_themes([shipped_folder(), tmp_path]), "light")
    assert after["dark"] == before["dark"]
    path.unlink()
    assert renewed(before, load_themes([shipped_folder(), tmp_path]), "light")["dark"] != before["dark"]


def test_what_is_worn_stays_even_without_its_file(tmp_path: Path) -> None:
    path = saved(tmp_path, "#112233")
    before = load_themes([shipped_folder(), tmp_path]).skins
    path.unlink()
    assert renewed(before, load_themes([shipped_folder(), tmp_path]), "mine")["mine"] == before["mine"]
    assert "mine" not in renewed(before, Wardrobe({"dark": before["dark"]}, (BadTheme(path.parent / "x", ""),)), "dark")

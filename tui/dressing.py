"""Themes while the console runs: a saved file is worn at once, one with a mistake is told and changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from core.text import safe
from tui.theme import BadTheme, Skin, ThemeWatch, Wardrobe, load_themes

if TYPE_CHECKING:
    from tui.app import ConsoleApp

SETTLES_WITHIN = 0.2  # editors write one save in several steps


class ThemesChanged(Message):
    """A theme file was written, renamed or removed."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, ThemesChanged)


class Dressing:
    """Keeps the console's themes what their files say."""

    def __init__(self, console: ConsoleApp, folders: Sequence[Path], wardrobe: Wardrobe) -> None:
        self._console = console
        self._folders = tuple(folders)
        self._failures = wardrobe.failures
        self._watch = ThemeWatch(self._folders, self._seen)

    def _seen(self) -> None:
        """Called on the watch's own thread, from which messages may be posted."""
        self._console.post_message(ThemesChanged())

    async def start(self) -> None:
        """Tell what was wrong from the beginning, and watch from now on."""
        for failure in self._failures:
            self._tell(failure)
        trouble = await asyncio.to_thread(self._watch.start)
        if trouble:
            self._console.tell(trouble, wrong=True)

    async def stop(self) -> None:
        await asyncio.to_thread(self._watch.stop)

    async def renew(self) -> None:
        """Read all files again, once they have been quiet, and wear what is new of the theme that is worn."""
        await asyncio.sleep(SETTLES_WITHIN)
        wardrobe = await asyncio.to_thread(load_themes, self._folders)
        for failure in wardrobe.failures:
            if failure not in self._failures:
                self._tell(failure)
        self._failures = wardrobe.failures
        console = self._console
        skins = renewed(console.skins, wardrobe, console.skin.name)
        for name, skin in skins.items():
            if skin != console.skins.get(name):
                console.register_theme(skin.textual_theme())
        console.skins = skins
        if skins[console.skin.name] != console.skin:
            console.wear(console.skin.name)
            console.refresh_css(animate=False)

    def _tell(self, failure: BadTheme) -> None:
        first, *others = failure.message.replace(str(failure.path), failure.path.name).splitlines()
        more = f" (and {len(others)} more)" if others else ""
        self._console.tell(f"{safe(first, 300)}{more}; what was worn stays", wrong=True)


def renewed(before: Mapping[str, Skin], wardrobe: Wardrobe, worn: str) -> dict[str, Skin]:
    """The themes there are now: of a file that is broken its last good one, and what is worn even without its file."""
    broken = {each.path for each in wardrobe.failures}
    kept = {name: skin for name, skin in before.items() if skin.path in broken}
    if worn not in wardrobe.skins:
        kept.setdefault(worn, before[worn])
    return {**wardrobe.skins, **kept}

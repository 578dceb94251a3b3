"""Acts on sites, the same on every screen that shows some: add, edit, remove, open in a browser."""

from __future__ import annotations

import asyncio
import contextlib
import webbrowser
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from core.errors import NotFoundError, VedetteError
from core.model.alert import AlertState
from core.model.people import Actor
from core.model.target import Origin, Target
from core.operations import Operations
from tui import clipboard, wording
from tui.screens.ask import sure_of
from tui.screens.console import ConsoleScreen
from tui.screens.editor import edit_declared
from tui.screens.target_form import TargetForm

if TYPE_CHECKING:
    from tui.app import ConsoleApp

TARGET_ACTS = ("object.edit", "object.remove", "object.open_url")


class TargetScreen(ConsoleScreen):
    """`chosen_sites` are ids such as `T-12` of what is marked, else under the cursor."""

    def chosen_sites(self) -> list[str]:
        return []

    def action_add(self) -> None:
        self.console.push_screen(TargetForm())

    def action_edit(self) -> None:
        if chosen := self.chosen_sites():
            self.console.ask(edit_site(self.console, chosen[0]))
        else:
            self._nothing()

    def action_remove(self) -> None:
        if chosen := self.chosen_sites():
            self.console.ask(remove_sites(self.console, chosen, self.aside()))
        else:
            self._nothing()

    def action_open_url(self) -> None:
        if chosen := self.chosen_sites():
            self.console.ask(open_site_url(self.console, chosen[0]))
        else:
            self._nothing()


async def edit_site(console: ConsoleApp, name: str) -> None:
    """The form, or the settings file where that declares it."""
    target = await console.view.target(name)
    if target.origin is Origin.FILE:
        await edit_declared(console, "target", target.name)
    else:
        console.push_screen(TargetForm(target))


async def rescan_sites(console: ConsoleApp, names: Sequence[str], aside: str = "") -> None:
    """Look at them again soon; `aside` is what is left alone."""
    targets = await _still_watched(console, names)
    doing = console.operations.rescan([each.uuid for each in targets], console.options.actor)
    console.act(f"{_named(targets)}: looked at again soon{f'; {aside}' if aside else ''}", doing)


async def pause_sites(console: ConsoleApp, names: Sequence[str], aside: str = "") -> None:
    """Pause them; when all of them are paused, resume them."""
    targets = await _still_watched(console, names)
    paused = not all(each.paused for each in targets)
    doing = console.operations.pause_targets([each.uuid for each in targets], paused, console.options.actor)
    console.act(f"{_named(targets)}: {'paused' if paused else 'resumed'}{f'; {aside}' if aside else ''}", doing)


async def _still_watched(console: ConsoleApp, names: Sequence[str]) -> list[Target]:
    """Those of them that there still are; NotFoundError where none is left."""
    found: list[Target] = []
    for name in names:
        with contextlib.suppress(NotFoundError):
            found.append(await console.view.target(name))
    if not found:
        raise NotFoundError(f"{'its site is' if len(names) == 1 else 'their sites are'} not watched any more")
    return found


async def remove_sites(console: ConsoleApp, names: Sequence[str], aside: str = "") -> None:
    """Ask, naming what goes, what stays and what is left alone (`aside`); then forget them."""
    targets = [await console.view.target(name) for name in names]
    kept = [each.name for each in targets if each.origin is Origin.FILE]
    if kept:
        raise VedetteError(f"'{kept[0]}' is declared in the settings file and is removed there: press e")

    def answered(sure: bool | None) -> None:
        if sure:
            console.act(f"removed {_named(targets)}", _remove(console.operations, targets, console.options.actor))

    question = await _question(console, targets)
    console.push_screen(sure_of(len(targets), f"{question} {aside}.".removesuffix(" .")), answered)


async def _question(console: ConsoleApp, targets: Sequence[Target]) -> str:
    if len(targets) > 1:
        return f"Stop watching {_named(targets)} for good? What was learned of them goes, changes stay."
    site = await console.view.site(targets[0].uuid, console.now())
    facts = f"what was learned of it ({wording.counted(len(site.facts), 'fact')}) goes"
    still = sum(each.state is not AlertState.RESOLVED for each in site.alerts)
    ends = f", {wording.counted(still, 'open alert')} {'ends' if still == 1 else 'end'}" if still else ""
    stays = f"{wording.counted(len(site.changes), 'change')} and {wording.counted(len(site.alerts), 'alert')} stay"
    return f"Stop watching {targets[0].name} for good? Its schedule and {facts}{ends}; {stays}."


def _named(targets: Sequence[Target]) -> str:
    names = ", ".join(each.name for each in targets[:3])
    return names if len(targets) <= 3 else f"{names} and {len(targets) - 3} more"


async def _remove(operations: Operations, targets: Sequence[Target], by: Actor) -> None:
    for each in targets:
        await operations.remove_target(each.uuid, by)


async def open_site_url(console: ConsoleApp, name: str) -> None:
    """In a browser of this machine; where the person sits elsewhere, the URL is copied for theirs."""
    url = (await console.view.target(name)).url
    if urlsplit(url).scheme not in ("http", "https"):
        raise VedetteError(f"{url} is no page for a browser")
    if has_browser(console.options.environ) and await asyncio.to_thread(webbrowser.open, url):
        console.tell(f"opened {url}")
        return
    done = clipboard.copy(url, console.options.environ, console.write)
    console.tell(f"no browser here; copied {url} (also in {done.path})")


def has_browser(environ: Mapping[str, str]) -> bool:
    """Whether whoever sits here would see a browser's window: not over SSH, and with a desktop."""
    far = environ.get("SSH_CONNECTION") or environ.get("SSH_TTY")
    return not far and bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))

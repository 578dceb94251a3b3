"""What the `:` commands do: one row a command, under the names that the table of keys gives them.

A row is an act on the console with what was typed after the name, and what could be typed there. A command that is in
the table of keys but has no row here is not offered, not in help, and refused. VedetteError goes back to the line.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from core.errors import ConflictError, NotFoundError
from core.model.change import Verdict
from core.model.record import TargetRecord
from core.query.filters import Completion, compile_target_filter, complete, parse
from core.text import safe
from tui import leaving, moving
from tui.keys import KeysError, Typed, complete_command, read_command
from tui.screens.acts import acknowledge_all, judge_all, resolve_all
from tui.screens.ask import AskSure
from tui.screens.channels import ChannelsScreen, try_channel
from tui.screens.console import ConsoleScreen
from tui.screens.entries import EntriesScreen
from tui.screens.lists import ListScreen, SavedView, values_of
from tui.screens.rules import RulesScreen
from tui.screens.secrets import SecretsScreen
from tui.screens.tabs import TabScreen
from tui.screens.target_form import TargetForm
from tui.screens.targets import edit_site, remove_sites
from tui.screens.themes import ThemeScreen

if TYPE_CHECKING:
    from tui.app import ConsoleApp

Doing = Callable[["ConsoleApp", str], Awaitable[None]]
Offers = Callable[["ConsoleApp", str], Awaitable[list[Completion]]]
MOST_OFFERS = 200


def read(line: str, *, readonly: bool) -> Typed:
    """The command of a line; KeysError where this console has none such."""
    return read_command(line, readonly=readonly, there=REGISTRY)


async def do(console: ConsoleApp, line: str) -> None:
    """Do what a line says; VedetteError when it cannot be."""
    typed = read(line, readonly=console.options.readonly)
    await REGISTRY[typed.act.command].do(console, typed.arguments)


async def offers(console: ConsoleApp, text: str) -> list[Completion]:
    """What could stand at the end of `text`: names of commands, then their arguments."""
    name, space, typed = text.partition(" ")
    if not space:
        acts = complete_command(name, readonly=console.options.readonly, there=REGISTRY)
        return [Completion(act.command + " " * bool(act.arguments), 0, len(text), "command") for act in acts]
    try:
        command = REGISTRY[read(f"{name} x", readonly=console.options.readonly).act.command]
    except KeysError:
        return []
    at = len(name) + 1
    found = await command.offers(console, typed)
    return [
        Completion(each.text, at + each.start, at + each.end, each.kind, each.count) for each in found[:MOST_OFFERS]
    ]


# -- what could be typed


async def nothing(console: ConsoleApp, text: str) -> list[Completion]:
    return []


def among(choices: Iterable[str], text: str, start: int = 0) -> list[Completion]:
    """The choices that begin as the text does from `start` on."""
    typed = text[start:].lower()
    return [Completion(each, start, len(text), "word") for each in choices if each.lower().startswith(typed)]


def one_of(choices: Callable[[ConsoleApp], Iterable[str]]) -> Offers:
    """Offers of one word out of some."""

    async def offered(console: ConsoleApp, text: str) -> list[Completion]:
        return among(choices(console), text)

    return offered


async def _records(console: ConsoleApp) -> Collection[TargetRecord]:
    return console.news.sites or await console.view.sites(console.now())


async def site_names(console: ConsoleApp, text: str) -> list[Completion]:
    names = sorted(str(each["name"]) for each in await _records(console))
    return among(names, text)


async def sites_by_filter(console: ConsoleApp, text: str) -> list[Completion]:
    records = await _records(console)
    return complete(text, len(text), lambda field: values_of(records, field))


async def names_or_filter(console: ConsoleApp, text: str) -> list[Completion]:
    return [*(await site_names(console, text) if text else []), *await sites_by_filter(console, text)]


async def changes_by_filter(console: ConsoleApp, text: str) -> list[Completion]:
    screen = console.console_screen()
    values = screen.values if isinstance(screen, ListScreen) and screen.filter_kind == "changes" else _no_values
    return complete(text, len(text), values)


def _no_values(field: str) -> Sequence[tuple[str, int]]:
    return ()


async def here_by_filter(console: ConsoleApp, text: str) -> list[Completion]:
    screen = console.console_screen()
    return complete(text, len(text), screen.values) if isinstance(screen, ListScreen) and screen.has_list else []


def _open_alerts(console: ConsoleApp) -> list[str]:
    return [f"A-{each.id}" for each in console.news.open_alerts]


def _changes(console: ConsoleApp) -> list[str]:
    return [f"C-{each.id}" for each in (console.news.changes or console.news.latest)]


def _dead(console: ConsoleApp) -> list[str]:
    return [f"D-{each.id}" for each in console.news.dead]


async def judged(console: ConsoleApp, text: str) -> list[Completion]:
    subject, space, _ = text.partition(" ")
    if not space:
        return among([f"{each} " for each in (*_changes(console), *_open_alerts(console))], text)
    return among([each.value for each in Verdict], text, len(subject) + 1)


# -- looking


def show(mode: str) -> Doing:
    """Go to a mode, with a filter in its list or one of its tabs in front."""

    async def shown(console: ConsoleApp, wish: str) -> None:
        kind = LISTS.get(mode)
        if wish and kind:
            parse(wish, kind)
        before = console.console_screen()
        screen = await console.at_home(mode)
        if wish:
            place = moving.place_of(console, screen)
            _take(screen, wish)
            if before is screen:
                moving.refiltered(console, screen, place)

    return shown


LISTS = {"sites": "targets", "changes": "changes"}


def _take(screen: ConsoleScreen, wish: str) -> None:
    """A tab's name, or a filter."""
    tab = _tab_named(screen, wish) if isinstance(screen, TabScreen) else None
    if isinstance(screen, TabScreen) and tab is not None:
        screen.turn_to(tab)
    elif isinstance(screen, ListScreen) and screen.has_list:
        parse(wish, screen.filter_kind)
        screen.use_filter(wish)
    elif isinstance(screen, TabScreen):
        names = ", ".join(_tab_words(screen))
        raise KeysError(f"there is no tab '{safe(wish, 40)}' here; there are {names}")
    else:
        raise KeysError("there is no list here that could be filtered")


def _tab_words(screen: TabScreen) -> list[str]:
    """`Dead letters 1` as `dead`, because that is what one types."""
    return [name.split(" ")[0].lower() for name in screen.tab_names()]


def _tab_named(screen: TabScreen, word: str) -> int | None:
    fitting = [at for at, name in enumerate(screen.tab_names()) if name.lower().startswith(word.lower())]
    return fitting[0] if fitting else None


async def alert_tabs(console: ConsoleApp, text: str) -> list[Completion]:
    return among(("firing", "acked", "resolved", "dead"), text)


async def system_tabs(console: ConsoleApp, text: str) -> list[Completion]:
    return among(("health", "workers", "channels", "queue", "audit"), text)


def _list_here(console: ConsoleApp, otherwise: str) -> ListScreen:
    screen = console.console_screen()
    if not isinstance(screen, ListScreen) or not screen.has_list:
        raise KeysError(otherwise)
    return screen


async def filter_here(console: ConsoleApp, wish: str) -> None:
    screen = _list_here(console, "there is no list here that could be filtered")
    place = moving.place_of(console, screen)
    parse(wish, screen.filter_kind)
    screen.use_filter(wish)
    moving.refiltered(console, screen, place)


async def open_site(console: ConsoleApp, name: str) -> None:
    target = await console.view.target(name)
    console.open_site(f"T-{target.id}")


async def open_change(console: ConsoleApp, name: str) -> None:
    change = await console.view.change(name)
    await console.go_to("changes", change.id)


async def open_alert(console: ConsoleApp, name: str) -> None:
    alert = await console.view.alert(name)
    await console.go_to("alerts", f"A-{alert.id}")


async def show_help(console: ConsoleApp, name: str) -> None:
    console.show_help(name.lower())


async def freeze(console: ConsoleApp, _: str) -> None:
    console.action_freeze()


async def leave(console: ConsoleApp, _: str) -> None:
    await console.action_quit()


async def wear(console: ConsoleApp, name: str) -> None:
    if not name:
        console.push_screen(ThemeScreen())
        return
    if name not in console.skins:
        raise NotFoundError(f"there is no theme '{safe(name, 40)}'; there are {', '.join(sorted(console.skins))}")
    console.wear(name)


async def export(console: ConsoleApp, name: str) -> None:
    leaving.format_of(name)
    console.export(console.leaf(), name)


async def export_names(console: ConsoleApp, text: str) -> list[Completion]:
    stem = text.rpartition(".")[0] or text or "vedette"
    return among([f"{stem}.{each}" for each in leaving.FORMATS], text)


# -- acts on sites


async def _chosen(console: ConsoleApp, wish: str) -> list[TargetRecord]:
    """The site of that name, else all for which the filter holds; NotFoundError where none does."""
    records = await console.view.sites(console.now())
    named = [each for each in records if wish in (each["name"], each["id"], each["uuid"])]
    if named:
        return named
    holds = compile_target_filter(parse(wish, "targets"), console.now())
    found = [each for each in records if holds(each)]
    if not found:
        await console.view.target(wish)  # says which name is near
        raise NotFoundError(f"no site is called '{safe(wish, 60)}', and none passes it as a filter")
    return found


def _named(found: Sequence[TargetRecord]) -> str:
    return str(found[0]["name"]) if len(found) == 1 else f"{len(found):,} sites"


async def rescan(console: ConsoleApp, wish: str) -> None:
    found = await _chosen(console, wish)
    doing = console.operations.rescan([str(each["id"]) for each in found], console.options.actor)
    console.act(f"{_named(found)}: looked at again soon", doing)


def pausing(paused: bool) -> Doing:
    async def set_paused(console: ConsoleApp, wish: str) -> None:
        found = [each for each in await _chosen(console, wish) if bool(each["paused"]) is not paused]
        word = "paused" if paused else "resumed"
        if not found:
            raise ConflictError(f"'{safe(wish, 60)}' is {word} already")
        names = [str(each["id"]) for each in found]
        doing = console.operations.pause_targets(names, paused, console.options.actor)
        console.act(f"{_named(found)}: {word}", doing)

    return set_paused


async def add(console: ConsoleApp, url: str) -> None:
    console.push_screen(TargetForm(url=url))


async def edit(console: ConsoleApp, name: str) -> None:
    await edit_site(console, name)


async def remove(console: ConsoleApp, name: str) -> None:
    await remove_sites(console, [name])


def over(screen: type[EntriesScreen]) -> Doing:
    """A list of what there is besides sites, over the screen there is; once."""

    async def shown(console: ConsoleApp, _: str) -> None:
        if not isinstance(console.console_screen(), screen):
            await console.push_screen(screen())

    return shown


async def test_channel(console: ConsoleApp, name: str) -> None:
    console.ask(try_channel(console, name))


async def channel_names(console: ConsoleApp, text: str) -> list[Completion]:
    entries = (await console.operations.in_force()).entries
    return among([each.name for each in entries if each.kind == "channel"], text)


# -- acts on alerts, changes and deliveries


async def acknowledge(console: ConsoleApp, typed: str) -> None:
    """An alert with a note, or a change as expected."""
    name, _, note = typed.partition(" ")
    by = console.options.actor
    if name.upper().startswith("C-"):
        change = await console.view.change(name)
        doing = judge_all(console.operations, [f"C-{change.id}"], Verdict.EXPECTED, by)
        console.act(f"C-{change.id}: expected", doing)
        return
    alert = await console.view.alert(name)
    doing = acknowledge_all(console.operations, [f"A-{alert.id}"], note.strip(), by)
    console.act(f"A-{alert.id} acknowledged", doing)


async def resolve(console: ConsoleApp, typed: str) -> None:
    name, _, note = typed.partition(" ")
    alert = await console.view.alert(name)
    doing = resolve_all(console.operations, [f"A-{alert.id}"], note.strip(), console.options.actor)
    console.act(f"A-{alert.id} resolved", doing)


async def give_verdict(console: ConsoleApp, typed: str) -> None:
    subject, _, word = typed.partition(" ")
    words = [each.value for each in Verdict]
    if word.strip() not in words:
        raise KeysError(f":verdict wants {' or '.join(words)} after {safe(subject, 40)}")
    is_alert = subject.upper().startswith("A-")
    found = await (console.view.alert(subject) if is_alert else console.view.change(subject))
    name = f"{'A' if is_alert else 'C'}-{found.id}"
    doing = judge_all(console.operations, [name], Verdict(word.strip()), console.options.actor)
    console.act(f"{name}: {word.strip()}", doing)


async def requeue(console: ConsoleApp, name: str) -> None:
    delivery = await console.view.delivery(name)
    doing = console.operations.requeue(f"D-{delivery.id}", console.options.actor)
    console.act(f"D-{delivery.id} is tried again", doing)


async def drop(console: ConsoleApp, name: str) -> None:
    """Asks first, because nobody will ever get the message then."""
    delivery = await console.view.delivery(name)

    def answered(sure: bool | None) -> None:
        if sure:
            doing = console.operations.drop(f"D-{delivery.id}", console.options.actor)
            console.act(f"D-{delivery.id} dropped", doing)

    question = f"Drop D-{delivery.id} to {delivery.channel} for good? Nobody will get this message."
    console.push_screen(AskSure(question), answered)


# -- columns


async def columns(console: ConsoleApp, wish: str) -> None:
    """`+owner -tls`; without words, as many as fit."""
    screen = _list_here(console, "there is no list here whose columns could be chosen")
    screen.change_columns(wish)


async def column_names(console: ConsoleApp, text: str) -> list[Completion]:
    screen = console.console_screen()
    if not isinstance(screen, ListScreen):
        return []
    shown = set(screen.listing.chosen_columns)
    names = [f"{'-' if each.key in shown else '+'}{each.heading.lower()}" for each in screen.listed.columns]
    return among(names, text, text.rfind(" ") + 1)


# -- saved views


async def save_view(console: ConsoleApp, name: str) -> None:
    screen = _list_here(console, "there is no list here whose view could be saved")
    screen.save_view(name)


async def forget_view(console: ConsoleApp, name: str) -> None:
    await _view_text(console, name)
    doing = console.operations.forget_view(name, console.options.actor)
    console.act(f"view {name} forgotten", doing)


async def _view_text(console: ConsoleApp, name: str) -> str:
    """A saved view as it is stored; NotFoundError, with those there are."""
    views = await console.view.views()
    if name not in views:
        there = f"there are {', '.join(sorted(views))}" if views else "^s in a filter saves one"
        raise NotFoundError(f"there is no view '{safe(name, 40)}'; {there}")
    return views[name]


async def take_view(console: ConsoleApp, name: str) -> None:
    """Go where the view is at home, and put its filter, order and columns in force."""
    made = _saved(name, await _view_text(console, name))
    if not issubclass(console.MODES.get(made.screen, ConsoleScreen), ListScreen):
        raise NotFoundError(f"the view '{safe(name, 40)}' is of no list that this console has")
    screen = await console.at_home(made.screen)
    assert isinstance(screen, ListScreen)
    at = next((at for at, each in enumerate(screen.lists) if each.name == made.list), 0)
    parse(made.filter, screen.lists[at].kind)
    if isinstance(screen, TabScreen) and at != screen.tab:
        screen.turn_to(at)
    screen.take_view(made)


def _saved(name: str, text: str) -> SavedView:
    try:
        return msgspec.json.decode(text, type=SavedView)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ConflictError(f"the view '{safe(name, 40)}' is damaged: {safe(str(error), 120)}; save it anew") from error


async def view_names(console: ConsoleApp, text: str) -> list[Completion]:
    return among(sorted(await console.view.views()), text)


# -- the registry


@dataclass(frozen=True, slots=True)
class Command:
    """`do` gets what was typed after the name; `offers` says what could stand at the end of it."""

    do: Doing
    offers: Offers = nothing


REGISTRY: dict[str, Command] = {
    "overview": Command(show("overview")),
    "sites": Command(show("sites"), sites_by_filter),
    "changes": Command(show("changes"), changes_by_filter),
    "alerts": Command(show("alerts"), alert_tabs),
    "system": Command(show("system"), system_tabs),
    "site": Command(open_site, site_names),
    "change": Command(open_change, one_of(_changes)),
    "alert": Command(open_alert, one_of(_open_alerts)),
    "filter": Command(filter_here, here_by_filter),
    "save": Command(save_view),
    "view": Command(take_view, view_names),
    "unsave": Command(forget_view, view_names),
    "columns": Command(columns, column_names),
    "help": Command(show_help, one_of(lambda console: console.help_pages())),
    "freeze": Command(freeze),
    "theme": Command(wear, one_of(lambda console: sorted(console.skins))),
    "export": Command(export, export_names),
    "quit": Command(leave),
    "scan": Command(rescan, names_or_filter),
    "pause": Command(pausing(True), names_or_filter),
    "resume": Command(pausing(False), names_or_filter),
    "ack": Command(acknowledge, one_of(_open_alerts)),
    "resolve": Command(resolve, one_of(_open_alerts)),
    "verdict": Command(give_verdict, judged),
    "requeue": Command(requeue, one_of(_dead)),
    "add": Command(add),
    "edit": Command(edit, site_names),
    "remove": Command(remove, site_names),
    "rules": Command(over(RulesScreen)),
    "channels": Command(over(ChannelsScreen)),
    "secrets": Command(over(SecretsScreen)),
    "test": Command(test_channel, channel_names),
    "drop": Command(drop, one_of(_dead)),
}

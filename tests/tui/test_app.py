"""The console on a real store: what its screens say, what its keys do at the engine, and what they must not do."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from core.model.alert import AlertState
from core.model.change import Verdict
from tests.tui.console_world import console
from tests.tui.widgets.stage import is_harmless
from tui.plain import ascii_only

SNAPSHOTS = Path(__file__).parent / "snapshots"
OWN_FIGURES = re.compile(r"( (?:key to paint|loop stall|terminal|memory) ).*")
DUE = re.compile(r"\d\d:\d\d:\d\d \(in \d:\d\d\)")  # where on its grid a site is depends on its uuid
UUID = re.compile(r"0[0-9a-f]{7}-[0-9a-f-]{,27}")
SIZES = ((40, 10), (80, 24), (120, 40), (200, 60))
SCREENS = {
    "overview": ("1",),
    "sites": ("2",),
    "site": ("2", "enter"),
    "trends": ("escape", "G", "k", "enter", "t"),
    "site-changes": ("]",),
    "site-stack": ("]",),
    "site-security": ("]",),
    "site-content": ("]",),
    "site-infra": ("]",),
    "history": ("]",),
    "site-config": ("]",),
    "sites-filter": ("escape", "slash", *"tag:shop up", "enter"),
    "changes": ("3",),
    "change": ("G", "d"),
    "alerts": ("4",),
    "alerts-letters": ("[",),
    "alerts-note": ("]", "A"),
    "alerts-verdict": ("escape", "v"),
    "alerts-acked": ("escape", "a", "]"),
    "alerts-resolved": ("[", "R", "enter", "]", "]"),
    "system": ("6",),
    "system-queue": ("]",),
    "system-workers": ("]",),
    "system-channels": ("]",),
    "system-audit": ("]",),
    "help": ("question_mark",),
    "line": ("escape", "colon", *"si"),
    "export": ("escape", "x"),
    "jump": ("escape", "1", "ctrl+o"),
    "sure": ("escape", "4", "]", "X"),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_every_screen_looks_as_it_did(tmp_path: Path, size: tuple[int, int]) -> None:
    """Write them anew with VEDETTE_SNAPSHOTS=write, and read the difference."""
    async with console(tmp_path, size) as world:
        for name, pressed in SCREENS.items():
            await world.press(*pressed)
            lines = world.lines()
            assert len(lines) == size[1]
            assert all(is_harmless(line) for line in lines), name
            shown = (
                "\n".join(DUE.sub("due", UUID.sub("uuid", OWN_FIGURES.sub(r"\1", line))).rstrip() for line in lines)
                + "\n"
            )
            path = SNAPSHOTS / f"{name}-{size[0]}x{size[1]}.txt"
            if os.environ.get("VEDETTE_SNAPSHOTS") == "write":
                path.parent.mkdir(exist_ok=True)
                path.write_text(shown, "utf-8")
            assert shown == path.read_text("utf-8"), name


async def test_the_first_screen_says_what_is_wrong_worst_first(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        rows = world.table("#needs").rows
        assert [rows.identity(index) for index in range(rows.count())] == ["A-1", "A-2", "D-2"]
        assert "1 down" in world.lines()[0]
        assert "2 unacked" in world.lines()[0]
        assert "told nobody: 503" in world.text


async def test_an_alert_is_acknowledged_at_the_engine_and_leaves_the_list(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("4")
        first = str(world.table().cursor)
        await world.press("a")
        assert (await world.states())[int(first.removeprefix("A-"))] is AlertState.ACKNOWLEDGED
        assert ("alert", (int(first.removeprefix("A-")), AlertState.ACKNOWLEDGED)) in world.works.told
        world.clock.now += 10
        await world.press("ctrl+r")
        assert "Firing 1" in world.text
        assert "Acked 1" in world.text
        entries = await world.store.reader.audit_entries(5)
        assert (entries[0].actor, entries[0].origin) == ("anna", "console")


async def test_a_note_goes_along_with_an_acknowledgement(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("4", "A", *"deploy", "enter")
        notes = {each.note for each in await world.store.reader.alerts()}
        assert "deploy" in notes


async def test_leaving_a_question_does_nothing(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("4", "R", "x", "escape")
        assert set((await world.states()).values()) == {AlertState.FIRING}


async def test_marked_alerts_are_resolved_together(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("4", "space", "space", "R", "enter")
        assert set((await world.states()).values()) == {AlertState.RESOLVED}


async def test_a_verdict_is_given_to_the_change_under_the_cursor(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("3", "v", "n")
        verdicts = {each.id: each.verdict for each in await world.store.reader.changes()}
        assert verdicts[world.table().cursor] is Verdict.NOISE  # type: ignore[index]


async def test_noise_is_hidden_until_the_filter_is_cleared(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("3")
        assert "csrf-token" not in world.text
        await world.press("escape")
        assert "csrf-token" in world.text


async def test_a_filter_is_in_force_while_it_is_typed(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2", "slash", *"down")
        assert world.table().rows.count() == 1
        assert "1 of 3" in world.text
        await world.press("escape")
        assert world.table().rows.count() == 3


async def test_what_is_no_filter_is_told_and_changes_nothing(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2", "slash", *"down")
        await world.press(*" (")
        assert world.table().rows.count() == 1
        assert "^" in world.text


async def test_pausing_and_rescanning_go_to_the_engine(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2", "p")
        paused = [told for told in world.works.told if told[0] == "watch"]
        assert paused[0][1][1] is True  # type: ignore[index]
        await world.press("p", "r")
        assert [told[0] for told in world.works.told].count("soon") == 1


async def test_a_sort_follows_the_column_and_turns_round(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2")
        names = [cells[1].text for cells in (world.table().rows.cells(index) for index in range(3))]
        assert names[0] == "pay"
        await world.press(">")
        assert [world.table().rows.cells(index)[1].text for index in range(3)] == ["shop", "pay", "blog"]
        await world.press("|")
        assert [world.table().rows.cells(index)[1].text for index in range(3)] == ["blog", "pay", "shop"]


async def test_a_drill_down_survives_another_mode_and_escape_leaves_it(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2", "enter", "1", "2")
        assert "https://pay.test/" in world.text
        await world.press("escape")
        assert world.table().rows.count() == 3


async def test_every_tab_of_a_site_can_be_walked_through(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2", "G", "enter")
        seen = []
        for _ in range(9):
            seen.append(world.text)
            assert all(is_harmless(line) for line in world.lines())
            await world.press("]")
        assert any("nginx  1.25.3" in text for text in seen)
        assert any("of this site" in text for text in seen)


async def test_the_trends_of_a_site_carry_its_changes_and_alerts(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2", "G", "enter")
        assert "shop" in world.lines()[2] or "blog" in world.lines()[2]
        await world.press("t")
        assert "load ms" in world.text
        await world.press("M")
        assert "first byte ms" in world.text, world.text
        for size in ((40, 10), (200, 60)):
            await world.pilot.resize_terminal(*size)
            await world.settled()
            assert all(is_harmless(line) for line in world.lines())


async def test_values_are_completed_from_what_there_is(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2", "slash", *"tag:e", "tab")
        assert "tag:eu" in world.text


async def test_every_tab_of_alerts_and_system_can_be_walked_through(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("4")
        seen = ""
        for key in ("[", "[", "[", "[", "["):
            await world.press(key)
            seen += world.text
        assert "503 unavailable" in seen
        await world.press("6", "]", "]", "]", "]")
        assert "target.add" in world.text


async def test_a_dead_letter_is_tried_again(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("4", "[")
        assert str(world.table().cursor).startswith("D-")
        await world.press("r")
        assert [told[0] for told in world.works.told].count("deliver") == 1


async def test_readonly_takes_away_every_key_that_changes_something(tmp_path: Path) -> None:
    async with console(tmp_path, flags=("readonly",)) as world:
        for screen in "1234":
            await world.press(screen, "a", "A", "R", "v", "p", "r")
            assert " ack" not in world.lines()[-1]
            assert " pause" not in world.lines()[-1]
            assert len(world.app.screen_stack) == 1
        assert "read-only" in world.text
        assert world.works.told == []
        assert set((await world.states()).values()) == {AlertState.FIRING}


async def test_ascii_means_that_no_other_sign_is_drawn(tmp_path: Path) -> None:
    async with console(tmp_path, flags=("ascii",)) as world:
        walk = ("1", "2", "enter", "]", "]", "escape", "+", "escape", "3", "d", "escape", "4", "6", "]", "ctrl+p",
                "escape", "question_mark", "escape", "colon", "escape", "x")  # fmt: skip
        for key in walk:
            await world.press(key)
            assert world.text.isascii(), (key, [each for each in world.text if not each.isascii()])


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a → b…", "a > b~"), ("–", "-"), ("␛[2J", "^[2J"), ("日本", "????"), ("é", "?"), ("e\u0301", "e"), ("▃⡄", "  ")],
)
def test_what_ascii_lacks_keeps_its_width(text: str, shown: str) -> None:
    assert ascii_only(text) == shown


async def test_frozen_means_that_nothing_moves_and_that_is_said(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2", ".")
        assert "FROZEN" in world.lines()[0]
        before = world.lines()
        await world.store.ledger.pause_targets([1, 2, 3], True, world.app.options.actor, world.clock.now)
        await world.app.read()
        await world.pilot.pause()
        assert world.lines()[1:] == before[1:]
        await world.press(".")
        world.clock.now += 10
        await world.press("ctrl+r")
        assert "3 paused" in world.lines()[0]


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_what_happens_while_frozen_is_counted_until_it_is_let_in(tmp_path: Path, size: tuple[int, int]) -> None:
    async with console(tmp_path, size) as world:
        await world.press("3", ".")
        assert "held" not in world.lines()[0]
        await world.store.ledger.pause_targets([1, 2], True, world.app.options.actor, world.clock.now)
        await world.app.read()
        await world.store.ledger.pause_targets([3], True, world.app.options.actor, world.clock.now)
        world.clock.now += 10
        await world.app.read()
        await world.pilot.pause()
        assert "FROZEN 14:19:32 +3 held" in world.lines()[0]
        await world.press("2", "3")
        assert "+3 held" in world.lines()[0]
        await world.press(".")
        assert "FROZEN" not in world.lines()[0]
        await world.press(".")
        assert "held" not in world.lines()[0]


async def test_an_engine_that_is_gone_is_told_in_the_header(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        assert "engine here" in world.lines()[0]
        (tmp_path / "data" / "engine.sock").unlink()
        await world.press("ctrl+r")
        assert "NO ENGINE" in world.lines()[0]
        await world.press("4", "a")
        assert set((await world.states()).values()) == {AlertState.FIRING}


async def test_a_copy_goes_to_the_file_as_harmless_text(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("3", "y")
        copied = (tmp_path / "state" / "vedette" / "clip.txt").read_text("utf-8")
        assert copied
        assert "\x1b" not in copied


async def test_an_export_is_a_picture_of_the_screen(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        await world.press("2", "x", "enter")
        pictures = list(tmp_path.glob("vedette-sites-*.svg"))
        assert len(pictures) == 1
        assert "shop" in pictures[0].read_text("utf-8")


async def test_every_theme_can_be_worn(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        worn = set()
        for _ in world.app.skins:
            await world.press("T")
            worn.add(world.app.theme)
        assert worn == set(world.app.skins)


async def test_help_opens_and_closes_on_every_screen(tmp_path: Path) -> None:
    async with console(tmp_path) as world:
        for screen in "12346":
            await world.press(screen, "question_mark")
            assert len(world.app.screen_stack) == 2
            await world.press("escape")
            assert len(world.app.screen_stack) == 1


async def test_nothing_watched_yet_is_no_mistake(tmp_path: Path) -> None:
    async with console(tmp_path, empty=True) as world:
        for screen in "12346":
            await world.press(screen, "enter")
            assert all(is_harmless(line) for line in world.lines())
        assert "0 up" in world.lines()[0]


@pytest.mark.parametrize("size", [(20, 4), (300, 100), (1, 1)])
async def test_no_size_is_too_small_or_too_large(tmp_path: Path, size: tuple[int, int]) -> None:
    async with console(tmp_path) as world:
        for screen in "12346":
            await world.press(screen)
            await world.pilot.resize_terminal(*size)
            await world.settled()
            await world.pilot.resize_terminal(80, 24)
            await world.settled()
            assert all(is_harmless(line) for line in world.lines())
            assert world.app.is_running


async def test_quit_leaves_with_nothing_wrong(tmp_path: Path) -> None:
    async with console(tmp_path, flags=("demo",)) as world:
        await world.pilot.press("q")
        await world.pilot.pause()
    assert world.app.return_code == 0


async def test_a_store_that_cannot_be_read_ends_the_console_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "vedette.db").write_bytes(b"not a database" * 100)
    from core.clock import now
    from core.operations import SocketOperations
    from core.view import View
    from tests.tui.console_world import BY
    from tui.app import ConsoleApp
    from tui.options import Options

    app = ConsoleApp(View(tmp_path / "data"), SocketOperations(tmp_path / "data"), now, "dark", Options(BY))
    async with app.run_test() as pilot:
        await pilot.pause(0.3)
    assert app.failure is not None

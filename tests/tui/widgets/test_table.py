"""The table: it draws what fits, and its cursor and marks stay on rows however these move."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.pilot import Pilot

from tests.tui.widgets.stage import COLUMNS, SIZES, Clock, Stage, is_harmless, role, screen_lines, site_cells, sites
from tui.theme import GLYPHS
from tui.widgets.rows import Cell, OrderedRows
from tui.widgets.table import CursorMoved, MarksChanged, RowOpened, Sort, SortWanted, VirtualTable

Orders = list[tuple[int, ...]]
HEARD = (RowOpened, CursorMoved, MarksChanged, SortWanted)


def staged(table: VirtualTable) -> Stage:
    return Stage(lambda: table, HEARD)


def table_of(*numbers: int, clock: Clock | None = None, **options: object) -> VirtualTable:
    return VirtualTable(COLUMNS, sites(*numbers), role=role, clock=clock or Clock(), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", SIZES)
async def test_every_size_shows_heading_and_rows_in_exactly_its_width(size: tuple[int, int]) -> None:
    app = staged(table_of(*range(500)))
    async with app.run_test(size=size):
        lines = screen_lines(app)
    assert "SITE" in lines[0]
    assert lines[1].startswith("▌")
    assert "site-0" in lines[1]
    assert f"site-{size[1] - 2}" in lines[-1]
    assert {cell_len(line) for line in lines} == {size[0]}


async def test_narrow_tables_leave_out_the_least_important_columns() -> None:
    app = staged(table_of(1, 2))
    async with app.run_test(size=(40, 10)):
        heading = screen_lines(app)[0]
    assert "LOAD" not in heading
    assert "SEEN" not in heading or "TTFB" in heading
    assert "SITE" in heading


async def test_below_sixty_columns_two_line_rows_show_what_would_be_left_out() -> None:
    app = staged(table_of(*range(30), two_lines=True))
    async with app.run_test(size=(40, 10)) as pilot:
        lines = screen_lines(app)
        assert "site-0" in lines[1]
        assert "1.2s" in lines[2]
        await pilot.press("G")
        assert any("site-29" in line for line in screen_lines(app))
        await pilot.resize_terminal(120, 10)
        assert "1.2s" in next(line for line in screen_lines(app) if "site-29" in line)


@pytest.mark.parametrize(
    ("keys", "row"),
    [
        (["j", "j"], 2),
        (["down", "down", "k"], 1),
        (["G"], 499),
        (["G", "g"], 0),
        (["ctrl+d"], 11),
        (["ctrl+d", "ctrl+u"], 0),
        (["pagedown"], 23),
        (["pagedown", "pagedown", "pageup"], 23),
        (["up"], 0),
        (["end", "down"], 499),
    ],
)
async def test_keys_move_the_cursor_and_it_stays_in_view(keys: list[str], row: int) -> None:
    table = table_of(*range(500))
    app = staged(table)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys)
        assert table.cursor == row
        assert next(line for line in screen_lines(app) if line.startswith("▌")).split()[2] == f"site-{row}"


async def test_the_row_under_the_cursor_is_shown_by_reverse_video_and_by_a_sign() -> None:
    table = table_of(1, 2, 3)
    app = staged(table)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("j")
        row = table.render_line(2)
        other = table.render_line(1)
    assert row.text.startswith("▌")
    assert all(segment.style is not None and segment.style.reverse for segment in row)
    assert not any(segment.style is not None and segment.style.reverse for segment in other)


async def test_enter_opens_the_row_and_so_does_a_double_click() -> None:
    table = table_of(10, 20, 30)
    app = staged(table)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "enter")
        await pilot.click(VirtualTable, offset=(5, 3), times=2)
        await pilot.pause()
    opened = [each.identity for each in app.heard if isinstance(each, RowOpened)]
    assert opened == [20, 30]


async def test_space_marks_control_space_marks_a_range_and_backslash_clears() -> None:
    table = table_of(*range(10))
    app = staged(table)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "space", "j", "j", "ctrl+@")
        assert table.marks == {1, 2, 3, 4}
        assert table.chosen == (1, 2, 3, 4)
        assert "✓" in screen_lines(app)[2]
        await pilot.press("backslash")
        assert table.chosen == (4,)
        await pilot.pause()
    assert isinstance(app.heard[-1], MarksChanged)
    assert app.heard[-1].marks == frozenset()


async def test_marks_go_with_their_rows_so_that_no_action_hits_what_is_not_seen() -> None:
    table = table_of(*range(5))
    async with staged(table).run_test() as pilot:
        await pilot.press("space", "space")
        table.show(sites(4, 1, 2))
        assert table.marks == {1}


async def test_heading_clicks_and_sort_keys_ask_for_an_order_and_never_sort() -> None:
    table = table_of(*range(5))
    app = staged(table)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.click(VirtualTable, offset=(8, 0))
        await pilot.pause()
        assert app.heard[-1].sort == Sort("site")  # type: ignore[attr-defined]
        table.show(sites(4, 3, 2, 1, 0), Sort("site"))
        await pilot.pause()
        assert "SITE↑" in screen_lines(app)[0]
        for key, wanted in (
            ("greater_than_sign", Sort("ttfb")),
            ("less_than_sign", Sort("state")),
            ("vertical_line", Sort("site", descending=True)),
        ):
            await pilot.press(key)
            await pilot.pause()
            assert app.heard[-1].sort == wanted  # type: ignore[attr-defined]
        assert table.rows.identity(0) == 4


async def test_live_rows_wait_three_seconds_after_a_key_and_say_how_many_are_new() -> None:
    clock = Clock()
    table = table_of(*range(10), clock=clock)
    app = staged(table)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("j")
        table.offer(sites(100, 101, *range(10)))
        await pilot.pause()
        assert table.held == "+2 new (G)"
        assert "+2 new (G)" in screen_lines(app)[0]
        assert "site-1 " in screen_lines(app)[2]
        clock.now += 2.9
        table.tick()
        assert table.held
        clock.now += 0.2
        table.tick()
        await pilot.pause()
        assert not table.held
        assert table.cursor == 1
        assert "site-100" in screen_lines(app)[1]


async def test_a_clock_that_goes_back_holds_nothing() -> None:
    clock = Clock()
    table = table_of(*range(10), clock=clock)
    async with staged(table).run_test() as pilot:
        await pilot.press("j")
        clock.now -= 3600
        table.offer(sites(*range(12)))
        assert table.rows.count() == 12


async def test_big_g_lets_the_waiting_rows_in_and_leaves_the_cursor_on_its_row() -> None:
    table = table_of(*range(10))
    async with staged(table).run_test() as pilot:
        await pilot.press("j")
        table.offer(sites(*reversed(range(12))))
        assert table.held == "+2 new (G)"
        await pilot.press("G")
        assert (table.held, table.cursor, table.cursor_index) == ("", 1, 10)
        await pilot.press("G")
        assert table.cursor == 0


async def test_cells_of_waiting_rows_are_already_fresh() -> None:
    table = table_of(1, 2)
    app = staged(table)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("j")
        fresh = OrderedRows((2, 1, 3), lambda identity: (Cell("✖"), Cell(f"fresh-{identity}"), Cell(""), Cell("")))
        table.offer(fresh)
        await pilot.pause()
        assert "fresh-1" in screen_lines(app)[1]
        assert "fresh-2" in screen_lines(app)[2]


async def test_frozen_tables_hold_live_rows_for_as_long_as_they_are_frozen() -> None:
    clock = Clock()
    table = table_of(1, 2, clock=clock)
    async with staged(table).run_test() as pilot:
        table.freeze(True)
        table.offer(sites(3, 1, 2))
        clock.now += 100
        table.tick()
        await pilot.press("G")
        assert table.rows.count() == 2
        table.freeze(False)
        clock.now += 100
        table.tick()
        assert table.rows.count() == 3


async def test_scrolled_down_the_cursor_row_keeps_its_line_when_rows_come_in_above() -> None:
    clock = Clock()
    table = table_of(*range(100), clock=clock)
    app = staged(table)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("pagedown", "pagedown", "k", "k")
        await pilot.pause()
        line = next(at for at, each in enumerate(screen_lines(app)) if each.startswith("▌"))
        clock.now += 10
        table.offer(sites(*range(1000, 1007), *range(100)))
        await pilot.pause()
        assert table.cursor == 44
        after = screen_lines(app)
        assert after[line].startswith("▌")
        assert "site-44" in after[line]


async def test_an_empty_table_says_so_and_every_key_is_harmless() -> None:
    table = table_of(empty="no site matches")
    app = staged(table)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "G", "space", "ctrl+@", "enter", "pagedown", "vertical_line", "greater_than_sign")
        assert "no site matches" in screen_lines(app)[1]
        assert table.cursor is None
        assert table.chosen == ()
        table.offer(sites(7))
        table.show(sites(7))
        assert table.cursor == 7


async def test_a_row_is_drawn_again_by_its_identity() -> None:
    words = {1: "before", 2: "same"}
    rows = OrderedRows((1, 2), lambda identity: (Cell(""), Cell(words[identity])))  # type: ignore[index]
    table = VirtualTable(COLUMNS, rows, role=role, clock=Clock())
    app = staged(table)
    async with app.run_test(size=(80, 24)) as pilot:
        words[1] = "after"
        table.refresh_row(1)
        table.refresh_row("not here")
        await pilot.pause()
        assert "after" in screen_lines(app)[1]


async def test_ascii_glyphs_are_ascii() -> None:
    table = VirtualTable(
        COLUMNS[1:], sites(1), role=role, clock=Clock(), sort=Sort("site", True), glyphs=GLYPHS["ascii"]
    )
    app = staged(table)
    async with app.run_test(size=(40, 10)) as pilot:
        table.show(OrderedRows((1,), lambda _: (Cell("x" * 100), Cell("1"), Cell(""), Cell(""))))
        await pilot.press("space")
        assert all(line.isascii() for line in screen_lines(app))
        assert "~" in screen_lines(app)[1]


async def _holds(pilot: Pilot[None], table: VirtualTable, clock: Clock, orders: Orders, ways: list[str]) -> None:
    for order, way in zip(orders, ways, strict=False):
        was, marked = table.cursor, table.marks
        clock.now += 10 if way == "quiet offer" else 0
        (table.show if way == "show" else table.offer)(sites(*order))
        await pilot.pause()
        shown = [table.rows.identity(index) for index in range(table.rows.count())]
        if was in shown:
            assert table.cursor == was
        assert table.cursor is None if not shown else shown[table.cursor_index] == table.cursor
        assert table.marks == marked & set(shown)
        assert way != "quiet offer" or shown == list(order)


orders = st.lists(st.lists(st.integers(0, 60), unique=True, max_size=60).map(tuple), min_size=1, max_size=6)
ways = st.lists(st.sampled_from(["show", "offer", "quiet offer"]), min_size=6, max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(orders, ways, st.lists(st.sampled_from("jkgG"), max_size=4))
async def test_the_cursor_and_marks_stay_on_their_rows_through_sorts_inserts_and_removals(
    orders: Orders, ways: list[str], keys: list[str]
) -> None:
    clock = Clock()
    table = table_of(*range(40), clock=clock)
    async with staged(table).run_test(size=(60, 12)) as pilot:
        await pilot.press("ctrl+d", "space", "space", *keys)
        await _holds(pilot, table, clock, orders, ways)


@pytest.mark.shared_data
@pytest.mark.parametrize("size", SIZES)
async def test_hostile_strings_in_every_cell_leave_no_control_character(
    size: tuple[int, int], shared_data: Path
) -> None:
    naughty = json.loads((shared_data / "hostile" / "blns" / "blns.json").read_text("utf-8"))
    naughty += [
        "\x1b]52;c;aGk=\x07",
        "\x9b31m",
        "a\u202eb",
        "[@click=app.quit]x[/]",
        "\x00",
        "e\u0301" * 9,
        "한글" * 30,
    ]

    def cells(at: object) -> list[Cell]:
        return [Cell(naughty[at], "down") for _ in COLUMNS]  # type: ignore[call-overload]

    table = VirtualTable(COLUMNS, OrderedRows(range(len(naughty)), cells), role=role, clock=Clock())
    app = staged(table)
    async with app.run_test(size=size) as pilot:
        while table.cursor_index < len(naughty) - 1:
            for line in screen_lines(app):
                assert is_harmless(line)
                assert cell_len(line) == size[0]
            await pilot.press("pagedown")


def test_site_cells_fit_the_columns() -> None:
    assert len(site_cells(1)) == len(COLUMNS)

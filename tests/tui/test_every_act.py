"""Every act that has a key is shown by a test that presses it; a new one without a test fails here."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tui.keys import ACTS, canonical

FOLDER = Path(__file__).parent

# act: the file and the test that shows what it does.
SHOWN = {
    "global.overview": "test_app test_a_drill_down_survives_another_mode_and_escape_leaves_it",
    "global.sites": "test_app test_a_filter_is_in_force_while_it_is_typed",
    "global.changes": "test_app test_a_verdict_is_given_to_the_change_under_the_cursor",
    "global.alerts": "test_app test_an_alert_is_acknowledged_at_the_engine_and_leaves_the_list",
    "global.system": "test_app test_every_tab_of_alerts_and_system_can_be_walked_through",
    "global.command": "test_commands test_escape_leaves_the_line_and_does_nothing",
    "global.filter": "test_app test_a_filter_is_in_force_while_it_is_typed",
    "global.help": "test_app test_help_opens_and_closes_on_every_screen",
    "global.back": "test_moving test_escape_is_a_step_back",
    "global.last_view": "test_moving test_a_backtick_goes_to_the_view_before_and_back",
    "global.history_back": "test_moving test_back_and_forward_go_through_what_was_looked_at",
    "global.history_forward": "test_moving test_back_and_forward_go_through_what_was_looked_at",
    "global.jump": "test_moving test_a_letter_jumps_to_a_pane",
    "global.zoom": "test_moving test_a_pane_fills_the_screen_between_header_and_footer",
    "global.layout": "test_moving test_layouts_go_round_as_far_as_there_is_room",
    "global.freeze": "test_app test_frozen_means_that_nothing_moves_and_that_is_said",
    "global.refresh": "test_app test_frozen_means_that_nothing_moves_and_that_is_said",
    "global.next_theme": "test_app test_every_theme_can_be_worn",
    "global.copy": "test_app test_a_copy_goes_to_the_file_as_harmless_text",
    "global.copy_json": "test_moving test_what_is_under_the_cursor_is_copied_as_json",
    "global.export": "test_app test_an_export_is_a_picture_of_the_screen",
    "global.mute": "test_moving test_the_bell_rings_once_for_a_new_alert_unless_muted",
    "global.take_over": "test_life test_who_looks_on_may_take_over_later",
    "global.suspend": "test_life test_an_engine_here_is_not_stopped_by_suspending",
    "global.quit": "test_app test_quit_leaves_with_nothing_wrong",
    "list.down": "widgets/test_table test_keys_move_the_cursor_and_it_stays_in_view",
    "list.up": "widgets/test_table test_keys_move_the_cursor_and_it_stays_in_view",
    "list.first": "widgets/test_table test_keys_move_the_cursor_and_it_stays_in_view",
    "list.last": "widgets/test_table test_big_g_lets_the_waiting_rows_in_and_leaves_the_cursor_on_its_row",
    "list.half_down": "widgets/test_table test_keys_move_the_cursor_and_it_stays_in_view",
    "list.half_up": "widgets/test_table test_keys_move_the_cursor_and_it_stays_in_view",
    "list.page_down": "widgets/test_table test_keys_move_the_cursor_and_it_stays_in_view",
    "list.page_up": "widgets/test_table test_keys_move_the_cursor_and_it_stays_in_view",
    "list.open": "widgets/test_table test_enter_opens_the_row_and_so_does_a_double_click",
    "list.mark": "test_site_acts test_marked_rows_are_acted_on_and_each_site_once",
    "list.mark_range": "widgets/test_table test_space_marks_control_space_marks_a_range_and_backslash_clears",
    "list.clear_marks": "widgets/test_table test_space_marks_control_space_marks_a_range_and_backslash_clears",
    "list.sort_left": "widgets/test_table test_heading_clicks_and_sort_keys_ask_for_an_order_and_never_sort",
    "list.sort_right": "test_app test_a_sort_follows_the_column_and_turns_round",
    "list.sort_reverse": "test_app test_a_sort_follows_the_column_and_turns_round",
    "list.column_left": "test_lists test_the_arrows_walk_over_the_cells_and_the_heading_says_where",
    "list.column_right": "test_lists test_the_arrows_walk_over_the_cells_and_the_heading_says_where",
    "list.wide": "test_lists test_wide_columns_show_whole_cells_and_the_arrows_bring_the_others",
    "list.choose_columns": "test_lists test_columns_are_chosen_from_a_list_or_by_a_command",
    "list.facet": "test_lists test_the_values_of_a_column_are_counted_and_filter_the_list",
    "list.filter_cell": "test_lists test_a_cell_narrows_the_list_to_what_is_like_it",
    "list.next_problem": "test_lists test_the_next_problem_is_found_on_every_list",
    "list.previous_problem": "test_lists test_the_next_problem_is_found_on_every_list",
    "object.rescan": "test_site_acts test_r_looks_again_at_the_site_of_a_row",
    "object.acknowledge": "test_app test_an_alert_is_acknowledged_at_the_engine_and_leaves_the_list",
    "object.acknowledge_with_note": "test_app test_a_note_goes_along_with_an_acknowledgement",
    "object.resolve": "test_app test_marked_alerts_are_resolved_together",
    "object.verdict": "test_app test_a_verdict_is_given_to_the_change_under_the_cursor",
    "object.pause": "test_site_acts test_p_pauses_the_site_of_a_row_and_resumes_it",
    "object.edit": "test_site_acts test_t_and_e_open_the_site_of_a_row",
    "object.remove": "test_target_form test_removing_asks_with_what_goes_and_what_stays",
    "object.diff": "test_events test_with_room_an_alert_s_log_is_gone_to_and_left_beside_the_list",
    "object.trends": "test_site_acts test_t_and_e_open_the_site_of_a_row",
    "object.open_url": "test_site_acts test_the_url_and_the_row_are_copied",
    "event.open_site": "test_site_acts test_o_opens_the_site_of_an_alert_and_of_a_change",
    "collection.add": "test_target_form test_a_site_is_added_from_the_form_and_is_watched",
    "tabs.next": "test_app test_every_tab_of_a_site_can_be_walked_through",
    "tabs.previous": "test_site test_history_tells_what_moved_and_how_looks_ended",
    "chart.zoom_in": "widgets/test_chart test_the_widget_fills_its_size_and_keys_zoom_move_and_read",
    "chart.zoom_out": "widgets/test_chart test_the_widget_fills_its_size_and_keys_zoom_move_and_read",
    "chart.earlier": "test_site test_trends_zoom_out_to_hours_pan_back_and_come_home",
    "chart.later": "widgets/test_chart test_the_widget_fills_its_size_and_keys_zoom_move_and_read",
    "chart.reset": "test_site test_trends_zoom_out_to_hours_pan_back_and_come_home",
    "chart.overlay": "widgets/test_chart test_the_widget_fills_its_size_and_keys_zoom_move_and_read",
    "chart.read_earlier": "widgets/test_chart test_the_widget_fills_its_size_and_keys_zoom_move_and_read",
    "chart.read_later": "widgets/test_chart test_the_widget_fills_its_size_and_keys_zoom_move_and_read",
    "diff.turn": "widgets/test_diffview test_the_widget_starts_as_wide_as_it_can_and_u_turns",
    "diff.last": "widgets/test_diffview test_equal_texts_say_so_and_long_ones_scroll",
    "filter.leave": "widgets/test_filterbar test_enter_keeps_the_filter_and_escape_brings_back_the_one_before",
    "filter.complete": "widgets/test_filterbar test_tab_completes_fields_then_real_values_with_counts_and_cycles",
    "filter.complete_back": "widgets/test_filterbar test_tab_completes_fields_then_real_values_with_counts_and_cycles",
    "filter.older": "widgets/test_filterbar test_up_brings_back_older_filters_and_down_what_was_being_typed",
    "filter.newer": "widgets/test_filterbar test_up_brings_back_older_filters_and_down_what_was_being_typed",
    "filter.save": "widgets/test_filterbar test_control_s_asks_for_a_saved_view",
    "line.leave": "test_commands test_escape_leaves_the_line_and_does_nothing",
    "line.complete": "test_commands test_tab_completes_names_and_then_what_there_is",
    "line.complete_back": "test_commands test_tab_again_takes_the_next_and_shift_tab_the_one_before",
    "line.older": "test_commands test_up_brings_back_what_was_typed_before",
    "line.newer": "test_commands test_up_brings_back_what_was_typed_before",
    "sure.yes": "test_commands test_a_dead_letter_is_dropped_only_after_yes",
    "sure.no": "test_commands test_a_dead_letter_is_dropped_only_after_yes",
    "jump.leave": "test_moving test_a_letter_jumps_to_a_pane",
    "export.format": "test_moving test_the_key_asks_for_a_name_and_tab_takes_the_next_format",
    "text.below": "test_target_form test_the_arrows_go_from_field_to_field_and_pages_scroll",
    "text.above": "test_target_form test_the_arrows_go_from_field_to_field_and_pages_scroll",
    "text.page_down": "test_target_form test_the_arrows_go_from_field_to_field_and_pages_scroll",
    "text.save": "test_target_form test_a_site_is_added_from_the_form_and_is_watched",
    "text.test": "test_target_form test_a_test_looks_at_what_is_typed_and_stores_nothing",
    "text.leave": "test_target_form test_escape_asks_once_when_something_was_typed_and_nothing_is_added",
    "pick.next": "test_entries test_a_theme_is_worn_while_it_is_looked_at_and_given_back",
    "pick.keep": "test_entries test_a_theme_is_worn_while_it_is_looked_at_and_given_back",
    "pick.leave": "test_entries test_a_theme_is_worn_while_it_is_looked_at_and_given_back",
    "choice.later": "test_entries test_a_rule_is_edited_renamed_and_removed",
    "choice.earlier": "test_entries test_a_webhook_keeps_its_headers_and_what_no_field_shows",
    "choice.tick": "test_entries test_a_rule_is_made_with_its_matches_before_the_eyes",
    "verdict.noise": "test_app test_a_verdict_is_given_to_the_change_under_the_cursor",
    "verdict.leave": "test_app test_leaving_a_question_does_nothing",
    "leave.keep": "test_life test_the_watch_is_handed_over_and_its_words_are_the_last",
    "leave.stop": "test_life test_stop_means_stop",
    "leave.stay": "test_life test_q_asks_where_the_watch_would_end_and_esc_stays",
    "takeover.take": "test_life test_an_engine_elsewhere_that_is_gone_is_told_with_its_process_and_taken_over",
    "takeover.leave": "test_life test_who_looks_on_may_take_over_later",
    "help.close": "test_help test_a_page_scrolls_and_q_closes",
    "help.page_down": "test_help test_a_page_scrolls_and_q_closes",
    "help.next_page": "test_help test_tab_turns_the_pages_around",
    "help.previous_page": "test_help test_tab_turns_the_pages_around",
    "chart.next_metric": "test_app test_the_trends_of_a_site_carry_its_changes_and_alerts",
    "diff.down": "test_small_acts test_a_difference_goes_line_by_line_page_by_page_and_to_its_start",
    "diff.up": "test_small_acts test_a_difference_goes_line_by_line_page_by_page_and_to_its_start",
    "diff.first": "test_small_acts test_a_difference_goes_line_by_line_page_by_page_and_to_its_start",
    "diff.page_down": "test_small_acts test_a_difference_goes_line_by_line_page_by_page_and_to_its_start",
    "diff.page_up": "test_small_acts test_a_difference_goes_line_by_line_page_by_page_and_to_its_start",
    "export.leave": "test_small_acts test_an_export_that_is_left_writes_nothing",
    "text.page_up": "test_small_acts test_a_form_s_page_goes_down_and_up",
    "pick.previous": "test_small_acts test_a_theme_is_chosen_up_and_down",
    "verdict.real": "test_small_acts test_a_change_is_called_real_or_expected",
    "verdict.expected": "test_small_acts test_a_change_is_called_real_or_expected",
    "help.down": "test_small_acts test_a_help_page_goes_down_and_up",
    "help.up": "test_small_acts test_a_help_page_goes_down_and_up",
    "help.page_up": "test_small_acts test_a_help_page_goes_down_and_up",
    "help.search": "test_help test_slash_searches_all_pages_and_escape_leaves_step_by_step",
}


def wanting() -> set[str]:
    """The acts whose keys this console binds."""
    return {each.id for each in ACTS.values() if each.keys and not each.built_in}


@cache
def functions_of(path: Path) -> dict[str, frozenset[str]]:
    """Every test of a file with the texts that stand in it, and those of the constants that it names."""
    tree = ast.parse(path.read_text("utf-8"))
    texts: dict[str, set[str]] = {}
    for node in tree.body:
        named = [each.id for each in getattr(node, "targets", ()) if isinstance(each, ast.Name)]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            named = [node.name]
        for name in named:
            texts[name] = {
                each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)
            }
            used = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            texts[name] |= {text for each in used & texts.keys() for text in texts[each]}
    return {name: frozenset(found) for name, found in texts.items()}


def test_every_act_with_a_key_is_shown_by_a_test() -> None:
    assert wanting() - SHOWN.keys() == set(), "add the test that shows it"
    assert SHOWN.keys() - wanting() == set(), "there is no such act any more"


@pytest.mark.parametrize("act", SHOWN)
def test_the_test_of_an_act_is_there_and_presses_one_of_its_keys(act: str) -> None:
    file, name = SHOWN[act].split()
    functions = functions_of(FOLDER / f"{file}.py")
    assert name in functions, f"{file} has no {name}"
    assert {canonical(key) for key in ACTS[act].keys} & {canonical(text) for text in functions[name]}

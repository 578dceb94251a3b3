"""The demo's script makes sense by itself: every scene does something, is reported as something, and is undone."""

from __future__ import annotations

import pytest

from core.demo.script import LENGTH, SCENES, Scene, expected, played, states
from core.demo.sites import SITES, State
from core.detect.performance import LOOKS, MINIMUM_BASELINE
from core.model.change import CHANGE_TYPES

SCENE = pytest.mark.parametrize("scene", SCENES, ids=lambda scene: f"{scene.at:g}-{scene.site}")
CALM = State()


@SCENE
def test_a_scene_changes_a_site_that_exists_and_says_what_it_shows(scene: Scene) -> None:
    assert states(scene.at)[scene.site] == scene.state != states(scene.at - 0.01)[scene.site]
    assert CHANGE_TYPES.keys() >= {scene.shows, *scene.beside}
    assert next(site for site in SITES if site.name == scene.site).noise == ()


@SCENE
def test_a_scene_is_told_before_the_same_site_plays_another(scene: Scene) -> None:
    later = [each.at for each in SCENES if each.site == scene.site and each.at > scene.at]
    assert min([*later, LENGTH]) - scene.at >= scene.within


def test_the_last_scenes_undo_the_first_so_that_the_script_can_begin_again() -> None:
    assert set(states(LENGTH - 0.01).values()) == set(states(0).values()) == {CALM}
    assert states(LENGTH + SCENES[0].at) == states(SCENES[0].at)


def test_scenes_come_in_order_and_go_on_in_the_next_round() -> None:
    assert [scene.at for scene in SCENES] == sorted(scene.at for scene in SCENES)
    assert played(SCENES[0].at - 0.01) == ()
    assert played(LENGTH + SCENES[0].at)[-1].at == LENGTH + SCENES[0].at
    assert len(played(LENGTH + SCENES[0].at)) == len(SCENES) + 1


def test_every_alert_but_that_of_a_version_is_ended_by_a_later_scene() -> None:
    opened = [scene for scene in SCENES if not scene.ends and scene.shows != "technology.version_changed"]
    for scene in opened:
        assert any(each.ends and each.site == scene.site and each.at > scene.at for each in SCENES), scene


def test_the_slow_down_comes_after_enough_looks_to_judge_it_by() -> None:
    site = next(site for site in SITES if site.name == "docs")
    slow = next(scene for scene in SCENES if scene.shows == "performance.degraded")
    assert slow.at / site.every >= LOOKS[0] + MINIMUM_BASELINE


def test_only_what_a_scene_shows_or_brings_along_is_expected() -> None:
    so_far = played(SCENES[0].at)
    assert expected(so_far, "shop", "technology.version_changed")
    assert expected(so_far, "shop", "content.script_added")
    assert not expected(so_far, "shop", "availability.down")
    assert not expected(so_far, "blog", "security.header_removed")

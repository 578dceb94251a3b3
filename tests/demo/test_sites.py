"""What the demo's sites answer is read the way it is meant: software with versions, and noise that is no difference."""

from __future__ import annotations

import pytest

from core.demo.script import SCENES
from core.demo.sites import BY_HOST, NOISE, SITES, SNIPPETS, Site, State, page, software
from tests.scan.technology.pages import detected

TOKENS = ("0f" * 32, "3a9c" * 16)
MOMENTS = (1_790_000_000.0, 1_790_000_061.0)
STATES = [(site, State()) for site in SITES]
STATES += [(site, scene.state) for scene in SCENES for site in SITES if site.name == scene.site]


@pytest.mark.parametrize(("site", "state"), STATES, ids=lambda each: getattr(each, "name", None))
def test_the_fingerprints_see_all_software_of_a_site_in_its_version(site: Site, state: State) -> None:
    answer = page(site, state, TOKENS[0], MOMENTS[0])
    found = detected(answer.html, dict(answer.headers), f"https://{site.host}/")
    seen = {name: found[name].version for name in software(site, state) if name in found}
    assert seen == software(site, state)


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_only_noisy_sites_answer_differently_each_time(site: Site) -> None:
    one, other = (page(site, State(), token, at) for token, at in zip(TOKENS, MOMENTS, strict=True))
    assert (one != other) is bool(site.noise)


def test_the_policy_goes_with_the_state() -> None:
    names = [[name for name, _ in page(SITES[0], State(hsts=hsts), "", 0.0).headers] for hsts in (True, False)]
    assert [name for name in names[0] if name not in names[1]] == ["Strict-Transport-Security"]


def test_there_are_about_twenty_sites_and_every_snippet_and_kind_of_noise_is_used() -> None:
    assert 18 <= len(SITES) <= 24
    assert len(BY_HOST) == len({site.name for site in SITES}) == len(SITES)
    assert {name for site in SITES for name, _ in site.software} == set(SNIPPETS)
    assert {kind for site in SITES for kind in site.noise} == set(NOISE)

"""What the demo's sites answer is read the way it is meant: software with versions, and noise that is no difference."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from core.demo.script import SCENES
from core.demo.sites import BY_HOST, NOISE, NOISY, SITES, SNIPPETS, Page, Site, State, page, software
from core.detect.compare import compare
from core.model.change import ChangeState
from core.model.scan import Fact, SavedResponse, ScanJob
from core.model.target import SCANNER_NAMES
from core.scan.examine import examine
from core.scan.saved import from_saved
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


@pytest.mark.parametrize("name", NOISY)
def test_no_two_answers_of_a_noisy_site_differ_in_what_counts(name: str) -> None:
    site = next(each for each in SITES if each.name == name)
    drawn = random.Random(7)
    answers = [page(site, State(), drawn.randbytes(32).hex(), MOMENTS[0] + drawn.uniform(0, 1e6)) for _ in range(40)]
    looks = [_seen(site, answer) for answer in answers]
    told = [change for before, after in pairwise(looks) for change in compare(before, after)]
    assert [each for each in told if each.state is not ChangeState.SUPPRESSED] == []


def _seen(site: Site, answer: Page) -> tuple[Fact, ...]:
    saved = SavedResponse(f"https://{site.host}/", 200, answer.headers, answer.html.encode())
    return examine(ScanJob(0, 0, site.name, saved.url, SCANNER_NAMES, want_document=False), from_saved(saved)).facts

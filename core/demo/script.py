"""The demo's script: what happens to which site, when, and what Vedette has to say about it.

Times are seconds after every site has been looked at once. The last scenes undo the first ones, so that the script can
be played again and again for whoever keeps watching.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.demo.sites import CERTIFICATE_DAYS, SITES, State

LENGTH = 120.0


@dataclass(frozen=True, slots=True)
class Scene:
    """One thing that happens to a site: from then on it is `state`.

    `shows` is the change that must be confirmed and told, within `within` seconds; `ends` says that an alert must be
    resolved by it. `beside` are the further types that a site may show because of it.
    """

    at: float
    site: str
    words: str
    state: State
    shows: str
    key: str = ""
    beside: tuple[str, ...] = ()
    ends: bool = False
    within: float = 12.0


_DEPLOY = ("content.script_added", "content.script_removed", "content.meta_changed")
_GRADE = ("security.grade_changed",)
_CERTIFICATE = ("tls.certificate_changed",)

SCENES: tuple[Scene, ...] = (
    Scene(4, "shop", "deploys Vue.js 3.5.12 in place of 3.4.21", State(versions=(("Vue.js", "3.5.12"),)),
          "technology.version_changed", "Vue.js", _DEPLOY),
    Scene(8, "blog", "a new proxy configuration drops HSTS", State(hsts=False),
          "security.header_removed", "strict-transport-security", _GRADE),
    Scene(11, "pay", "gets a certificate that expires in 6 days", State(certificate_days=6),
          "tls.expiring", "", _CERTIFICATE),
    Scene(14, "careers", "updates WordPress 6.6.1 to 6.6.2", State(versions=(("WordPress", "6.6.2"),)),
          "technology.version_changed", "WordPress", _DEPLOY),
    Scene(17, "api", "its gateway answers 502 from now on", State(down=True), "availability.down"),
    Scene(20, "docs", "answers three times slower", State(slower=3.0),
          "performance.degraded", "ttfb_ms", within=20.0),
    Scene(32, "api", "the gateway is back", State(), "availability.up", ends=True),
    Scene(38, "forum", "updates Discourse 3.3.2 to 3.4.0", State(versions=(("Discourse", "3.4.0"),)),
          "technology.version_changed", "Discourse", _DEPLOY),
    Scene(44, "pay", "the certificate is renewed", State(certificate_days=CERTIFICATE_DAYS),
          "tls.certificate_changed", "fingerprint", ends=True),
    Scene(50, "blog", "HSTS is back", State(),
          "security.header_added", "strict-transport-security", _GRADE, ends=True),
    Scene(56, "docs", "is as fast as before", State(), "performance.improved", "ttfb_ms", ends=True, within=20.0),
    Scene(80, "shop", "rolls Vue.js back to 3.4.21", State(), "technology.version_changed", "Vue.js", _DEPLOY),
    Scene(90, "careers", "rolls WordPress back to 6.6.1", State(), "technology.version_changed", "WordPress", _DEPLOY),
    Scene(100, "forum", "rolls Discourse back to 3.3.2", State(), "technology.version_changed", "Discourse", _DEPLOY),
)  # fmt: skip


def states(seconds: float) -> dict[str, State]:
    """Every site's state by name, so long after the script began; it begins anew after LENGTH."""
    found = {site.name: State() for site in SITES}
    for scene in SCENES:
        if scene.at <= seconds % LENGTH:
            found[scene.site] = scene.state
    return found


def played(seconds: float) -> tuple[Scene, ...]:
    """Every scene that has happened by then, in order, at its time since the script first began."""
    rounds = int(seconds // LENGTH) + 1
    every = (replace(scene, at=scene.at + LENGTH * turn) for turn in range(rounds) for scene in SCENES)
    return tuple(scene for scene in every if scene.at <= seconds)


def expected(scenes: Sequence[Scene], site: str, change_type: str) -> bool:
    """Whether these scenes account for a change of that type at a site."""
    return any(scene.site == site and change_type in (scene.shows, *scene.beside) for scene in scenes)

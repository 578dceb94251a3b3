"""What came of a demo: each scene with the change, the alert and the messages it led to, and what nobody had planned.

Pure sums over what the engine's store and the two receivers say; nothing here watches or prints.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.demo.script import Scene, expected, played
from core.demo.world import CHANNELS
from core.model.alert import Alert, AlertEvent
from core.model.change import Change, ChangeState

# A look that was under way when a scene began may still be stamped with the moment before.
_SLACK = 1.0


@dataclass(frozen=True, slots=True)
class Told:
    """How far a scene got: None and empty where it did not. `received` maps a channel to when its message came."""

    scene: Scene
    change: Change | None = None
    alert: Alert | None = None
    received: Mapping[str, float] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        return self.alert is not None and all(channel in self.received for channel in CHANNELS)


@dataclass(frozen=True, slots=True)
class Account:
    """The whole demo so far; times are epoch seconds, `began` 0 before every site was looked at once."""

    began: float
    now: float
    changes: tuple[Change, ...] = ()
    alerts: tuple[Alert, ...] = ()
    received: tuple[Mapping[str, Any], ...] = ()
    looks: Mapping[str, int] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """Since the script began."""
        return max(0.0, self.now - self.began) if self.began else 0.0

    @property
    def scenes(self) -> tuple[Scene, ...]:
        return played(self.seconds) if self.began else ()

    @property
    def confirmed(self) -> tuple[Change, ...]:
        return tuple(each for each in self.changes if each.state is ChangeState.CONFIRMED)

    @property
    def suppressed(self) -> tuple[Change, ...]:
        return tuple(each for each in self.changes if each.state is ChangeState.SUPPRESSED)

    def told(self) -> tuple[Told, ...]:
        return tuple(self._told(scene) for scene in self.scenes)

    def missed(self) -> tuple[Told, ...]:
        """Scenes that had their time and were not told by every channel."""
        return tuple(
            each for each in self.told() if not each.complete and self.seconds - each.scene.at >= each.scene.within
        )

    def false_alarms(self) -> tuple[Change, ...]:
        """Confirmed changes that no scene accounts for, whether anybody was told of them or not."""
        return tuple(each for each in self.confirmed if not expected(self.scenes, each.target, each.type))

    def _told(self, scene: Scene) -> Told:
        change = next((each for each in self._since(scene) if each.key == scene.key), None)
        if change is None:
            return Told(scene)
        alert = self._ended(scene) if scene.ends else self._raised(change)
        if alert is None:
            return Told(scene, change)
        event = AlertEvent.RESOLVED if scene.ends else AlertEvent.FIRING
        came: dict[str, float] = {}
        for each in self.received:
            if each["alert"] == f"A-{alert.id}" and each["about"] == event.value and self._after(each["at"], scene):
                came.setdefault(each["channel"], each["at"])
        return Told(scene, change, alert, came)

    def _since(self, scene: Scene) -> Iterable[Change]:
        found = [each for each in self.confirmed if (each.target, each.type) == (scene.site, scene.shows)]
        return sorted((each for each in found if self._after(each.at, scene)), key=lambda each: each.at)

    def _raised(self, change: Change) -> Alert | None:
        return next((each for each in self.alerts if any(one.id == change.id for one in each.changes)), None)

    def _ended(self, scene: Scene) -> Alert | None:
        """The alert of the site that was resolved first after the scene."""
        ended = {
            each["alert"]
            for each in self.received
            if each["about"] == AlertEvent.RESOLVED.value and self._after(each["at"], scene)
        }
        found = [each for each in self.alerts if each.target == scene.site and f"A-{each.id}" in ended]
        return min(found, key=lambda each: each.updated_at, default=None)

    def _after(self, at: float, scene: Scene) -> bool:
        return at >= self.began + scene.at - _SLACK

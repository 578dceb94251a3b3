"""What the engine holds of every target between looks, so that an unchanged scan needs no query.

One engine writes, so this memory and the database never disagree: it changes only after a commit was acknowledged.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from core.errors import NotFoundError
from core.model.alert import Alert, AlertState, Delivery
from core.model.change import Change, ChangeState
from core.model.judging import Before, Memory
from core.model.scan import Sample
from core.model.target import Target
from core.ports import Loaded, Recorded, RunRow

WINDOW = 64


@dataclass(slots=True)
class Watched:
    """One target's state. `windows` fills from scans; before the first it is empty and nothing is judged."""

    target: Target
    run: RunRow
    memory: Memory
    windows: dict[str, array[float]] = field(default_factory=dict)
    suspected: dict[int, Change] = field(default_factory=dict)
    told: dict[tuple[str, str], float] = field(default_factory=dict)
    restored: bool = False

    def remember(self, samples: Iterable[Sample]) -> None:
        """Add a scan's numbers to the windows that the target's thresholds look at."""
        judged = {metric for metric, _ in self.target.thresholds}
        for sample in samples:
            if sample.metric in judged:
                window = self.windows.setdefault(sample.metric, array("d"))
                window.append(sample.value)
                del window[:-WINDOW]

    def restore(self, metric: str, values: Iterable[float]) -> None:
        """Fill a window from history, before the first scan after a start is judged."""
        self.windows[metric] = array("d", values)[-WINDOW:]


class Fleet:
    """All targets by id, and the alerts that are open."""

    def __init__(self) -> None:
        self._watched: dict[int, Watched] = {}
        self._open: dict[int, dict[int, Alert]] = {}

    def fill(self, loaded: Loaded) -> None:
        """Take over the fleet as the store last knew it."""
        runs = {run.target_id: run for run in loaded.runs}
        memories = dict(loaded.memories)
        for target in loaded.targets:
            run = runs.get(target.id, RunRow(target.id))
            self._watched[target.id] = Watched(target, run, memories.get(target.id, Memory()))
        for change in loaded.suspected:
            if change.target_id in self._watched:
                self._watched[change.target_id].suspected[change.id] = change
        for target_id, rule, channel, at in loaded.told:
            if target_id in self._watched:
                self._watched[target_id].told[rule, channel] = at
        for alert in loaded.open_alerts:
            self.hold_alert(alert)

    def __len__(self) -> int:
        return len(self._watched)

    def __iter__(self) -> Iterator[Watched]:
        return iter(self._watched.values())

    def get(self, target_id: int) -> Watched | None:
        return self._watched.get(target_id)

    def __getitem__(self, target_id: int) -> Watched:
        try:
            return self._watched[target_id]
        except KeyError:
            raise NotFoundError(f"target T-{target_id} is not watched any more") from None

    def put(self, target: Target) -> Watched:
        """Add a target, or change the one of the same id."""
        known = self._watched.get(target.id)
        if known is None:
            known = self._watched[target.id] = Watched(target, RunRow(target.id), Memory())
        elif known.target != target:
            if not known.target.sees_like(target):
                known.run = replace(known.run, raw_digest=b"", fact_digest=b"")
            if known.target.thresholds != target.thresholds:
                known.restored = False
            known.target = target
        return known

    def drop(self, target_id: int) -> None:
        self._watched.pop(target_id, None)
        self._open.pop(target_id, None)

    def open_alerts(self, target_id: int) -> tuple[Alert, ...]:
        """Alerts of a target (0: of the watch itself) that are not resolved."""
        return tuple(self._open.get(target_id, {}).values())

    def hold_alert(self, alert: Alert) -> None:
        """An alert as it is now; a resolved one is let go."""
        mine = self._open.setdefault(alert.target_id, {})
        if alert.state is AlertState.RESOLVED:
            mine.pop(alert.id, None)
        else:
            mine[alert.id] = _outlined(alert)
        if not mine:
            del self._open[alert.target_id]

    def before(self, watched: Watched) -> Before:
        """What was known of a target before the scan that is to be judged, but for its facts."""
        return Before(
            target=watched.target,
            first=watched.run.last_ok == 0 or not watched.run.fact_digest,
            memory=watched.memory,
            windows=tuple((metric, tuple(values)) for metric, values in watched.windows.items()),
            suspected=tuple(watched.suspected.values()),
            open_alerts=self.open_alerts(watched.target.id),
            told=tuple((rule, channel, at) for (rule, channel), at in watched.told.items()),
        )

    def apply(self, recorded: Recorded, run: RunRow | None, now: float) -> None:
        """Take over what was just committed."""
        watched = self._watched.get(recorded.target_id)
        if watched is not None and run is not None:
            watched.run = run
            watched.memory = recorded.memory
            for change in recorded.changes:
                if change.state is ChangeState.SUSPECTED:
                    watched.suspected[change.id] = change
                else:
                    watched.suspected.pop(change.id, None)
        for alert in recorded.alerts:
            self.hold_alert(alert)
            if watched is not None:
                for delivery in recorded.deliveries:
                    if delivery.alert_id == alert.id:
                        watched.told[alert.rule, delivery.channel] = now


def _outlined(alert: Alert) -> Alert:
    """What the judge asks of an open alert: its conditions and who was told; the rest grows for as long as it lasts."""
    conditions: dict[tuple[str, str], Change] = {}
    for change in alert.changes:
        conditions.pop((change.type, change.key), None)
        outline = replace(change, reasons=(), evidence="", before=None, after=None)
        conditions[change.type, change.key] = outline
    told: dict[tuple[str, str], Delivery] = {}
    for delivery in alert.deliveries:
        told.setdefault((delivery.channel, delivery.event), replace(delivery, response=""))
    return replace(alert, changes=tuple(conditions.values()), deliveries=tuple(told.values()), reasons=())

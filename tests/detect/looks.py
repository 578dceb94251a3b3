"""Short ways to write facts, looks and what was known before them."""

from __future__ import annotations

from dataclasses import replace

from core.detect.judge import Verdicts, judge
from core.model.change import Change, ChangeState
from core.model.judging import Before, Judging, Memory
from core.model.scan import Fact, Failure, FailureClass, Sample, Scan
from core.model.target import Target

TARGET = Target("shop", "https://shop.example/", id=7)
NOW = 1_800_000_000.0


def fact(line: str, value: str = "", stable: str = "", confidence: float = 1.0) -> Fact:
    """`kind key` as a fact with that value."""
    kind, _, key = line.partition(" ")
    return Fact(kind, key, value, confidence, f"line of {key}", stable)


def facts(**kinds: dict[str, str]) -> tuple[Fact, ...]:
    """Facts as kind={key: value}."""
    return tuple(Fact(kind, key, value) for kind, members in kinds.items() for key, value in members.items())


def page(*extra: Fact) -> tuple[Fact, ...]:
    """A small site as the scanners see it, with facts added or replaced."""
    base = {
        (each.kind, each.key): each
        for each in facts(
            page={
                "status": "200",
                "title": "Shop",
                "content_type": "text/html; charset=utf-8",
                "final_url": "https://shop.example/",
            },
            header={"strict-transport-security": "max-age=31536000", "server": "nginx/1.24.0"},
            security={"grade": "B", "https_redirect": "yes"},
            technology={"nginx": "1.24.0", "jQuery": "3.5.1"},
            script={"https://shop.example/app.js": ""},
            text={"t1": "Welcome to the shop of shops", "t2": "All prices with tax"},
            dns={"A": "192.0.2.10", "NS": "ns1.example\nns2.example"},
        )
    }
    return tuple((base | {(each.kind, each.key): each for each in extra}).values())


def without(known: tuple[Fact, ...], *lines: str) -> tuple[Fact, ...]:
    """The facts without those named `kind key`."""
    return tuple(each for each in known if f"{each.kind} {each.key}" not in lines)


def look(known: tuple[Fact, ...] = (), at: float = NOW, **more: object) -> Scan:
    """A successful look that saw these facts."""
    return replace(Scan(TARGET.url, at, 100.0, facts=known), **more)  # type: ignore[arg-type]


def failed(at: float = NOW, what: FailureClass = FailureClass.CONNECT, retry_after: float | None = None) -> Scan:
    """A look that failed."""
    return Scan(TARGET.url, at, 100.0, failure=Failure(what, "connection refused", retry_after))


def timed(total: float, at: float = NOW, **more: object) -> Scan:
    """An unchanged look that took `total` milliseconds."""
    return look(at=at, same=True, samples=(Sample("total_ms", total, "ms"),), **more)


class Watch:
    """Runs looks one after another, keeping what the store and the engine would keep between them."""

    def __init__(self, target: Target = TARGET, judging: Judging | None = None) -> None:
        self.judging = judging or Judging()
        self.before = Before(target, first=True)
        self.now = NOW
        self.known: tuple[Fact, ...] = ()

    def see(self, scan: Scan, judging: Judging | None = None) -> Verdicts:
        """Judge a look and remember its outcome as the store does."""
        self.now += 60
        before = self.before if scan.same else replace(self.before, facts=self.known)
        verdicts = judge(before, replace(scan, scanned_at=self.now), judging or self.judging, self.now)
        self._record(scan, verdicts)
        return verdicts

    def _record(self, scan: Scan, verdicts: Verdicts) -> None:
        stored = [replace(each, id=each.id or self._next_id() + i) for i, each in enumerate(verdicts.changes)]
        known = {(each.kind, each.key): each for each in self.known}
        known = {identity: each for identity, each in known.items() if identity not in verdicts.closed}
        known |= {(each.kind, each.key): each for each in verdicts.opened}
        self.known = tuple(known.values())
        windows = dict(self.before.windows)
        for sample in scan.samples if not scan.busy else ():
            windows[sample.metric] = (*windows.get(sample.metric, ()), sample.value)[-64:]
        self.before = replace(
            self.before,
            first=self.before.first and scan.failure is not None,
            memory=_with_ids(verdicts.memory, stored),
            windows=tuple(windows.items()),
            suspected=_suspected(self.before.suspected, stored),
        )

    def _next_id(self) -> int:
        return max((each.id for each in self.before.suspected), default=0) + 100


def _with_ids(memory: Memory, stored: list[Change]) -> Memory:
    return replace(
        memory,
        suspicions=tuple(
            replace(each, change_id=stored[-each.change_id - 1].id) if each.change_id < 0 else each
            for each in memory.suspicions
        ),
    )


def _suspected(known: tuple[Change, ...], stored: list[Change]) -> tuple[Change, ...]:
    held = {each.id: each for each in (*known, *stored)}
    return tuple(each for each in held.values() if each.state is ChangeState.SUSPECTED)


def told(verdicts: Verdicts) -> list[tuple[str, str]]:
    """Types and states of the changes, in order."""
    return [(each.type, each.state.value) for each in verdicts.changes]

"""Small looks at small targets, for tests of the store."""

from __future__ import annotations

from dataclasses import replace

from core.model.alert import Alert, AlertEvent, AlertState, Delivery
from core.model.change import Change, ChangeState, Reason, Severity
from core.model.judging import Memory, Outcome, Raised
from core.model.people import Actor
from core.model.scan import METRICS, TIMING_METRICS, Document, Fact, Sample, Scan
from core.model.target import Schedule, Status, Target
from core.ports import Ledger, Recording, RunRow

ANNA = Actor("anna", "console")
NOW = 1_790_000_000.25


def target(name: str = "shop", every: float = 60.0) -> Target:
    return Target(name, f"https://{name}.test/", schedule=Schedule(every=every), tags=("shop", "eu"), owner="ops")


async def watched(ledger: Ledger, name: str = "shop", at: float = NOW) -> Target:
    """A target of that name, added a moment before `at`."""
    return await ledger.add_target(target(name), ANNA, at - 1, at)


def samples(value: float = 212.3) -> tuple[Sample, ...]:
    return tuple(
        Sample(metric, value, "ms") if metric in TIMING_METRICS else Sample(metric, 20_480.0, "bytes")
        for metric in METRICS
    )


def look(
    watched: Target,
    at: float = NOW,
    *,
    value: float = 212.3,
    busy: bool = False,
    document: Document | None = None,
    **outcome: object,
) -> Recording:
    """A successful look; `outcome` are fields of Outcome."""
    scan = Scan(watched.url, at, 250.5, samples=samples(value), same=True, busy=busy, document=document)
    whole = Outcome(watched, scan, **{"memory": Memory(Status.UP), "status": Status.UP, **outcome})  # type: ignore[arg-type]
    run = RunRow(watched.id, next_due=at + 60, last_at=at, last_ok=at, raw_digest=b"r" * 16, fact_digest=b"f" * 16)
    return Recording(whole, replace(run, scans=1))


def change(key: str = "nginx", at: float = NOW, **fields: object) -> Change:
    made = Change(
        "technology.version_changed",
        key,
        "1.25.3",
        "1.27.1",
        Severity.HIGH,
        0.97,
        ChangeState.CONFIRMED,
        at,
        (Reason("confirm", "confirmed", "2 of 2 looks agree"),),
        "header server",
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def alert(watched: Target, at: float = NOW, dedup: str = "technology/nginx", **fields: object) -> Alert:
    made = Alert(
        "Technology change",
        Severity.HIGH,
        AlertState.FIRING,
        dedup,
        at,
        watched.id,
        watched.name,
        reasons=(Reason("rule", "fires", "severity>=high"),),
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def raised(
    watched: Target, at: float = NOW, dedup: str = "technology/nginx", changes: tuple[int, ...] = (0,)
) -> Raised:
    deliveries = tuple(Delivery(channel, AlertEvent.FIRING, at) for channel in ("ops-mail", "ops-hook"))
    return Raised(alert(watched, at, dedup), changes, deliveries)


FACTS = (
    Fact("page", "title", "Shop EU", 1.0, "body 12-19"),
    Fact("technology", "nginx", "1.25.3", 0.9, "header server"),
    Fact("security", "grade", "B"),
    Fact("certificate", "not_after", "2027-01-02T03:04:05Z"),
    Fact("header", "set-nonce", "abc123", stable="abc"),
)

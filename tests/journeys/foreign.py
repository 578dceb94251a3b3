"""Foreign words of every kind, and a data directory, an engine's figures and themes that are full of them.

Whoever fills it says the words: harmless ones and hostile ones make the same world, so that what a console sends to
its terminal for the one can be held against what it sends for the other.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from core import clock
from core.errors import NotFoundError
from core.model.alert import AlertEvent, AlertState, Delivery, DeliveryState, Rule
from core.model.change import CHANGE_TYPES, Change, ChangeState, Reason, Severity, Verdict
from core.model.judging import Memory, Outcome, Raised
from core.model.people import Actor, AuditEntry
from core.model.scan import Document, Fact, Failure, FailureClass, Grade, Sample, Scan, SecurityTest, Technology
from core.model.target import ContentScope, Origin, Schedule, Status, Target
from core.operations import ChannelFigures, Declared, EngineStatus, InForce, WorkerFigures
from core.ports import Entry, JobRow, Recording, RunRow
from core.secrets import Located
from core.settings.check import Finding
from core.settings.stored import channel_to_json, rule_to_json
from core.settings.values import ChannelSettings
from core.store.open import Store
from tests.engine.test_operations import Works
from tests.journeys.test_hostile import WORST, strings
from tests.store.looks import alert, look

Say = Callable[[str], str]

FACT_KINDS = (
    "technology", "security", "tls", "certificate", "header", "cookie", "page", "meta", "heading", "script",
    "inline_script", "stylesheet", "feed", "link", "image", "form", "text", "infrastructure", "dns",
)  # fmt: skip
SITES = 6
LONGEST_WORDS = 300


def harmless() -> Say:
    """`header 7`: words that nobody needs to fear, each another."""
    numbers = itertools.count()
    return lambda kind: f"{kind} {next(numbers)}"


def hostile(shared: Path) -> Say:
    """The worst in turn, every other one out of thousands; a number at the end makes each another."""
    numbers = itertools.count()
    turn = _mixed(strings(shared))
    return lambda kind: f"{next(turn)[:LONGEST_WORDS]} {next(numbers)}"


def _mixed(many: Sequence[str]) -> Iterator[str]:
    stride = 7919  # prime, so that all of them come before any comes again
    at = 0
    for worst in itertools.cycle(WORST):
        yield worst
        yield many[at % len(many)]
        at += stride


class TalkativeWorks(Works):
    """An engine whose figures, secrets, settings, tests and errors all quote somebody."""

    def __init__(self, say: Say) -> None:
        super().__init__()
        self.say = say

    def now(self) -> float:
        return clock.now()

    def status(self) -> EngineStatus:
        say, now = self.say, clock.now()
        failing = ChannelFigures(say("channel"), say("type"), 0, 3, 1, say("channel error"), now - 5)
        return EngineStatus(
            4711, say("version"), now - 7200, now, 6, 1280, 4, 1.5, 0, 0, 0, 2.0, 45.0, 12.5, 60.0, True,
            running=((say("running"), now - 3),), workers=(WorkerFigures(0, 4712, 1, 640, 0, 1.5),),
            channels=(failing, ChannelFigures(say("channel"), "email", 5, 0, 0, "", now)),
            storage_bytes=3_500_000, trouble=(say("trouble"), say("trouble")),
        )  # fmt: skip

    async def try_target(self, target: Target) -> Scan:
        say = self.say
        facts = (Fact("page", "status", "200"), Fact("page", "title", say("title")),
                 Fact("page", "content_type", say("content type")))  # fmt: skip
        test = SecurityTest(say("test"), say("result"), False, -5, say("reason"))
        stack = tuple(Technology(say("technology"), say("version"), (say("category"),), 0.9, "") for _ in range(4))
        return Scan(target.url, clock.now(), 12.5, facts, (Sample("total_ms", 12.5, "ms"),),
                    technologies=stack, grade=Grade("C", 60, (test,)))  # fmt: skip

    async def try_channel(self, channel: str) -> str:
        raise NotFoundError(f"there is no channel '{channel}': {self.say('channel error')}")

    async def in_force(self) -> InForce:
        say = self.say
        rules = [Rule(as_named(say("rule")), "down", notify=(as_named(say("channel")),), throttle=60.0) for _ in Origin]
        channels = [
            ChannelSettings(as_named(say("channel")), "webhook", (("url", f"https://hook.test/{at}"),))
            for at, _ in enumerate(Origin)
        ]
        entries = [
            *(Declared("rule", each.name, rule_to_json(each), at) for each, at in zip(rules, Origin, strict=True)),
            *(Declared("channel", each.name, channel_to_json(each), at)
              for each, at in zip(channels, Origin, strict=True)),
        ]  # fmt: skip
        return InForce(f"/nowhere/{say('file')}".replace("\0", ""), tuple(entries))

    async def check_settings(self) -> list[Finding]:
        return [Finding(3, "error", self.say("finding")), Finding(7, "warning", self.say("finding"))]

    async def secrets(self) -> list[Located]:
        return [Located(self.say("secret"), self.say("place")) for _ in range(4)]


def as_named(text: str) -> str:
    """The nearest that the settings let anything be called: one line, no controls."""
    return " ".join("".join(c for c in text if unicodedata.category(c)[0] != "C").split())[-60:]


async def fill(store: Store, say: Say) -> None:
    """Six sites with facts of every kind, changes of every type, alerts in every state, deliveries, jobs, an audit."""
    now = clock.now()
    ledger = store.ledger
    sites = [await ledger.add_target(_site(number, say), _actor(say), now - 3600, now + 600) for number in range(SITES)]
    for at, site in enumerate(sites[:-1]):
        await ledger.record([_first_look(site, say, now - 1800 + at)])
        await ledger.record([_changed_look(site, say, now - 600 + at)])
    await ledger.record([_failed_look(sites[-1], say, now - 300)])
    await ledger.pause_targets([sites[0].id], True, _actor(say), now)
    await _answer(store, say, now)
    states = ("waiting", "dead", "failed", "done")
    await ledger.put_jobs([JobRow(site.id, states[at % 4], now - 60, attempts=3, error=say("job error"))
                           for at, site in enumerate(sites)])  # fmt: skip
    for _ in range(6):
        who = _actor(say)
        await ledger.audit(AuditEntry(now, who.name, who.origin, say("action"), say("subject"), say("detail")))
    await ledger.put_entries([Entry("rule", say("rule"), say("text")), Entry("channel", say("channel"), say("text"))],
                             _actor(say), now)  # fmt: skip


def _actor(say: Say) -> Actor:
    return Actor(say("actor"), say("origin"))


def _site(number: int, say: Say) -> Target:
    return Target(
        say("site"), f"http://127.0.0.1:9/{say('path')}", schedule=Schedule(every=600.0), owner=say("owner"),
        tags=(say("tag"), say("tag")), content=ContentScope(say("select"), (say("ignore"),)), allow_private=True,
    )  # fmt: skip


def _facts(say: Say) -> tuple[Fact, ...]:
    many = [Fact(kind, say(kind), say(f"{kind} value"), 0.9, say("evidence")) for kind in FACT_KINDS for _ in range(3)]
    known = (Fact("page", "title", say("title")), Fact("security", "grade", "F"),
             Fact("certificate", "not_after", "2027-01-02T03:04:05Z"),
             Fact("certificate", "issuer", say("issuer")), Fact("certificate", "subject", say("subject")))  # fmt: skip
    return (*many, *known)


def _first_look(site: Target, say: Say, at: float) -> Recording:
    document = Document(f"{at}".encode()[:16], say("document").encode(), say("content type"))
    return look(site, at, opened=_facts(say), document=document)


def _changed_look(site: Target, say: Say, at: float) -> Recording:
    changes = tuple(_change(name, number, say, at) for number, name in enumerate(CHANGE_TYPES))
    raised = tuple(_raised(site, say, at, (number, number + 3)) for number in range(3))
    moved = tuple(Fact(kind, say(kind), say(f"{kind} value")) for kind in FACT_KINDS)
    changes = tuple(replace(each, target_id=site.id) for each in changes)
    return look(site, at, opened=moved, changes=changes, raised=raised, status=Status.DEGRADED,
                memory=Memory(Status.DEGRADED))  # fmt: skip


def _change(name: str, number: int, say: Say, at: float) -> Change:
    severities, states = tuple(Severity), tuple(ChangeState)
    before = (say("before"), f"{say('before')}\n{say('before')}\n{say('before')}", None)[number % 3]
    reasons = tuple(Reason(say("step"), say("outcome"), say("because")) for _ in range(2))
    return Change(
        name, say("key"), before, say("after"), severities[number % len(severities)], 0.7,
        states[number % len(states)], at, reasons, say("evidence"),
    )  # fmt: skip


def _raised(site: Target, say: Say, at: float, changes: tuple[int, ...]) -> Raised:
    told = tuple(Delivery(say("channel"), AlertEvent.FIRING, at) for _ in range(3))
    fired = alert(site, at, say("dedup"), rule=say("rule"), reasons=(Reason(say("step"), "fires", say("because")),))
    return Raised(fired, changes, told)


def _failed_look(site: Target, say: Say, at: float) -> Recording:
    scan = Scan(site.url, at, 10_000.0, failure=Failure(FailureClass.TLS, say("failure")))
    down = replace(_change("availability.down", 1, say, at), target_id=site.id)
    outcome = Outcome(site, scan, Memory(Status.DOWN), Status.DOWN, changes=(down,),
                      raised=(_raised(site, say, at, (0,)),))  # fmt: skip
    job = JobRow(site.id, "retry", at + 60, attempts=2, error=say("job error"))
    return Recording(outcome, RunRow(site.id, next_due=at + 900, last_at=at, failures=4, scans=9), job)


async def _answer(store: Store, say: Say, now: float) -> None:
    """What people and channels said of the alerts."""
    ledger = store.ledger
    for at, each in enumerate(await store.reader.deliveries()):
        state = (DeliveryState.DELIVERED, DeliveryState.DEAD, DeliveryState.RETRYING)[at % 3]
        await ledger.move_delivery(replace(each, state=state, attempts=at % 9 + 1, response=say("response")))
    states = (AlertState.ACKNOWLEDGED, AlertState.RESOLVED, AlertState.SILENCED)
    for at, fired in enumerate((await store.reader.alerts())[:9]):
        await ledger.set_alert_state(fired.id, states[at % 3], _actor(say), say("note"), now)
    for each in (await store.reader.changes())[:3]:
        await ledger.set_verdict("change", each.id, Verdict.NOISE, _actor(say), now)


def themes(folder: Path, shipped: Path, say: Say) -> None:
    """A theme that calls itself something, and one that is none, in the folder of somebody's own themes."""
    folder.mkdir(parents=True)
    named, summary = (json_text(say(each)) for each in ("theme", "summary"))
    text = (shipped / "dark.toml").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith(("name =", "summary ="))]
    (folder / "own.toml").write_text("\n".join([f"name = {named}", f"summary = {summary}", *lines]), "utf-8")
    (folder / "bad.toml").write_text(f"{json_text(say('key'))} = {json_text(say('value'))}\n", "utf-8")


def json_text(text: str) -> str:
    """A TOML string of any text."""
    return '"' + "".join(c if c.isalnum() or c == " " else f"\\U{ord(c):08X}" for c in text) + '"'

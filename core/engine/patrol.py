"""The loop from due to recorded: claim what is due, let workers look, judge, store, and plan the next look.

A target is claimed from the moment it is handed to a worker until its outcome is committed, so looks at one target
never overlap and its decisions are made in order. Batches form by themselves: whatever arrived while the last commit
was under way is judged and stored together.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import urlsplit

from core import clock
from core.detect.availability import pending
from core.engine.baselines import Arrived, Baseline, Baselines, Compared, put_beside
from core.engine.figures import Latencies, Rate
from core.engine.fleet import WINDOW, Fleet, Watched
from core.engine.jobs import job_of
from core.engine.link import Link
from core.errors import RefusedError, StoreError
from core.model.alert import Delivery
from core.model.judging import Judging, Memory
from core.model.scan import SAYS_NOTHING, Failure, FailureClass, Scan, ScanJob, read_otherwise
from core.model.target import Profile, Target
from core.operations import Looked
from core.pipeline import evaluate
from core.ports import History, JobRow, Ledger, Recorded, Recording, RunRow
from core.scan.pool import WorkerPool
from core.schedule import retry
from core.schedule.agenda import Agenda
from core.schedule.budget import DomainBudget, registrable_domain
from core.schedule.due import next_due, resumed
from core.store.reader import SqliteReader

_TAKEN_AT_ONCE = 256
_UNSETTLED_AT_MOST = 96  # looks with facts that wait to be judged and stored, or are just being so
_JUDGED_AT_ONCE = 64
_SETTLING_AT_ONCE = 4
_STORE_RETRY_SECONDS = 1.0
_PUT_BACK_SECONDS = 2.0
_DRAINED_SECONDS = 0.3

_log = logging.getLogger("vedette.patrol")


@dataclass(slots=True)
class _Claim:
    """A target that is being looked at: for when it was due, what its worker was told of it, and who waits."""

    job: ScanJob
    domain: str
    started_at: float
    baseline: Baseline | None
    waiters: list[asyncio.Future[Looked]]


@dataclass(frozen=True, slots=True)
class Rules:
    """What the patrol obeys; replaced as a whole when the settings change."""

    judging: Callable[[Target, bool], Judging]
    batch_concurrency: int = 5
    detect_every: float = 900.0


class Patrol:
    """The watch over a fleet. `deliver` hears of every delivery that was committed."""

    def __init__(
        self,
        *,
        fleet: Fleet,
        agenda: Agenda,
        budget: DomainBudget,
        pool: WorkerPool,
        ledger: Ledger,
        reader: SqliteReader,
        history: History,
        link: Link,
        rules: Rules,
        deliver: Callable[[Delivery], None],
        now: Callable[[], float],
        chance: Callable[[], float],
    ) -> None:
        self._fleet = fleet
        self._agenda = agenda
        self._budget = budget
        self._pool = pool
        self._ledger = ledger
        self._baselines = Baselines(reader)
        self._history = history
        self._link = link
        self.rules = rules
        self._deliver = deliver
        self._now = now
        self._chance = chance
        self._job_ids = itertools.count(1)
        self._claims: dict[int, _Claim] = {}
        self._wanted: dict[int, float] = {}
        self._arrived: list[tuple[_Claim, Scan]] = []
        self._unsettled = 0
        self._held: list[tuple[_Claim, Scan]] = []
        self._patient: set[int] = set()
        self._wake = asyncio.Event()
        self._news = asyncio.Event()
        self._idle = asyncio.Event()
        self._settling = asyncio.Semaphore(_SETTLING_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._handed_out_at = 0.0
        self.late = Latencies()
        self.stored = Latencies()
        self.rate = Rate()
        self.scans = 0
        self.failures = 0
        self.trouble = ""

    # -- planning

    def plan(self, watched: Watched, due: float | None = None) -> None:
        """Put a target on the agenda, or take it off while it is paused."""
        if watched.target.paused:
            self._agenda.remove(watched.target.id)
            self._wanted.pop(watched.target.id, None)
            return
        if due is not None:
            watched.run = replace(watched.run, next_due=due)
        elif watched.run.next_due == 0:
            watched.run = replace(watched.run, next_due=self.first_due(watched.target))
        wanted = self._wanted.get(watched.target.id, watched.run.next_due)
        self._agenda.add(watched.target.id, min(wanted, watched.run.next_due))
        self._wake.set()

    def resume(self) -> None:
        """Plan the whole fleet after a start: what was missed meanwhile is looked at once, spread over a while."""
        now = self._now()
        overdue = sum(0 < watched.run.next_due <= now for watched in self._fleet)
        for watched in self._fleet:
            target, due = watched.target, watched.run.next_due
            self.plan(
                watched,
                resumed(target.schedule, target.target_class, _phase(target), now=now, due=due, overdue=overdue),
            )

    def forget(self, target_id: int) -> None:
        self._agenda.remove(target_id)
        self._wanted.pop(target_id, None)
        self._fleet.drop(target_id)
        self._baselines.drop(target_id)

    def first_due(self, target: Target) -> float:
        """A new target is looked at once at once; its phase counts from the second look on."""
        return self._now()

    def soon(self, target_ids: Iterable[int]) -> None:
        """Look at these as soon as their domains allow, and again at those whose look is under way or held."""
        for target_id in target_ids:
            self._wanted[target_id] = self._now()
            self._agenda.add(target_id, self._now())
        self.judge_held()
        self._wake.set()

    async def look(self, target: Target) -> Looked:
        """One look out of turn, after one that is under way; answers when its outcome is stored."""
        watched, domain = self._fleet.put(target), _domain(target)
        while True:
            if (under_way := self._claims.get(target.id)) is not None:
                self.judge_held()
                await self._end_of(under_way)
            elif (wait := self._budget.reserve(domain, self._now())) > 0:
                await asyncio.sleep(wait)
            else:
                break
        self._agenda.remove(target.id)
        claim = self._claim(watched, self._now(), domain, manual=True)
        self._pool.submit([claim.job])
        return await self._end_of(claim)

    def _end_of(self, claim: _Claim) -> asyncio.Future[Looked]:
        waiter: asyncio.Future[Looked] = asyncio.get_running_loop().create_future()
        claim.waiters.append(waiter)
        return waiter

    # -- handing out

    async def dispatch(self) -> None:
        """Hand out what is due, for ever."""
        while not self._stopping:
            self._wake.clear()
            wait = self.hand_out()
            try:
                async with asyncio.timeout(wait):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def hand_out(self) -> float:
        """Submit every due look that workers, domains and the store have room for; seconds until the next try.

        A look that waits to be stored holds its facts: seven hundred first looks at once took 300 MB.
        """
        now = self._now()
        self._heed_clock(now)
        jobs: list[ScanJob] = []
        free = min(self._pool.free(), _TAKEN_AT_ONCE, _UNSETTLED_AT_MOST - self._unsettled)
        while len(jobs) < free:
            taken = self._agenda.take(now, free - len(jobs))
            if not taken:
                break
            for target_id in taken:
                claim = self._claimed(target_id, now)
                if claim is not None:
                    jobs.append(claim.job)
        if jobs:
            self._pool.submit(jobs)
        if free <= len(jobs):
            return 0.02
        due = self._agenda.next_at()
        return 1.0 if due is None else min(1.0, max(0.005, due - now))

    def _heed_clock(self, now: float) -> None:
        """A clock that was put back must not leave the fleet unwatched until it has caught up."""
        if now < self._handed_out_at - _PUT_BACK_SECONDS:
            _log.warning("the clock was put back", extra={"seconds": round(self._handed_out_at - now, 1)})
            self._wanted.clear()
            self._budget.limits_only()
            self.resume()
        self._handed_out_at = now

    def _claimed(self, target_id: int, now: float) -> _Claim | None:
        watched = self._fleet.get(target_id)
        if watched is None or watched.target.paused or target_id in self._claims:
            self._agenda.release(target_id)
            return None
        due = self._wanted.get(target_id) or watched.run.next_due or now
        wait = self._wait(watched.target, now)
        if wait > 0:
            self._wanted[target_id] = due
            self._agenda.release(target_id)
            self._agenda.add(target_id, now + wait)
            return None
        self._wanted.pop(target_id, None)
        self.late.add((now - due) * 1000)
        return self._claim(watched, due, _domain(watched.target), manual=False)

    def _wait(self, target: Target, now: float) -> float:
        if target.profile is Profile.BATCH and len(self._patient) >= self.rules.batch_concurrency:
            return 0.25
        return self._budget.reserve(_domain(target), now)

    def _claim(self, watched: Watched, due: float, domain: str, *, manual: bool, attempt: int = 1) -> _Claim:
        target, run = watched.target, watched.run
        baseline = None if manual else self._baselines.held(target.id)
        job = replace(
            job_of(target, next(self._job_ids), due),
            known_raw=b"" if manual else run.raw_digest,
            known_facts=b"" if manual else run.fact_digest,
            attempt=attempt,
            manual=manual,
            packing=not manual,
            known_marks=baseline.marks if baseline is not None else b"",
        )
        if target.profile is Profile.BATCH:
            self._patient.add(target.id)
        claim = self._claims[target.id] = _Claim(job, domain, self._now(), baseline, [])
        return claim

    # -- hearing

    def on_scan(self, job: ScanJob, scan: Scan) -> None:
        """A worker answered."""
        claim = self._claims.get(job.target_id)
        if claim is None or claim.job.id != job.id:
            return
        self._budget.release(claim.domain, self._now())
        self._patient.discard(job.target_id)
        if scan.failure is not None and _asks_for_patience(scan.failure):
            self._budget.back_off(claim.domain, self._now(), scan.failure.retry_after)
        watched = self._fleet.get(job.target_id)
        batch = watched is not None and watched.target.profile is Profile.BATCH
        if batch and not job.manual and not claim.waiters and self.rules.detect_every > 0:
            self._held.append((claim, scan))
        else:
            self._arrived.append((claim, scan))
            self._unsettled += _with_facts(self._arrived[-1:])
            self._news.set()
        self._wake.set()

    def on_lost(self, job: ScanJob) -> None:
        """A look died with its worker through no fault of its own."""
        claim = self._claims.get(job.target_id)
        if claim is None or claim.job.id != job.id:
            return
        decision = retry.lost(job.attempt, self._now())
        if decision.dead:
            self._start(self._give_up(claim, decision.reason.because))
            return
        claim.job = replace(job, attempt=job.attempt + 1)
        self._pool.submit([claim.job])

    async def _give_up(self, claim: _Claim, because: str) -> None:
        now = self._now()
        job = claim.job
        row = JobRow(job.target_id, "dead", job.scheduled_for, claim.started_at, now, job.attempt, because)
        job_id = 0
        try:
            [dead] = await self._ledger.put_jobs([row])
            job_id = dead.id
        except StoreError as error:
            _log.error("a dead job could not be stored", extra={"target": job.name, "error": str(error)})
        self._budget.release(claim.domain, now)
        self._finish(claim, Scan(job.url, now, 0.0, failure=Failure(FailureClass.PARSE, because)), job_id)
        watched = self._fleet.get(job.target_id)
        if watched is not None:
            self.plan(watched, self._next_due(watched, None))

    def judge_held(self) -> None:
        """Let the results that batch targets have collected be judged now."""
        self._arrived.extend(self._held)
        self._unsettled += _with_facts(self._held)
        self._held = []
        if self._arrived:
            self._news.set()

    # -- judging and storing

    async def settle(self) -> None:
        """Judge and store what arrives, for ever."""
        while True:
            await self._news.wait()
            await self._settling.acquire()
            batch, self._arrived = self._arrived[:_JUDGED_AT_ONCE], self._arrived[_JUDGED_AT_ONCE:]
            if not self._arrived:
                self._news.clear()
            if batch:
                self._start(self._settled(batch))
            else:
                self._settling.release()

    async def _settled(self, batch: list[tuple[_Claim, Scan]]) -> None:
        try:
            while not await self._tried(batch) and not self._stopping:
                await asyncio.sleep(_STORE_RETRY_SECONDS)
        finally:
            self._unsettled -= _with_facts(batch)
            self._settling.release()

    async def _tried(self, batch: list[tuple[_Claim, Scan]]) -> bool:
        """Judge and store; False while the database cannot take it, so that nothing is lost but time.

        What cannot be judged or stored though the database works is told apart look by look, and costs no other.
        """
        batch = [(claim, scan) for claim, scan in batch if self._claims.get(claim.job.target_id) is claim]
        known = [(claim, scan) for claim, scan in batch if self._stands(claim.job)]
        try:
            compared = await self._compared(known)
            known = [(claim, scan) for claim, scan in known if not _differs(scan) or claim.job.target_id in compared]
            recordings = await self._all_judged(known, compared)
            recorded = await self._ledger.record(recordings)
        except StoreError as error:
            if not isinstance(error, RefusedError):
                _log.error("the outcome of looks could not be stored", extra={"looks": len(batch), "error": str(error)})
                self.trouble = str(error)
                return False
            return await self._tried_apart(batch)
        except Exception:  # noqa: BLE001 - a fault over one target must not end the watch over the others
            return await self._tried_apart(batch)
        self.trouble = ""
        for (claim, scan), recording, result in zip(known, recordings, recorded, strict=True):
            self._recorded(claim, scan, recording, result)
            if claim.job.target_id in compared:
                self._baselines.follow(compared[claim.job.target_id], recording.outcome, result.opened)
        for claim, scan in batch:
            if self._claims.get(claim.job.target_id) is claim:
                self._outdated(claim, scan)
        self.rate.add(self._now(), len(known))
        return True

    async def _tried_apart(self, batch: list[tuple[_Claim, Scan]]) -> bool:
        if len(batch) > 1:
            return all([await self._tried([each]) for each in batch])
        for claim, scan in batch:
            _log.exception("a look could not be judged or stored", extra={"target": claim.job.name})
            self._left(claim, scan)
        return True

    async def _compared(self, batch: list[tuple[_Claim, Scan]]) -> dict[int, Compared]:
        """What of each look differs, beside what the store has of it."""
        looks = {
            claim.job.target_id: Arrived(scan, self._fleet[claim.job.target_id].memory, claim.baseline)
            for claim, scan in batch
            if _differs(scan)
        }
        return await self._baselines.compared(looks)

    async def _all_judged(self, batch: list[tuple[_Claim, Scan]], compared: dict[int, Compared]) -> list[Recording]:
        for claim, scan in batch:
            await self._ready(self._fleet[claim.job.target_id], scan)
        return [self._judged(claim, scan, compared.get(claim.job.target_id)) for claim, scan in batch]

    def _stands(self, job: ScanJob) -> bool:
        """Whether a look was made at what is watched now: neither removed nor edited since it was handed out."""
        watched = self._fleet.get(job.target_id)
        return watched is not None and _looked_at(watched.target) == (job.url, job.scanners, job.select, job.ignore)

    def _outdated(self, claim: _Claim, scan: Scan) -> None:
        """What was seen says nothing of what is watched now, and must not become its baseline."""
        self._finish(claim, scan, 0)
        watched = self._fleet.get(claim.job.target_id)
        if watched is not None:
            self.plan(watched, self._now())

    def _left(self, claim: _Claim, scan: Scan) -> None:
        """Nothing could be made of a look: the target's next one is as if this had not been."""
        self._finish(claim, scan, 0)
        watched = self._fleet.get(claim.job.target_id)
        if watched is not None:
            self.plan(watched, self._next_due(watched, None))

    async def _ready(self, watched: Watched, scan: Scan) -> None:
        """What judging needs from outside: the latest numbers after a start, and whether our own link works."""
        if not watched.restored:
            for metric, _ in watched.target.thresholds:
                watched.restore(metric, await self._history.window(watched.target.id, metric, WINDOW))
            watched.restored = True
        failed = scan.failure is not None and scan.failure.failure_class not in SAYS_NOTHING
        self._link.saw(watched.target.id, failed, self._now())
        if failed and not watched.memory.down_since:
            await self._link.doubt(_failing_since(watched.memory, self._now()))

    def _judged(self, claim: _Claim, scan: Scan, compared: Compared | None) -> Recording:
        watched = self._fleet[claim.job.target_id]
        now = self._now()
        judging = self.rules.judging(watched.target, self._link.online)
        before = self._fleet.before(watched)
        if compared is not None:
            before, scan = put_beside(before, compared)
            if read_otherwise(watched.run.raw_digest, scan.raw_digest):
                before = replace(before, first=True)
        outcome = evaluate(before, scan, judging, now)
        again = self._again_after(watched, scan, outcome.rescan_after)
        return Recording(outcome, self._run_after(watched, scan, again), _job_row(claim, scan, now))

    def _again_after(self, watched: Watched, scan: Scan, rescan_after: float | None) -> float | None:
        """Seconds until a look out of turn: what a failure calls for, else what is to be confirmed."""
        if scan.failure is None:
            return rescan_after
        target, now = watched.target, self._now()
        decision = retry.decide(
            scan.failure,
            watched.run.attempt + 1,
            target.target_class,
            interval=self._next_due(watched, None) - now,
            now=now,
            chance=self._chance(),
        )
        extra = {"target": target.name, "outcome": decision.reason.outcome, "because": decision.reason.because}
        _log.info("a look failed", extra=extra)
        return None if decision.again_at is None else decision.again_at - now

    def _run_after(self, watched: Watched, scan: Scan, rescan_after: float | None) -> RunRow:
        run, failed = watched.run, scan.failure is not None
        seen = not failed or bool(scan.fact_digest)
        return replace(
            run,
            next_due=self._next_due(watched, rescan_after),
            attempt=run.attempt + 1 if failed else 0,
            last_at=scan.scanned_at,
            last_ok=run.last_ok if failed else scan.scanned_at,
            raw_digest=scan.raw_digest if seen and not failed else run.raw_digest,
            fact_digest=scan.fact_digest if seen and not failed else run.fact_digest,
            scans=run.scans + 1,
            failures=run.failures + failed,
        )

    def _next_due(self, watched: Watched, rescan_after: float | None) -> float:
        target, now = watched.target, self._now()
        regular = next_due(target.schedule, target.target_class, _phase(target), now, watched.run.next_due)
        return regular if rescan_after is None else min(regular, now + rescan_after)

    def _recorded(self, claim: _Claim, scan: Scan, recording: Recording, result: Recorded) -> None:
        now = self._now()
        watched = self._fleet.get(claim.job.target_id)
        self._fleet.apply(result, self._run_now(claim.job, watched, recording), now)
        self.scans += 1
        self.failures += scan.failure is not None
        self.stored.add((now - claim.job.scheduled_for) * 1000)
        if watched is not None and not scan.busy and scan.failure is None:
            watched.remember(scan.samples)
        for delivery in result.deliveries:
            self._deliver(delivery)
        self._finish(claim, scan, result.job_id)
        if watched is not None:
            self.plan(watched)

    def _run_now(self, job: ScanJob, watched: Watched | None, recording: Recording) -> RunRow:
        """The run row that was committed, but for what an edit changed during the commit."""
        run = recording.run
        if watched is None or watched.target is recording.outcome.target:
            return run
        run = replace(run, next_due=min(run.next_due, watched.run.next_due))
        return run if self._stands(job) else replace(run, raw_digest=b"", fact_digest=b"")

    def _finish(self, claim: _Claim, scan: Scan, job_id: int) -> None:
        self._claims.pop(claim.job.target_id, None)
        self._patient.discard(claim.job.target_id)
        self._agenda.release(claim.job.target_id)
        for waiter in claim.waiters:
            if not waiter.done():
                waiter.set_result(Looked(scan, job_id))
        if not self._claims:
            self._idle.set()

    # -- ending

    def running(self) -> tuple[tuple[str, float], ...]:
        """Targets that are being looked at, each with the moment its look began."""
        return tuple((claim.job.name, claim.started_at) for claim in self._claims.values())

    async def round(self, at_most: float) -> None:
        """Hand out what is due and what that leads to within `at_most` seconds, until nothing is under way or soon."""
        ends = self._now() + at_most
        while self._now() < ends:
            self.hand_out()
            self.judge_held()
            if not self._claims and not self._coming(ends):
                return
            await asyncio.sleep(0.02)

    def _coming(self, ends: float) -> bool:
        """Whether a look to confirm or refute a suspicion is planned before `ends`."""
        return any(
            (watched.suspected or watched.run.scans == 0) and not watched.target.paused and watched.run.next_due < ends
            for watched in self._fleet
        )

    def stop(self) -> None:
        """Hand out nothing more."""
        self._stopping = True
        self._wake.set()

    async def drain(self) -> None:
        """Judge and store what has arrived, for a moment; all other looks are made again after the next start."""
        self.judge_held()
        ends = clock.monotonic() + _DRAINED_SECONDS
        while self._arrived and clock.monotonic() < ends:
            batch, self._arrived = self._arrived[:_JUDGED_AT_ONCE], self._arrived[_JUDGED_AT_ONCE:]
            self._unsettled -= _with_facts(batch)
            if not await self._tried(batch):
                break
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _failing_since(memory: Memory, now: float) -> float:
    """When the failed looks in a row began, of which this is the latest."""
    suspicion = pending(memory)
    return suspicion.first_at if suspicion else now


def _phase(target: Target) -> str:
    return target.uuid or target.name


def _domain(target: Target) -> str:
    return _domain_of(target.url)


@lru_cache(maxsize=16_384)
def _domain_of(url: str) -> str:
    return registrable_domain(urlsplit(url).hostname or url)


def _looked_at(target: Target) -> tuple[str, tuple[str, ...], str, tuple[str, ...]]:
    return (target.url, target.scanners, target.content.select, target.content.ignore)


def _with_facts(looks: Iterable[tuple[_Claim, Scan]]) -> int:
    return sum(_differs(scan) for _, scan in looks)


def _differs(scan: Scan) -> bool:
    return not scan.same and scan.failure is None


def _asks_for_patience(failure: Failure) -> bool:
    return failure.retry_after is not None or failure.message.startswith(("429", "503"))


def _job_row(claim: _Claim, scan: Scan, now: float) -> JobRow | None:
    """Only manual looks and such that needed more than one attempt have a row of their own."""
    job = claim.job
    if not job.manual and job.attempt == 1:
        return None
    error = scan.failure.message if scan.failure else ""
    state = "failed" if scan.failure else "completed"
    return JobRow(job.target_id, state, job.scheduled_for, claim.started_at, now, job.attempt, error)

"""Looks at what may become a target: by the engine's own workers, with guard and politeness, and never stored."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from core.engine.jobs import job_of
from core.model.scan import Failure, FailureClass, Scan, ScanJob
from core.model.target import Target
from core.scan.pool import WorkerPool
from core.schedule import retry
from core.schedule.budget import DomainBudget, registrable_domain

TRIAL = 0  # the target of a trial's job: no stored one has this number
_FIRST_ID = 1 << 40  # far above the patrol's jobs, which count from 1


@dataclass(frozen=True, slots=True)
class _Trial:
    domain: str
    answer: asyncio.Future[Scan]


class Trials:
    """Hands trials to the pool and hears of them; the patrol never does."""

    def __init__(self, pool: WorkerPool, budget: DomainBudget, now: Callable[[], float]) -> None:
        self._pool = pool
        self._budget = budget
        self._now = now
        self._ids = itertools.count(_FIRST_ID)
        self._open: dict[int, _Trial] = {}

    async def look(self, target: Target) -> Scan:
        """One look at exactly what the target says, as soon as its domain allows."""
        domain = registrable_domain(urlsplit(target.url).hostname or target.url)
        while (wait := self._budget.reserve(domain, self._now())) > 0:
            await asyncio.sleep(wait)
        trial = _Trial(domain, asyncio.get_running_loop().create_future())
        job = self._job(target)
        self._open[job.id] = trial
        self._pool.submit([job])
        return await trial.answer

    def _job(self, target: Target) -> ScanJob:
        return replace(job_of(target, next(self._ids), self._now()), target_id=TRIAL, want_document=False, manual=True)

    def on_scan(self, job: ScanJob, scan: Scan) -> None:
        """A worker answered."""
        trial = self._open.pop(job.id, None)
        if trial is None:
            return
        self._budget.release(trial.domain, self._now())
        if not trial.answer.done():
            trial.answer.set_result(scan)

    def on_lost(self, job: ScanJob) -> None:
        """A look died with its worker through no fault of its own: it is tried again, as often as any other."""
        decision = retry.lost(job.attempt, self._now())
        if decision.dead:
            failure = Failure(FailureClass.PARSE, decision.reason.because)
            self.on_scan(job, Scan(job.url, self._now(), 0.0, failure=failure))
        else:
            self._pool.submit([replace(job, attempt=job.attempt + 1)])

"""The composition root: one straight way from a data directory to a watching engine, and the same way back.

What is opened is closed in reverse order by a stack of cleanups, so a start that fails half-way leaves nothing behind.
`open` takes the lease and reads what the engine must know; a command that only changes something stops there.
`start` adds the workers, the outbox and the timers.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC
from pathlib import Path

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from core import clock
from core.engine import logs
from core.engine.channels import Channels, drill
from core.engine.checks import checks
from core.engine.declared import declared
from core.engine.fleet import Fleet
from core.engine.link import Link
from core.engine.outlet import Outlet
from core.engine.patrol import Patrol, Rules
from core.engine.trial import TRIAL, Trials
from core.errors import NotFoundError, SettingsError, StoreError, VedetteError
from core.model.alert import Alert, Delivery
from core.model.change import Change
from core.model.judging import Judging
from core.model.people import Actor
from core.model.scan import Scan, ScanJob
from core.model.secret import Secret
from core.model.target import Profile, Target
from core.notify.outbox import Outbox
from core.operations import EngineOperations, EngineStatus, InForce, Looked, WorkerFigures, served
from core.pipeline import evaluate_link
from core.ports import DeliveryError, Loaded, Message, Reader
from core.scan.pool import FINGERPRINTS, WorkerPool
from core.schedule.agenda import Agenda
from core.schedule.budget import DomainBudget
from core.secrets import Located, SecretStore, Stored
from core.settings.check import Finding, Surroundings, findings
from core.settings.load import load
from core.settings.stored import channel_from_json, rule_from_json
from core.settings.values import Settings
from core.store.lease import acquire
from core.store.open import Store, open_store, prepare_directory
from core.text import safe, unreadable
from core.version import VERSION
from core.watch.settings_file import SettingsFile

ENGINE = Actor("vedette", "engine")
RETENTION_SECONDS = 600
RECHECK_SECONDS = 5
RELOAD_AGAIN_SECONDS = 5.0
ROUND_AT_MOST = 120.0
OUTBOX_AT_MOST = 30.0
TOLD_AT_MOST = 20  # changes of an alert in one message

_log = logging.getLogger("vedette.engine")


class Engine:
    """The one engine of a data directory; `operations` is how anybody acts on it."""

    def __init__(
        self, directory: Path, settings_file: Path | None, settings: Settings, store: Store, secrets: SecretStore
    ) -> None:
        self.directory = directory
        self.reader = store.reader
        self._settings_file = settings_file
        self._settings = settings
        self._store = store
        self._secrets = secrets
        self._started_at = clock.now()
        self._cleanups = AsyncExitStack()
        self._fleet = Fleet()
        self._rules: tuple[Judging, Judging] = (Judging(), Judging())
        self._trouble: dict[str, str] = {}
        self._channels = Channels(store.ledger)
        self._link = Link(settings.connectivity.check, self._link_changed, clock.now)
        self._agenda = Agenda()
        self._budget = DomainBudget(settings.fetch.domain_rate, settings.fetch.domain_concurrency)
        self._pool = WorkerPool(
            _workers(settings),
            settings.fetch,
            on_scan=self._on_scan,
            on_lost=self._on_lost,
            now=clock.now,
            fingerprints=directory / FINGERPRINTS,
        )
        self._outbox = Outbox(
            channels=self._channels.all,
            ledger=self._channels,
            load=self._message,
            now=clock.now,
            chance=clock.chance,
        )
        self._patrol = Patrol(
            fleet=self._fleet,
            agenda=self._agenda,
            budget=self._budget,
            pool=self._pool,
            ledger=store.ledger,
            reader=store.reader,
            history=store.history,
            link=self._link,
            rules=Rules(self._judging),
            deliver=self._outbox.put,
            now=clock.now,
            chance=clock.chance,
        )
        self._trials = Trials(self._pool, self._budget, clock.now)
        self._working = False
        self._reloading = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._reloads: set[asyncio.Task[None]] = set()
        self._timers = AsyncIOScheduler(timezone=UTC)
        self.operations = EngineOperations(store.ledger, store.reader, self)

    # -- from a directory to an engine

    @classmethod
    async def open(cls, directory: Path, settings_file: Path | None, environ: Mapping[str, str]) -> Engine:
        """The engine with its lease and its memory, not yet watching. LeaseHeldError when another one runs."""
        async with AsyncExitStack() as cleanups:
            prepare_directory(directory)
            lease = acquire(directory)
            cleanups.callback(lease.release)
            store = await open_store(directory, writable=True)
            cleanups.push_async_callback(store.close)
            settings = await _loaded(settings_file, environ, store.reader)
            store.ledger.keep(settings.retention)
            engine = cls(directory, settings_file, settings, store, SecretStore(environ, directory))
            await engine._take_settings(settings)
            await engine._take_memory()
            engine._cleanups = cleanups.pop_all()
            return engine

    async def start(self) -> None:
        """Watch: workers, outbox, timers, the socket, the settings file."""
        end_logs = logs.set_up(self.directory / "logs", self._secrets.seen)
        self._cleanups.callback(end_logs)
        await self._work()
        self._patrol.resume()
        self._begin(self._patrol.dispatch(), "dispatch")
        self._cleanups.callback(self._patrol.stop)
        await self._cleanups.enter_async_context(served(self.directory, self.operations))
        self._start_timers()
        self._watch_settings()
        _log.info("the engine watches", extra={"targets": len(self._fleet), "workers": _workers(self._settings)})

    async def _work(self) -> None:
        """Start what a look needs: workers, the judge, the outbox."""
        if self._working:
            return
        self._working = True
        self._cleanups.push_async_callback(self._end_tasks)
        self._begin(self._outbox.run(), "outbox")
        self._cleanups.push_async_callback(self._patrol.drain)
        await self._pool.start()
        self._cleanups.push_async_callback(self._pool.stop)
        self._begin(self._patrol.settle(), "settle")

    async def until(self, stop: asyncio.Event) -> None:
        """Until `stop` is set or one of the engine's own tasks breaks, which is raised."""
        waiting = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([waiting, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        for task in self._tasks:
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                raise error

    async def stop(self) -> None:
        """Close everything in the reverse order of its start; what is committed stays, the rest is done again."""
        await self._cleanups.aclose()

    def _begin(self, work: Coroutine[None, None, None], name: str) -> None:
        self._tasks.add(asyncio.create_task(work, name=name))

    async def _end_tasks(self) -> None:
        ending = (*self._tasks, *self._reloads)
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    def _start_timers(self) -> None:
        timers = self._timers
        timers.add_job(self._purge, "interval", seconds=RETENTION_SECONDS, id="retention", max_instances=1)
        timers.add_job(self._link.recheck, "interval", seconds=RECHECK_SECONDS, id="own link", max_instances=1)
        timers.add_job(self._judge, "interval", seconds=_judge_every(self._settings), id="judge", max_instances=1)
        timers.start()
        self._cleanups.callback(timers.shutdown, wait=False)

    async def _judge(self) -> None:
        """A coroutine, because the timers run plain functions in threads."""
        self._patrol.judge_held()

    # -- settings

    def _watch_settings(self) -> None:
        if self._settings_file is None:
            return
        watching = SettingsFile(self._settings_file, self._reload_soon)
        watching.start(known=self._settings.text.encode())
        self._cleanups.push_async_callback(watching.stop)

    def _reload_soon(self) -> None:
        reloading = asyncio.create_task(self._reload(), name="reload")
        self._reloads.add(reloading)
        reloading.add_done_callback(self._reloads.discard)

    async def _reload(self) -> None:
        """Take the changed file; one that is wrong changes nothing and is shown as trouble."""
        async with self._reloading:
            while (trouble := await self._reloaded()) is not None:
                self._trouble["settings"] = str(trouble)
                _log.error("the changed settings file cannot be used", extra={"error": str(trouble)})
                if not isinstance(trouble, StoreError):
                    return
                await asyncio.sleep(RELOAD_AGAIN_SECONDS)
            self._trouble.pop("settings", None)

    async def _reloaded(self) -> VedetteError | None:
        """What stood in the way; where it is the store, the file is worth another try."""
        try:
            await self._follow(await _loaded(self._settings_file, os.environ, self.reader))
        except VedetteError as error:
            return error
        return None

    async def _follow(self, settings: Settings) -> None:
        fetch_changed = settings.fetch != self._settings.fetch
        self._settings = settings
        await self._take_settings(settings)
        if fetch_changed:
            self._pool.reconfigure(settings.fetch)
            self._budget.limit(settings.fetch.domain_rate, settings.fetch.domain_concurrency)
        self._link.references = settings.connectivity.check
        self._store.ledger.keep(settings.retention)
        await self._sync_fleet()
        if self._timers.running:
            self._timers.reschedule_job("judge", trigger="interval", seconds=_judge_every(settings))
        _log.info("the settings were taken over", extra={"digest": settings.digest})

    async def _take_settings(self, settings: Settings) -> None:
        now = clock.now()
        await self._keep_revision(settings, now)
        targets = [(target, self._patrol.first_due(target)) for target in settings.targets]
        await self._store.ledger.sync_file_targets(targets, now)
        await self.entries_changed()
        self._patrol.rules = Rules(self._judging, settings.batch.concurrency, settings.batch.detect_every)

    async def _keep_revision(self, settings: Settings, now: float) -> None:
        """Every text the file ever had is kept; the same text again is the same revision."""
        if not settings.source:
            return
        known = await self.reader.revisions()
        if known and known[0][2] == settings.digest:
            return
        await self._store.ledger.save_revision(settings.text, settings.digest, ENGINE, now)

    async def entries_changed(self) -> None:
        """Channels and rules are those of the file and those entered elsewhere; the file's win by name."""
        channels = {each.name: each for each in self._settings.channels}
        rules = {each.name: each for each in self._settings.rules}
        faults: dict[str, str] = {}
        for entry in await self.reader.entries():
            try:
                if entry.kind == "channel" and entry.name not in channels:
                    channels[entry.name] = channel_from_json(entry.text)
                elif entry.kind == "rule" and entry.name not in rules:
                    rules[entry.name] = rule_from_json(entry.text)
            except SettingsError as error:
                faults[f"entry {entry.kind} {entry.name}"] = _not_in_force(f"{entry.kind} '{entry.name}'", str(error))
        self._tell_unreadable("entry ", faults)
        self._channels.declare(channels.values(), Outlet(self._settings, self._secrets))
        judging = Judging(
            confirm_scans=self._settings.engine.confirm_scans,
            rules=tuple(rules.values()),
            channels=self._channels.names(),
        )
        self._rules = (judging, replace(judging, notify_every=self._settings.batch.notify_every))

    def _tell_unreadable(self, kind: str, told: Mapping[str, str]) -> None:
        """These and no others of a kind cannot be read: they are not in force, and everything else is."""
        known = {subject: words for subject, words in self._trouble.items() if subject.startswith(kind)}
        for subject in known.keys() - told.keys():
            del self._trouble[subject]
        self._trouble.update(told)
        for words in told.values():
            if words not in known.values():
                _log.warning("something in the store cannot be read", extra={"trouble": words})

    def _judging(self, target: Target, online: bool) -> Judging:
        judging = self._rules[target.profile is Profile.BATCH]
        return judging if online else replace(judging, online=False)

    # -- memory

    async def _take_memory(self) -> None:
        loaded = await self._load()
        self._fleet.fill(loaded)
        for delivery in loaded.undelivered:
            self._outbox.put(delivery)

    async def _load(self) -> Loaded:
        """What the store holds but for the targets that cannot be read, which are told of."""
        loaded = await self.reader.load()
        broken = [each for each in loaded.targets if each.fault]
        told = {f"target {each.id}": _not_in_force(f"target '{each.name}'", each.fault) for each in broken}
        self._tell_unreadable("target ", told)
        return replace(loaded, targets=tuple(each for each in loaded.targets if not each.fault))

    async def _sync_fleet(self) -> None:
        """After the file's targets were stored: watch the new, follow the changed, forget the retired."""
        loaded = await self._load()
        known = {target.id for target in loaded.targets}
        for watched in list(self._fleet):
            if watched.target.id not in known:
                self._patrol.forget(watched.target.id)
        runs = {run.target_id: run for run in loaded.runs}
        for target in loaded.targets:
            before = self._fleet.get(target.id)
            if before is None or before.target != target:
                run = runs.get(target.id)
                self.watch(target, run.next_due if run else None)

    def target_count(self) -> int:
        return len(self._fleet)

    # -- what the parts tell

    def _on_scan(self, job: ScanJob, scan: Scan) -> None:
        (self._trials if job.target_id == TRIAL else self._patrol).on_scan(job, scan)

    def _on_lost(self, job: ScanJob) -> None:
        (self._trials if job.target_id == TRIAL else self._patrol).on_lost(job)

    async def _message(self, delivery: Delivery) -> Message:
        alert = await self.reader.alert(f"A-{delivery.alert_id}", TOLD_AT_MOST)
        return Message(delivery.event, alert, delivery.key, clock.now())

    async def _link_changed(self, change: Change | None) -> None:
        """Our own link is lost (one change, one alert, no target) or back (that alert is over)."""
        now = clock.now()
        follows = evaluate_link(change, self._fleet.open_alerts(0), (), self._rules[0], now)
        recorded = await self._store.ledger.record_watch(follows.changes, follows.raised, follows.ended, now)
        self._fleet.apply(recorded, None, now)
        for delivery in recorded.deliveries:
            self._outbox.put(delivery)

    async def _purge(self) -> None:
        """Retention, slice by slice, with room for the others in between."""
        try:
            while await self._store.ledger.purge(clock.now()):
                await asyncio.sleep(0.05)
            self._trouble.pop("retention", None)
        except StoreError as error:
            self._trouble["retention"] = str(error)

    # -- core.operations.Works

    def now(self) -> float:
        return clock.now()

    def first_due(self, target: Target) -> float:
        return self._patrol.first_due(target)

    def watch(self, target: Target, next_due: float | None) -> None:
        if not target.fault:
            self._trouble.pop(f"target {target.id}", None)
            self._patrol.plan(self._fleet.put(target), next_due)

    def forget(self, target_id: int) -> None:
        self._trouble.pop(f"target {target_id}", None)
        self._patrol.forget(target_id)

    async def look(self, target: Target) -> Looked:
        await self._work()
        return await self._patrol.look(target)

    async def try_target(self, target: Target) -> Scan:
        await self._work()
        return await self._trials.look(target)

    def look_soon(self, target_ids: Sequence[int]) -> None:
        self._patrol.soon(target_ids)

    def deliver(self, delivery: Delivery) -> None:
        self._outbox.put(delivery)

    def drop_delivery(self, delivery_id: int) -> None:
        self._outbox.drop(delivery_id)

    def alert_changed(self, alert: Alert) -> None:
        self._fleet.hold_alert(alert)

    async def try_channel(self, channel: str) -> str:
        if channel not in self._channels.names():
            raise NotFoundError(f"there is no channel '{channel}'; there are: {', '.join(self._channels.names())}")
        try:
            return await self._channels.all()[channel].send(drill(clock.now(), f"drill-{clock.now():.3f}"))
        except DeliveryError as error:
            raise VedetteError(f"channel '{channel}' did not take the message: {error}") from error

    async def in_force(self) -> InForce:
        return InForce(self._settings.source, declared(self._settings, await self.reader.entries()))

    async def check_settings(self) -> list[Finding]:
        if self._settings_file is None:
            return []
        channels = tuple(entry.name for entry in await self.reader.entries() if entry.kind == "channel")
        around = Surroundings(checks(channels), (await self.reader.load()).targets, self._secrets.get)
        return await asyncio.to_thread(findings, self._settings_file, around)

    async def secrets(self) -> list[Located]:
        return await asyncio.to_thread(self._secrets.ls)

    async def keep_secret(self, name: str, secret: Secret, in_file: bool) -> Stored:
        return await asyncio.to_thread(self._secrets.set, name, secret, in_file=in_file)

    async def forget_secret(self, name: str) -> list[str]:
        return await asyncio.to_thread(self._secrets.rm, name)

    def status(self) -> EngineStatus:
        patrol, now = self._patrol, clock.now()
        trouble = (*self._trouble.values(), *([patrol.trouble] if patrol.trouble else []))
        return EngineStatus(
            pid=os.getpid(),
            version=VERSION,
            started_at=self._started_at,
            at=now,
            targets=len(self._fleet),
            scans=patrol.scans,
            failures=patrol.failures,
            scans_per_second=patrol.rate.per_second(now),
            in_flight=len(self._pool.in_flight()),
            due=self._agenda.due(now),
            held_domains=len(self._budget.levels(now)),
            late_p50_ms=patrol.late.quantile(0.5),
            late_p99_ms=patrol.late.quantile(0.99),
            stored_p50_ms=patrol.stored.quantile(0.5),
            stored_p99_ms=patrol.stored.quantile(0.99),
            online=self._link.online,
            running=patrol.running(),
            workers=tuple(
                WorkerFigures(each.number, each.pid, each.in_flight, each.done, each.restarts, each.lateness_ms)
                for each in self._pool.states()
            ),
            channels=self._channels.figures(),
            storage_bytes=_storage(self.directory),
            trouble=trouble,
        )

    # -- one round

    async def round(self, *, everything: bool) -> None:
        """Look at what is due (or all), follow up what is suspected, and tell, each for a bounded time."""
        await self._work()
        now = clock.now()
        for watched in self._fleet:
            if everything or watched.run.next_due <= now:
                self._patrol.plan(watched, now)
        await self._patrol.round(ROUND_AT_MOST)
        await self._told(OUTBOX_AT_MOST)

    async def _told(self, at_most: float) -> None:
        """Wait until nothing is left to send within so many seconds; the rest goes out in the next run."""
        ends, until = clock.monotonic() + at_most, clock.now() + at_most
        while not self._outbox.idle(until) and clock.monotonic() < ends:
            await asyncio.sleep(0.05)


async def _loaded(file: Path | None, environ: Mapping[str, str], reader: Reader) -> Settings:
    """The file's settings, whose rules may name channels of the store too."""
    if file is None:
        return Settings()
    channels = tuple(entry.name for entry in await reader.entries() if entry.kind == "channel")
    return load(file, environ, checks(channels))


def _not_in_force(what: str, fault: str) -> str:
    return f"{safe(what, 120)} is not in force: {unreadable(fault)}; edit it anew or remove it"


def _workers(settings: Settings) -> int:
    return settings.engine.workers or max(1, min(4, os.cpu_count() or 1))


def _judge_every(settings: Settings) -> float:
    return max(1.0, settings.batch.detect_every)


def _storage(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.glob("*.db*") if path.is_file())

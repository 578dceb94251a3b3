"""What a person may do, over a real socket on a real store: roles, conflicts, many at once, long paths."""

from __future__ import annotations

import asyncio
import contextlib
import stat
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from core.errors import ConflictError, EngineError, NotFoundError, SecretError, StoreError, VedetteError
from core.model.alert import Alert, AlertEvent, AlertState, Delivery, DeliveryState
from core.model.change import Severity, Verdict
from core.model.judging import Raised
from core.model.people import Actor, Role
from core.model.scan import Scan
from core.model.secret import Secret
from core.model.target import Origin, Schedule, Target
from core.operations import (
    NEEDS,
    SOCKET_NAME,
    EngineOperations,
    EngineStatus,
    InForce,
    Looked,
    Operations,
    SocketOperations,
    is_served,
    served,
)
from core.ports import Entry
from core.secrets import Located, Stored
from core.settings.check import Finding
from core.store.open import Store, open_store
from tests.store.looks import NOW, look

ADMIN = Actor("anna", "cli", Role.ADMIN)
SHOP = Target("shop", "https://shop.test/")


@dataclass
class Works:
    """An engine that writes down what it is told."""

    told: list[tuple[str, object]] = field(default_factory=list)
    kept: dict[str, Secret] = field(default_factory=dict)
    answer: Scan | None = None

    def now(self) -> float:
        return NOW

    def first_due(self, target: Target) -> float:
        return NOW + 5

    def watch(self, target: Target, next_due: float | None) -> None:
        self.told.append(("watch", (target.name, target.paused, next_due)))

    def forget(self, target_id: int) -> None:
        self.told.append(("forget", target_id))

    async def look(self, target: Target) -> Looked:
        await asyncio.sleep(0.05)
        return Looked(Scan(target.url, NOW, 12.5), 7)

    async def try_target(self, target: Target) -> Scan:
        self.told.append(("try", target.url))
        return self.answer or Scan(target.url, NOW, 12.5)

    def look_soon(self, target_ids: Sequence[int]) -> None:
        self.told.append(("soon", tuple(target_ids)))

    def deliver(self, delivery: Delivery) -> None:
        self.told.append(("deliver", delivery.id))

    def drop_delivery(self, delivery_id: int) -> None:
        self.told.append(("drop", delivery_id))

    def alert_changed(self, alert: Alert) -> None:
        self.told.append(("alert", (alert.id, alert.state)))

    async def entries_changed(self) -> None:
        self.told.append(("entries", None))

    async def try_channel(self, channel: str) -> str:
        raise NotFoundError(f"there is no channel '{channel}'")

    async def in_force(self) -> InForce:
        return InForce("", ())

    async def check_settings(self) -> list[Finding]:
        return [Finding(3, "warning", "rule 'Shop' is switched off")]

    async def secrets(self) -> list[Located]:
        return [Located(name, "keyring") for name in sorted(self.kept)]

    async def keep_secret(self, name: str, secret: Secret, in_file: bool) -> Stored:
        self.kept[name] = secret
        return Stored("file" if in_file else "OS keyring", "unencrypted" if in_file else "")

    async def forget_secret(self, name: str) -> list[str]:
        if self.kept.pop(name, None) is None:
            raise SecretError(f"secret '{name}' is not in the keyring")
        return ["OS keyring"]

    def status(self) -> EngineStatus:
        return EngineStatus(1, "0", NOW, NOW, 0, 0, 0, 0.0, 0, 0, 0, None, None, 1.5, 2.5, True, (("shop", NOW),))


@dataclass
class Engine:
    """A served engine: its store, what it was told, and a client."""

    directory: Path
    store: Store
    works: Works
    client: SocketOperations


@contextlib.asynccontextmanager
async def engine(directory: Path) -> AsyncIterator[Engine]:
    store = await open_store(directory, writable=True)
    works = Works()
    try:
        async with served(directory, EngineOperations(store.ledger, store.reader, works)):
            yield Engine(directory, store, works, SocketOperations(directory))
    finally:
        await store.close()


async def told_of(store: Store, target: Target, state: DeliveryState) -> Delivery:
    """An alert about the target, with one delivery in that state."""
    delivery = Delivery("hook", AlertEvent.FIRING, NOW, key="k")
    alert = Alert("r", Severity.HIGH, AlertState.FIRING, f"r/{target.id}", NOW)
    recorded = await store.ledger.record([look(target, raised=(Raised(alert, (), (delivery,)),))])
    moved = replace(recorded[0].deliveries[0], state=state, attempts=10)
    await store.ledger.move_delivery(moved)
    return moved


async def test_a_target_is_added_edited_paused_and_removed_over_the_socket(tmp_path: Path) -> None:
    async with engine(tmp_path) as ours:
        (added,) = await ours.client.add_targets([SHOP], ADMIN)
        assert (added.id, added.name, bool(added.uuid)) == (1, "shop", True)
        edited = await ours.client.edit_target(replace(added, schedule=Schedule(every=60)), ADMIN)
        assert edited.schedule.every == 60
        assert await ours.client.pause_targets(["shop"], True, ADMIN) == ["shop"]
        assert (await ours.store.reader.target("T-1")).paused
        assert (await ours.client.remove_target("shop", ADMIN)).id == 1
        assert [what for what, _ in ours.works.told] == ["watch", "watch", "watch", "forget"]
        actions = [entry.action for entry in await ours.store.reader.audit_entries()]
        assert len(actions) == 4


async def test_a_call_is_answered_after_its_commit(tmp_path: Path) -> None:
    """Another reader sees it at once."""
    async with engine(tmp_path) as ours:
        other = await open_store(tmp_path, writable=False)
        try:
            for number in range(10):
                await ours.client.add_targets([replace(SHOP, name=f"shop {number}")], ADMIN)
                assert (await other.reader.target(f"shop {number}")).name == f"shop {number}"
        finally:
            await other.close()


@pytest.mark.parametrize(("act", "role"), NEEDS.items())
async def test_every_act_is_refused_below_its_role(tmp_path: Path, act: str, role: Role) -> None:
    arguments: dict[str, tuple[object, ...]] = {
        "add_targets": ([SHOP],),
        "edit_target": (SHOP,),
        "remove_target": ("shop",),
        "pause_targets": (["shop"], True),
        "look": ("shop",),
        "rescan": (["shop"],),
        "acknowledge": ("A-1", ""),
        "resolve": ("A-1", ""),
        "give_verdict": ("C-1", Verdict.REAL),
        "requeue": ("D-1",),
        "drop": ("D-1",),
        "enter": ([Entry("rule", "r", "{}")],),
        "remove_entry": ("rule", "r"),
        "try_channel": ("hook",),
        "try_target": (SHOP,),
        "save_view": ("shop", "{}"),
        "forget_view": ("shop",),
        "keep_secret": ("smtp", Secret("x"), False),
        "forget_secret": ("smtp",),
    }
    async with engine(tmp_path) as ours:
        below = Actor("otto", "api", Role(role - 1))
        with pytest.raises(ConflictError, match=f"needs {role.name.lower()}"):
            await getattr(ours.client, act)(*arguments[act], below)
        assert ours.works.told == []
        assert await ours.store.reader.targets() == []


async def test_every_act_has_a_role_and_both_sides() -> None:
    acts = {name for name in vars(Operations) if not name.startswith("_")}
    assert set(NEEDS) == acts - {"status", "in_force", "check_settings", "secrets"}, "only questions need no role"
    for side in (EngineOperations, SocketOperations):
        assert acts <= set(vars(side))


async def test_mistakes_come_back_as_the_errors_they_were(tmp_path: Path) -> None:
    async with engine(tmp_path) as ours:
        (added,) = await ours.client.add_targets([SHOP], ADMIN)
        with pytest.raises(ConflictError, match="already a target named 'shop'"):
            await ours.client.add_targets([SHOP], ADMIN)
        with pytest.raises(NotFoundError, match="did you mean 'shop'"):
            await ours.client.remove_target("shpo", ADMIN)
        with pytest.raises(NotFoundError, match="no channel 'mail'"):
            await ours.client.try_channel("mail", ADMIN)
        await ours.store.ledger.sync_file_targets([(Target("file", "https://f.test", origin=Origin.FILE), NOW)], NOW)
        with pytest.raises(ConflictError, match="settings file"):
            await ours.client.remove_target("file", ADMIN)
        waiting = await told_of(ours.store, added, DeliveryState.RETRYING)
        with pytest.raises(ConflictError, match="only a dead delivery"):
            await ours.client.drop(f"D-{waiting.id}", ADMIN)


async def test_an_alert_is_acknowledged_once_and_a_resolved_one_stays_so(tmp_path: Path) -> None:
    async with engine(tmp_path) as ours:
        (added,) = await ours.client.add_targets([SHOP], ADMIN)
        await told_of(ours.store, added, DeliveryState.DELIVERED)
        acknowledged = await ours.client.acknowledge("A-1", "on it", ADMIN)
        assert (acknowledged.state, acknowledged.acknowledged_by) == (AlertState.ACKNOWLEDGED, "anna")
        await ours.client.give_verdict("A-1", Verdict.REAL, ADMIN)
        assert (await ours.client.resolve("A-1", "", ADMIN)).state is AlertState.RESOLVED
        with pytest.raises(ConflictError, match="resolved already"):
            await ours.client.acknowledge("A-1", "", ADMIN)
        assert [state for what, state in ours.works.told if what == "alert"] == [
            (1, AlertState.ACKNOWLEDGED),
            (1, AlertState.RESOLVED),
        ]


async def test_a_dead_delivery_goes_out_again_or_is_dropped(tmp_path: Path) -> None:
    async with engine(tmp_path) as ours:
        (added,) = await ours.client.add_targets([SHOP], ADMIN)
        dead = await told_of(ours.store, added, DeliveryState.DEAD)
        again = await ours.client.requeue(f"D-{dead.id}", ADMIN)
        assert (again.state, again.key) == (DeliveryState.PENDING, "k")
        assert ("deliver", dead.id) in ours.works.told
        await ours.store.ledger.move_delivery(dead)
        await ours.client.drop(dead.uuid, ADMIN)
        assert await ours.store.reader.deliveries() == []


async def test_a_look_answers_with_the_job_it_is_stored_as(tmp_path: Path) -> None:
    async with engine(tmp_path) as ours:
        await ours.client.add_targets([SHOP], ADMIN)
        looked = await ours.client.look("shop", ADMIN)
        assert (looked.scan.url, looked.job_id) == (SHOP.url, 7)
        assert await ours.client.rescan(["shop"], ADMIN) == 1


async def test_several_clients_at_once_are_all_answered(tmp_path: Path) -> None:
    async with engine(tmp_path) as ours:
        clients = [SocketOperations(tmp_path) for _ in range(30)]
        added = await asyncio.gather(
            *(client.add_targets([replace(SHOP, name=f"n{number}")], ADMIN) for number, client in enumerate(clients))
        )
        assert len({target.id for (target,) in added}) == 30
        slow = asyncio.gather(*(client.look("n1", ADMIN) for client in clients))
        assert (await ours.client.status()).running == (("shop", NOW),)
        assert not slow.done()
        assert len(await slow) == 30


async def test_of_two_who_take_one_name_at_once_one_gets_it(tmp_path: Path) -> None:
    async with engine(tmp_path) as ours:
        tries = [SocketOperations(tmp_path).add_targets([SHOP], ADMIN) for _ in range(8)]
        answers = await asyncio.gather(*tries, return_exceptions=True)
        assert sum(isinstance(answer, list) for answer in answers) == 1
        assert sum(isinstance(answer, ConflictError) for answer in answers) == 7
        assert len(await ours.store.reader.targets()) == 1


async def test_the_socket_is_its_owner_s_alone_and_goes_with_the_engine(tmp_path: Path) -> None:
    async with engine(tmp_path):
        assert stat.S_IMODE((tmp_path / SOCKET_NAME).stat().st_mode) == 0o600
        assert is_served(tmp_path)
    assert not is_served(tmp_path)
    with pytest.raises(StoreError, match="does not answer"):
        await SocketOperations(tmp_path).status()


async def test_engines_that_begin_at_once_leave_the_rights_of_new_files_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    async with contextlib.AsyncExitStack() as both:
        await asyncio.gather(*(both.enter_async_context(engine(tmp_path / name)) for name in ("one", "two")))
        (tmp_path / "new").mkdir()
        assert stat.S_IMODE((tmp_path / "new").stat().st_mode) & 0o700 == 0o700
        assert [each.name for each in (tmp_path / "one").iterdir() if each.is_dir()] == []


async def test_a_path_longer_than_a_unix_address_serves_as_well(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    async with engine(deep) as ours:
        assert len(str(deep / SOCKET_NAME)) > 200
        assert (await ours.client.add_targets([SHOP], ADMIN))[0].id == 1
        assert stat.S_IMODE((deep / SOCKET_NAME).stat().st_mode) == 0o600


async def test_a_socket_left_behind_by_a_killed_engine_is_replaced(tmp_path: Path) -> None:
    left = await asyncio.start_unix_server(lambda *_: None, tmp_path / SOCKET_NAME)
    left.close()
    await left.wait_closed()
    async with engine(tmp_path) as ours:
        assert (await ours.client.status()).version == "0"


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\x00\x00",
        b"\xff\xff\xff\xff",
        b"\x00\x00\x00\x05hello",
        b"\x00\x00\x00\x01\xc0",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
async def test_what_is_no_call_harms_nobody(tmp_path: Path, sent: bytes) -> None:
    async with engine(tmp_path) as ours:
        reader, writer = await asyncio.open_unix_connection(tmp_path / SOCKET_NAME)
        writer.write(sent)
        writer.write_eof()
        await asyncio.wait_for(reader.read(), 10)
        writer.close()
        await writer.wait_closed()
        assert (await ours.client.status()).online


async def test_a_call_that_this_engine_does_not_know_is_refused_with_a_sentence(tmp_path: Path) -> None:
    async with engine(tmp_path) as ours:
        for method in ("_allowed", "teleport", "__init__"):
            with pytest.raises(VedetteError, match="cannot be asked"):
                await ours.client._ask(method, str)
        with pytest.raises(VedetteError, match="did not understand"):
            await ours.client._ask("look", str, name=5, by="anna")


class Broken(Works):
    """An engine with a fault."""

    def status(self) -> EngineStatus:
        raise RuntimeError("not for the caller's eyes")


async def test_a_fault_of_the_engine_is_told_as_one_and_not_as_the_caller_s_mistake(tmp_path: Path) -> None:
    store = await open_store(tmp_path, writable=True)
    async with served(tmp_path, EngineOperations(store.ledger, store.reader, Broken())):
        with pytest.raises(EngineError, match=r"^a fault in the engine: RuntimeError; see its log$") as told:
            await SocketOperations(tmp_path).status()
    await store.close()
    assert told.value.exit_code == 4


async def test_a_call_that_is_given_up_hangs_up(tmp_path: Path) -> None:
    hung_up = asyncio.Event()

    async def never_answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # to the end, which comes when the caller hangs up
        hung_up.set()
        writer.close()

    async with await asyncio.start_unix_server(never_answers, tmp_path / SOCKET_NAME):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await SocketOperations(tmp_path).status()
        await asyncio.wait_for(hung_up.wait(), 5)


async def test_an_engine_that_ends_in_the_middle_of_a_call_hangs_up(tmp_path: Path) -> None:
    async with engine(tmp_path) as ours:
        await ours.client.add_targets([SHOP], ADMIN)
        before = asyncio.all_tasks()
        call = asyncio.create_task(ours.client.look("shop", ADMIN))
        await ours.client.status()  # answered later than the call above was begun
        for each in asyncio.all_tasks() - before - {call}:
            each.cancel()
        with pytest.raises(StoreError, match="does not answer"):
            await asyncio.wait_for(call, 5)


async def test_a_large_import_passes_in_one_call(tmp_path: Path) -> None:
    async with engine(tmp_path) as ours:
        many = [replace(SHOP, name=f"site {number}", tags=("t" * 60,) * 10) for number in range(500)]
        added = await ours.client.add_targets(many, ADMIN)
        assert len(added) == 500
        assert len(await ours.store.reader.targets()) == 500


async def test_a_trial_is_looked_at_and_noted_but_nothing_of_it_is_stored(tmp_path: Path) -> None:
    async with engine(tmp_path) as ours:
        scan = await ours.client.try_target(SHOP, ADMIN)
        assert (scan.url, ours.works.told) == (SHOP.url, [("try", SHOP.url)])
        [entry] = await ours.store.reader.audit_entries(5)
        assert (entry.action, entry.subject) == ("target.try", SHOP.url)
        assert await ours.store.reader.targets() == []


async def test_a_secret_goes_through_the_socket_and_nowhere_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with engine(tmp_path) as ours:
        kept = await ours.client.keep_secret("smtp", Secret("s3cret-value"), True, ADMIN)
        assert (ours.works.kept["smtp"].reveal(), kept.warning) == ("s3cret-value", "unencrypted")
        assert [each.name for each in await ours.client.secrets()] == ["smtp"]
        assert await ours.client.forget_secret("smtp", ADMIN) == ["OS keyring"]
        with pytest.raises(SecretError, match="not in the keyring"):
            await ours.client.forget_secret("smtp", ADMIN)
        entries = await ours.store.reader.audit_entries(5)
        assert [each.action for each in entries] == ["secret.remove", "secret.set"]
        assert "s3cret-value" not in repr(entries) + caplog.text


async def test_settings_and_their_findings_are_told_over_the_socket(tmp_path: Path) -> None:
    async with engine(tmp_path) as ours:
        assert (await ours.client.in_force()).entries == ()
        assert [each.line for each in await ours.client.check_settings()] == [3]

"""Promises beside the ports: a trail that shows tampering and survives retention, search, counts, windows."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.model.people import AuditEntry
from core.store.open import Store, open_store
from tests.store.looks import ANNA, FACTS, NOW, change, look, raised, watched

TAMPERINGS = {
    "an entry changed": ("UPDATE audit SET actor = 'nobody' WHERE id = 3", 3),
    "an entry cut out": ("DELETE FROM audit WHERE id = 4", 4),
    "the newest cut off": ("DELETE FROM audit WHERE id = 8", 8),
    "everything deleted": ("DELETE FROM audit", 1),
    "an entry put in": ("INSERT INTO audit VALUES (9, 1, 'x', 'x', 'x', 'x', 'x', 'x')", 9),
}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_store(tmp_path, writable=True, linger=0.0)
    for number in range(8):
        await opened.ledger.audit(AuditEntry(NOW + number, "anna", "cli", "export", f"{number}", "Grüße"))
    yield opened
    await opened.close()


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit WHERE id = 1"])
async def test_the_trail_is_append_only(store: Store, tmp_path: Path, statement: str) -> None:
    connection = sqlite3.connect(tmp_path / "vedette.db")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)
    connection.close()
    assert await store.reader.audit_break() is None


@pytest.mark.parametrize("tampering", TAMPERINGS)
async def test_tampering_is_found_where_it_happened(store: Store, tmp_path: Path, tampering: str) -> None:
    statement, broken_at = TAMPERINGS[tampering]
    connection = sqlite3.connect(tmp_path / "vedette.db")
    connection.execute("DROP TRIGGER audit_not_changed")
    connection.execute("DROP TRIGGER audit_not_deleted")
    connection.execute(statement)
    connection.commit()
    connection.close()
    assert await store.reader.audit_break() == broken_at


async def test_retention_takes_the_oldest_and_the_rest_still_verifies(store: Store) -> None:
    period = 400 * 86400.0
    while await store.ledger.purge(NOW + period + 4.5):
        pass
    assert [entry.subject for entry in await store.reader.audit_entries()] == ["7", "6", "5"]
    assert await store.reader.audit_break() is None
    while await store.ledger.purge(NOW + 2 * period):
        pass
    assert await store.reader.audit_break() is None
    await store.ledger.audit(AuditEntry(NOW, "anna", "cli", "export", "again", ""))
    assert [entry.id for entry in await store.reader.audit_entries()] == [9]
    assert await store.reader.audit_break() is None


async def test_search_finds_current_facts_changes_and_notes_only(store: Store) -> None:
    shop = await watched(store.ledger)
    recording = look(shop, opened=FACTS, changes=(change(),), raised=(raised(shop),))
    [recorded] = await store.ledger.record([recording])
    alert_id = recorded.alerts[0].id
    await store.ledger.set_alert_state(alert_id, recorded.alerts[0].state, ANNA, "rolled nginx back", NOW + 9)
    assert [hit.what for hit in await store.reader.search("NGINX")] == ["note", "fact", "change"]
    assert [hit.text for hit in await store.reader.search("shop eu")] == ["page title: Shop EU"]
    assert await store.reader.search('"; ( * -- NEAR') == []
    await store.ledger.record([look(shop, NOW + 60, closed=(("page", "title"),))])
    assert await store.reader.search("Shop EU") == []


async def test_counts_for_the_overview_and_facts_of_many(store: Store) -> None:
    shop, other = await watched(store.ledger), await watched(store.ledger, "other")
    await store.ledger.record([look(shop, opened=FACTS, changes=(change(),), raised=(raised(shop),))])
    await store.ledger.pause_targets([other.id], True, ANNA, NOW)
    counts = await store.reader.counts()
    assert counts == {
        "target.up": 1,
        "target.paused": 1,
        "alert.firing": 1,
        "delivery.pending": 2,
        "delivery.dead": 0,
    }
    many = await store.reader.facts_many([shop.id, other.id])
    assert set(many[shop.id].values()) == set(FACTS)


async def test_facts_are_found_by_their_rows_and_by_their_names_while_they_hold(store: Store) -> None:
    shop = await watched(store.ledger)
    [recorded] = await store.ledger.record([look(shop, opened=FACTS)])
    assert len(set(recorded.opened)) == len(FACTS)
    rows = dict(zip(recorded.opened, FACTS, strict=True))
    first, second, *others = recorded.opened
    wanted = (rows[second].kind, rows[second].key)
    named = [(shop.id, *wanted), (shop.id, "text", "nowhere"), (shop.id + 1, *wanted)]
    assert await store.reader.facts_at([first], named) == {shop.id: {first: rows[first], second: rows[second]}}
    gone = (rows[first].kind, rows[first].key)
    await store.ledger.record([look(shop, NOW + 60, closed=(gone,))])
    assert await store.reader.facts_at([first, *others], []) == {shop.id: {row: rows[row] for row in others}}


async def test_the_windows_of_all_metrics_come_in_one_go(store: Store) -> None:
    shop = await watched(store.ledger)
    for number in range(5):
        await store.ledger.record([look(shop, NOW + 60 * number, value=float(number), busy=number == 3)])
    windows = dict(await store.history.windows(shop.id, 3))
    assert windows["ttfb_ms"] == await store.history.window(shop.id, "ttfb_ms", 3) == (1.0, 2.0, 4.0)
    assert windows["body_bytes"] == (20_480.0,) * 3

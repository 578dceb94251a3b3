"""A database that an earlier version wrote keeps all it holds, and what is written after it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from core.store.connection import migrate
from core.store.open import open_store
from core.store.queries import migrations
from tests.store.looks import ANNA, FACTS, NOW, change, look, raised, watched
from tests.store.test_opening import version


async def first_version(directory: Path) -> None:
    """A database of version 1 with facts, a change and a note, told of row by row as version 1 did."""
    beside = directory / "beside"
    store = await open_store(beside, writable=True)
    shop = await watched(store.ledger)
    [recorded] = await store.ledger.record([look(shop, opened=FACTS, changes=(change(),), raised=(raised(shop),))])
    await store.ledger.set_alert_state(recorded.alerts[0].id, recorded.alerts[0].state, ANNA, "rolled back", NOW + 9)
    await store.close()
    path = directory / "vedette.db"
    connection = sqlite3.connect(path, isolation_level=None)
    migrate(connection, path, migrations("vedette")[:1])
    connection.execute("ATTACH ? AS beside", (str(beside / "vedette.db"),))
    tables = "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'words%'"
    for (table,) in connection.execute(tables).fetchall():
        connection.execute(f"INSERT OR REPLACE INTO main.{table} SELECT * FROM beside.{table}")
    connection.close()


async def test_what_the_first_version_held_is_found_beside_what_comes_after_it(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    await first_version(tmp_path)
    store = await open_store(tmp_path, writable=True)
    try:
        search = store.reader.search
        assert [hit.what for hit in await search("nginx")] == ["fact", "change"]
        assert [hit.text for hit in await search("rolled back")] == ["rolled back"]
        shop = await store.reader.target("shop")
        later = look(shop, NOW + 60, changes=(change("Caddy", NOW + 60),), closed=(("page", "title"),))
        await store.ledger.record([later])
        assert [hit.what for hit in await search("Caddy")] == ["change"]
        assert await search("Shop EU") == []
        assert [hit.what for hit in await search("nginx")] == ["fact", "change"]
    finally:
        await store.close()
    assert version(tmp_path / "vedette.db") == len(migrations("vedette"))
    copy = tmp_path / f"vedette.db.before-{len(migrations('vedette'))}"
    assert version(copy) == 1
    assert copy.stat().st_mode & 0o777 == 0o600

"""Log files: lines of JSON by component, without control characters and without secrets."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.engine import logs
from core.model.secret import SecretRef
from core.secrets import SecretStore

TOKEN = "s3cr3t-token-in-a-url"


@pytest.fixture
def store(tmp_path: Path) -> SecretStore:
    return SecretStore({"VEDETTE_SECRET_HOOK": TOKEN, "VEDETTE_SECRET_OTHER": "never-asked-for"}, tmp_path / "data")


@pytest.fixture
def directory(tmp_path: Path, store: SecretStore) -> Iterator[Path]:
    end = logs.set_up(tmp_path / "logs", store.seen)
    yield tmp_path / "logs"
    end()


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_each_component_has_a_file_of_its_own(directory: Path) -> None:
    logging.getLogger("vedette.patrol").info("looked", extra={"target": "shop", "ms": 12.5})
    logging.getLogger("vedette.notify").warning("delivery failed")
    (looked,) = lines(directory / "patrol.log")
    assert (looked["level"], looked["component"], looked["message"]) == ("info", "patrol", "looked")
    assert (looked["target"], looked["ms"]) == ("shop", 12.5)
    assert [line["message"] for line in lines(directory / "notify.log")] == ["delivery failed"]
    assert directory.stat().st_mode & 0o777 == 0o700


def test_only_warnings_are_shown_to_whoever_started_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    end = logs.set_up(tmp_path / "logs", tuple)
    logging.getLogger("vedette.patrol").info("looked")
    logging.getLogger("vedette.notify").warning("delivery failed")
    end()
    said = capfd.readouterr().err
    assert "delivery failed" in said
    assert "looked" not in said


def test_foreign_text_cannot_steer_whoever_reads_the_log(directory: Path) -> None:
    logging.getLogger("vedette.patrol").info("a title", extra={"title": "\x1b[2J\u202e\nnext"})
    raw = (directory / "patrol.log").read_bytes()
    assert b"\x1b" not in raw
    assert raw.count(b"\n") == 1
    assert "␛[2J" in str(lines(directory / "patrol.log")[0]["title"])


def test_a_secret_that_was_given_out_is_struck_out_everywhere(directory: Path, store: SecretStore) -> None:
    log = logging.getLogger("vedette.notify")
    store.get(SecretRef("hook"))
    log.error(f"POST https://hooks.test/{TOKEN}", extra={"body": f"x{TOKEN}x"})
    try:
        raise ValueError(f"refused {TOKEN}")
    except ValueError:
        log.exception("it broke")
    written = (directory / "notify.log").read_text("utf-8")
    assert TOKEN not in written
    assert written.count("***") >= 3
    assert "Traceback" in written


@pytest.mark.parametrize("before", range(7980, 8005, 3))
def test_no_part_of_a_secret_is_left_where_a_long_text_is_cut(directory: Path, store: SecretStore, before: int) -> None:
    store.get(SecretRef("hook"))
    logging.getLogger("vedette.notify").info("long", extra={"body": "a" * before + TOKEN + "b" * 5000})
    written = (directory / "notify.log").read_text("utf-8")
    assert TOKEN[:6] not in written


def test_only_what_was_given_out_is_remembered(store: SecretStore) -> None:
    assert store.seen() == frozenset()
    store.get(SecretRef("hook"))
    assert store.seen() == {TOKEN}


def test_ending_the_logs_closes_every_file(tmp_path: Path) -> None:
    end = logs.set_up(tmp_path / "logs", tuple)
    end()
    logging.getLogger("vedette.patrol").info("after the end")
    assert not (tmp_path / "logs" / "patrol.log").exists()


def test_a_day_s_log_is_kept_compressed(tmp_path: Path) -> None:
    import gzip

    handler = logs._file(tmp_path / "patrol.log", logs.JsonLines())
    handler.emit(logging.LogRecord("vedette.patrol", logging.INFO, "", 0, "yesterday", None, None))
    handler.doRollover()  # type: ignore[attr-defined]
    handler.close()
    (packed,) = tmp_path.glob("patrol.log.*.gz")
    with gzip.open(packed, "rt") as text:
        assert json.loads(text.readline())["message"] == "yesterday"

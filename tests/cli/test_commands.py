"""What commands do and how they end: exit codes, streams, and sentences that help."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.cli.main import COMMANDS, NOT_YET, main
from tests.cli.conftest import SHOP, Place
from tests.farm.world import ROOT

PAGE = "<html><head><title>{}</title></head><body><p>Same words as ever.</p></body></html>"


# -- exit codes


def test_reading_commands_end_with_0_also_when_what_they_show_is_bad(watched: Place) -> None:
    for words in (("ls",), ("ls", "alerts"), ("show", "A-1"), ("why", "A-1"), ("when", "* * * * *"), ("why-not", SHOP)):
        assert watched(*words).code == 0, words


@pytest.mark.parametrize(
    "words",
    [
        ("ls", "nothing"),
        ("ls", "changes", "-f", "severty:low"),
        ("show", "C-999"),
        ("show", "Nobody"),
        ("why", "A-999"),
        ("why-not", "Nobody"),
        ("when", "61 * * * *"),
        ("when", "* * * * *", "--tz", "Mars/Base"),
        ("when", "* * * * *", "--from", "soon"),
        ("ack", "A-999"),
        ("verdict", "C-1", "maybe"),
        ("scan", "Nobody"),
        ("diff", "Nobody", "calm.test"),
        ("rm", "calm.test"),
        ("report", "hourly"),
        ("report", "daily", "--out", "x.pdf"),
        ("report", "daily", "--since", "soon"),
        ("run", "--all"),
        ("config", "diff", "99"),
        ("import", "no-such-file.json"),
        ("edit", "calm.test"),
        ("--nonsense",),
        ("lss",),
    ],
    ids=" ".join,
)
def test_mistakes_end_with_2_and_say_so_on_stderr_only(watched: Place, words: tuple[str, ...]) -> None:
    said = watched(*words)
    assert said.code == 2, said
    assert said.out == ""
    assert "Traceback" not in said.err
    assert said.err.strip()


def test_a_scan_that_fails_ends_with_1(watched: Place) -> None:
    said = watched("scan", "down.test")
    assert said.code == 1
    assert "http" in said.err


def test_a_private_address_is_refused_unless_it_is_allowed(vedette: Place) -> None:
    said = vedette("scan", "http://127.0.0.1:9/")
    assert said.code == 1
    assert "policy" in said.err
    assert "--allow-private" in said.err
    assert "policy" not in vedette("scan", "http://127.0.0.1:9/", "--allow-private").err


def test_a_round_that_leaves_an_alert_firing_ends_with_1(world: Place) -> None:
    assert world.apart("run", "--once").code == 1


def test_while_an_engine_runs_another_ends_with_3(vedette: Place) -> None:
    from tests.farm.world import running

    vedette.config.write_text("")
    with running(vedette.data, vedette.config):
        said = vedette.apart("run")
        assert said.code == 3
        assert "already runs" in said.err


def test_a_newer_database_ends_with_4(vedette: Place) -> None:
    import sqlite3

    assert vedette("ls").code == 0
    database = sqlite3.connect(vedette.data / "vedette.db")
    database.execute("PRAGMA user_version = 999")
    database.close()
    said = vedette("ls")
    assert said.code == 4
    assert "newer" in said.err


def test_a_bug_is_one_sentence_with_the_traceback_in_the_log(vedette: Place) -> None:
    assert vedette("ls").code == 0
    script = (
        "import sys, core.cli.when as when\n"
        "when.when.callback = lambda **_: 1 / 0\n"
        "from core.cli.main import main\n"
        "sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "when", "* * * * *", "--data", str(vedette.data)],
        cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 4
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "internal error, ZeroDivisionError" in done.stderr
    assert "ZeroDivisionError" in (vedette.data / "logs" / "cli.log").read_text()


def _heeding_control_c() -> None:
    """A shell without job control starts what it puts in the background deaf to control-C, and that is inherited."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_control_c_ends_with_130_and_few_words(vedette: Place, tmp_path: Path) -> None:
    """In a prompt that waits for a person; `run` leaves with 0, because that is how it is stopped."""
    vedette.config.write_text("")
    child = subprocess.Popen(
        [sys.executable, "-m", "tui", "secret", "set", "x", *vedette.options],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=_heeding_control_c,
    )  # fmt: skip
    _until_reading(child)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert err.strip() == b""


def _until_reading(child: subprocess.Popen[bytes]) -> None:
    """Until the process has nothing left to do but read its standard input."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        channel = Path(f"/proc/{child.pid}/wchan").read_text()
        if "pipe" in channel:
            return
        time.sleep(0.02)
    pytest.fail("never came to read")


def test_a_reader_that_leaves_early_is_no_error(watched: Place) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "tui", "ls", "changes", "-o", "json", *watched.options],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.close()
    err = child.stderr.read()
    child.stderr.close()
    assert child.wait(60) == 0
    assert err == b""


# -- what is not there yet


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--readonly",),
        ("--theme", "night"),
        *((name,) for name in NOT_YET),
        ("silence", "A-1", "--for", "1h"),
        ("ls", "vulnerabilities"),
        ("ls", "users"),
        ("report", "sla"),
        ("rules", "replay", "Shop", "--since", "7d"),
        ("rules", "shadow", "Shop"),
        ("add", "postgresql://monitor@127.0.0.1/orders"),
        ("add", "/etc/passwd"),
        ("add", "container:web"),
        ("scan", "container:web"),
        ("diff", "postgresql://a/x", "postgresql://b/x"),
    ],
    ids=lambda words: " ".join(words) or "console",
)
def test_what_a_version_does_not_have_yet_is_refused(vedette: Place, words: tuple[str, ...]) -> None:
    said = vedette(*words)
    assert said.code == 2
    assert "not in this version" in said.err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_in_80_columns(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 100
    assert "Usage: vedette" in said


def test_help_names_every_command_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    first = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("  ") and line.strip()]
    assert all(first.count(name) == 1 for name in COMMANDS)


# -- where and what


def test_places_are_given_before_or_behind_the_command_or_by_the_environment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "somewhere"
    assert main(["--data", str(data), "add", "https://one.test"]) == 0
    assert main(["add", "https://two.test", f"--data={data}"]) == 0
    monkeypatch.setenv("VEDETTE_DATA", str(data))
    capsys.readouterr()
    assert main(["ls", "-o", "csv"]) == 0
    said = capsys.readouterr().out
    assert "one.test" in said
    assert "two.test" in said


def test_a_settings_file_that_was_named_and_is_missing_is_a_mistake(tmp_path: Path, vedette: Place) -> None:
    said = vedette("ls", "--config", str(tmp_path / "none.toml"))
    assert said.code == 2
    assert "none.toml does not exist" in said.err


def test_a_filter_that_cannot_be_read_is_pointed_at(vedette: Place) -> None:
    said = vedette("ls", "changes", "-f", "type:x severty:low")
    lines = said.err.splitlines()
    assert "did you mean 'severity'?" in lines[0]
    assert lines[1].index("severty") == lines[2].index("^")


def test_an_unknown_target_is_answered_with_the_nearest_name(watched: Place) -> None:
    assert f"did you mean '{SHOP}'?" in watched("show", "shpo.test").err


def test_diff_of_two_files_needs_no_data_directory(vedette: Place, tmp_path: Path) -> None:
    before, same, after = (tmp_path / f"{name}.html" for name in ("before", "same", "after"))
    for path, title in ((before, "One"), (same, "One"), (after, "Two")):
        path.write_text(PAGE.format(title))
    assert vedette("diff", str(before), str(same)).code == 0
    said = vedette("diff", str(before), str(after))
    assert said.code == 1
    assert "content.title_changed" in said.out
    assert not vedette.data.exists()


def test_diff_compares_moments_and_targets(watched: Place) -> None:
    between = (watched.data.parent / "between").read_text()
    said = watched("diff", f"{SHOP}@{between}", SHOP, "-o", "json")
    assert said.code == 1
    assert {change["type"] for change in said.json()["changes"]} >= {"content.title_changed", "security.header_removed"}
    assert watched("diff", SHOP, SHOP).code == 0
    assert watched("diff", SHOP, "calm.test").code == 1
    assert "no moment" in watched("diff", f"{SHOP}@yesterday", SHOP).err


def test_a_recording_of_a_browser_can_be_scanned(vedette: Place, tmp_path: Path) -> None:
    har = tmp_path / "page.har"
    har.write_text(
        '{"log":{"entries":[{"request":{"url":"https://shop.test/","method":"GET"},"response":{"status":200,'
        '"headers":[{"name":"Server","value":"nginx/1.25.3"}],"content":{"mimeType":"text/html",'
        '"text":"<title>From a recording</title>"}}}]}}'
    )
    document = vedette("scan", str(har), "-o", "json").json()
    assert document["url"] == "https://shop.test/"
    assert {"nginx"} == {each["name"] for each in document["technologies"]}


def test_tables_fit_a_terminal_of_80_columns_without_wrapping(watched: Place) -> None:
    import pexpect

    for what in ("targets", "changes", "alerts", "deliveries", "jobs", "technologies", "audit"):
        child = pexpect.spawn(
            sys.executable,
            ["-m", "tui", "ls", what, *watched.options],
            dimensions=(24, 80),
            encoding="utf-8",
            cwd=str(ROOT),
            env={**os.environ, "LANG": "C.UTF-8"},
            timeout=60,
        )
        lines = str(child.read()).splitlines()
        child.close()
        assert max(map(len, lines)) <= 80, what
        assert child.exitstatus == 0


# -- reports


@pytest.mark.parametrize(
    ("suffix", "beginning"), [(".html", "<!doctype html>"), (".md", "# Daily"), (".csv", '"Daily'), (".json", "{")]
)
def test_a_report_is_written_in_the_format_of_its_suffix(
    watched: Place, tmp_path: Path, suffix: str, beginning: str
) -> None:
    out = tmp_path / f"daily{suffix}"
    said = watched("report", "daily", "--since", "24h", "--out", str(out))
    assert said.code == 0, said.err
    assert said.out == ""
    text = out.read_text()
    assert text.lower().startswith(beginning.lower())
    assert "\x1b" not in text
    assert "<script" not in text
    assert SHOP in text
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".daily")] == []


def test_a_report_without_a_file_is_markdown_on_standard_output(watched: Place) -> None:
    said = watched("report", "weekly")
    assert said.code == 0
    assert said.out.startswith("# Weekly report\n")


def test_a_report_that_cannot_be_written_says_so(watched: Place, tmp_path: Path) -> None:
    said = watched("report", "daily", "--out", str(tmp_path / "no" / "such" / "x.md"))
    assert said.code == 2
    assert "cannot be written" in said.err


def test_what_a_library_logs_is_not_painted_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["when", "0 9 * * 1", "--count", "1"]) == 0
    assert any(isinstance(each, logging.NullHandler) for each in logging.getLogger().handlers)
    logging.getLogger("watchdog").warning("called when the thread is inactive")
    assert capsys.readouterr().err == ""

"""What a person does by command: targets, alerts, settings, secrets, imports; each seen again in what is stored."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import SHOP, Place

HOOK_TOKEN = "tok-4711-never-in-a-table"
TEMPLATES = '[templates]\nbad = "{% if %}"\n'


@pytest.fixture
def mine(world: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Place:
    """A copy of the watched place, to act on."""
    shutil.copytree(world.data, tmp_path / "data")
    shutil.copy(world.config, tmp_path / "vedette.toml")
    return Place(tmp_path / "data", tmp_path / "vedette.toml", capsys)


# -- targets


def test_a_target_is_added_shown_edited_paused_resumed_and_removed(vedette: Place) -> None:
    added = vedette("add", "shop.test", "--every", "1m", "--tag", "eu", "--threshold", "ttfb_ms=30%", "-o", "json")
    assert added.code == 0, added.err
    target = added.json()["target"]
    assert [target[key] for key in ("id", "name", "url", "every")] == ["T-1", "shop.test", "https://shop.test", 60]
    assert vedette("edit", "shop.test", "tags=+shop", "every=").code == 0
    shown = vedette("show", "T-1", "-o", "json").json()["target"]
    assert (shown["tags"], shown["every"]) == (["eu", "shop"], 300)
    assert vedette("pause", "-f", "tag:shop", "-o", "json").json()["items"] == [{"name": "shop.test", "paused": True}]
    assert vedette("ls", "-f", "paused", "-o", "json").json()["items"][0]["paused"] is True
    assert vedette("resume", "shop.test").out == "resumed shop.test\n"
    assert vedette("rm", "shop.test", "-o", "json").json()["items"][0]["name"] == "shop.test"
    assert vedette("ls").out.splitlines()[-1] == "(none)"
    actions = [each["action"] for each in vedette("ls", "audit", "-o", "json").json()["items"]]
    assert len(actions) == 5


def test_a_name_is_given_once(vedette: Place) -> None:
    assert vedette("add", "shop.test").code == 0
    said = vedette("add", "https://other.test", "--name", "shop.test")
    assert said.code == 2
    assert "already" in said.err


def test_a_target_of_the_file_is_paused_but_neither_edited_nor_removed(mine: Place) -> None:
    assert mine("pause", SHOP).code == 0
    assert mine("ls", "-f", "paused", "-o", "json").json()["items"][0]["name"] == SHOP
    for words in (("rm", SHOP), ("edit", SHOP, "every=1m")):
        said = mine(*words)
        assert said.code == 2
        assert "settings file" in said.err


def test_pausing_nothing_says_so(vedette: Place) -> None:
    said = vedette("pause", "-f", "tag:none")
    assert (said.code, said.out) == (0, "")
    assert "no target" in said.err


# -- changes, alerts, deliveries


def test_an_alert_is_acknowledged_and_resolved_with_a_note(mine: Place) -> None:
    acknowledged = mine("ack", "A-1", "--note", "on it", "-o", "json").json()["items"][0]
    assert (acknowledged["id"], acknowledged["state"]) == ("A-1", "acknowledged")
    assert mine("resolve", "A-1", "--note", "deploy").code == 0
    shown = mine("show", "A-1").out
    assert "resolved" in shown
    assert "deploy" in shown
    again = mine("ack", "A-1")
    assert again.code == 2
    assert "resolved already" in again.err


def test_a_verdict_counts_in_the_report(mine: Place) -> None:
    assert mine("verdict", "C-1", "noise", "-o", "json").json() == {"schema": 1, "subject": "C-1", "verdict": "noise"}
    assert mine("ls", "changes", "-f", "verdict:noise", "-o", "json").json()["items"][0]["id"] == "C-1"
    figures = mine("report", "daily", "-o", "json").json()["sections"][1]["figures"]
    assert {"label": "Verdicts", "value": "1", "number": 1.0, "unit": None} in figures


def test_a_dead_delivery_is_sent_again_or_dropped(mine: Place) -> None:
    dead = mine("ls", "deliveries", "-f", "dead", "-o", "json").json()["items"]
    again = mine("deliveries", "requeue", dead[0]["id"], "-o", "json").json()["delivery"]
    assert (again["state"], again["key"]) == ("pending", dead[0]["key"])
    assert mine("deliveries", "drop", dead[1]["id"]).code == 0
    left = [each["id"] for each in mine("ls", "deliveries", "-f", "dead", "-o", "json").json()["items"]]
    assert not {dead[0]["id"], dead[1]["id"]} & set(left)
    delivered = mine("ls", "deliveries", "-f", "delivered", "-o", "json").json()["items"][0]
    assert "only a dead delivery" in mine("deliveries", "requeue", delivered["id"]).err


def test_why_an_alert_has_the_chain_from_detection_to_delivery(watched: Place) -> None:
    steps = [each["step"] for each in watched("why", "A-1", "-o", "json").json()["reasons"]]
    assert steps.index("detect") < steps.index("alert") < steps.index("deliver")


def test_why_not_answers_for_a_calm_target_and_a_moment_without_looks(watched: Place) -> None:
    assert "same" in watched("why-not", "calm.test").out
    assert "nothing looked" in watched("why-not", "calm.test", "--at", "2020-01-01T03:12:00Z").out


def test_rules_are_listed_and_tried_over_the_stored_changes(watched: Place) -> None:
    items = watched("rules", "ls", "-o", "json").json()["items"]
    assert items == [
        {
            "name": "Shop",
            "when": "severity>=info",
            "severity": None,
            "notify": ["hook", "refused"],
            "throttle": None,
        }
    ]
    by_filter = watched("rules", "test", "type:content.title_changed", "-o", "json").json()["items"]
    assert [each["type"] for each in by_filter] == ["content.title_changed"]
    assert watched("rules", "test", "Shop", "-o", "json").json()["items"]
    assert watched("rules", "test", "tag:").code == 2


# -- settings


def test_check_config_tells_every_mistake_with_its_line(vedette: Place) -> None:
    vedette.config.write_text('[engine]\nworkerz = 2\n[[rule]]\nname = "r"\nwhen = "severty:low"\n')
    said = vedette("check-config", "-o", "json")
    assert said.code == 2
    items = said.json()["items"]
    assert [(each["line"], each["severity"]) for each in items] == [(2, "error"), (5, "error")]
    assert "workers" in items[0]["message"]
    assert vedette("ls").code == 2


def test_a_template_that_is_none_is_a_mistake_of_the_file(vedette: Place) -> None:
    vedette.config.write_text(TEMPLATES)
    said = vedette("check-config")
    assert said.code == 2
    assert "line 2" in said.out
    assert vedette("run", "--once").code == 2


def test_a_rule_of_the_file_may_name_a_channel_of_the_store(vedette: Place, tmp_path: Path) -> None:
    shared = tmp_path / "channels.toml"
    shared.write_text('[[channel]]\nname = "hook"\ntype = "webhook"\nurl = "https://hook.test/"\n')
    rule = '[[rule]]\nname = "r"\nwhen = "severity>=low"\nnotify = ["hook"]\n'
    vedette.config.write_text(rule)
    assert "there is no channel 'hook'" in vedette("check-config").out
    vedette.config.write_text("")
    assert vedette("import", str(shared)).code == 0
    vedette.config.write_text(rule)
    assert vedette("check-config").code == 0
    assert vedette("run", "--once").code == 0


def test_revisions_of_the_settings_are_kept_compared_and_taken_back(vedette: Place) -> None:
    first, second = "[engine]\nconfirm_scans = 2\n", "[engine]\nconfirm_scans = 3\n"
    for text in (first, second):
        vedette.config.write_text(text)
        assert vedette("run", "--once").code == 0
    assert [each["revision"] for each in vedette("config", "revisions", "-o", "json").json()["items"]] == [2, 1]
    said = vedette("config", "diff", "1", "2")
    assert said.code == 1
    assert "+confirm_scans = 3" in said.out
    assert vedette("config", "diff", "2").code == 0
    assert vedette("config", "revert", "1").code == 0
    assert vedette.config.read_text() == first


# -- secrets


def test_a_secret_is_kept_listed_and_removed_without_ever_being_shown(vedette: Place) -> None:
    assert vedette.apart("secret", "set", "hook", stdin="x").code == 2
    kept = vedette.apart("secret", "set", "hook", "--file", stdin=f"{HOOK_TOKEN}\n")
    assert kept.code == 0, kept.err
    assert "unencrypted" in kept.err
    listed = vedette("secret", "ls", "-o", "json").json()["items"]
    assert [each["name"] for each in listed] == ["hook"]
    assert HOOK_TOKEN not in kept.out + kept.err + json.dumps(listed)
    assert (vedette.data / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert vedette("secret", "rm", "hook").code == 0
    assert vedette("secret", "ls", "-o", "json").json()["items"] == []
    assert vedette("secret", "rm", "hook").code == 2


# -- other people's files


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["queue.json", "realtime.json"])
def test_both_foreign_shapes_come_in_and_no_secret_of_them_reaches_a_table(
    vedette: Place, shared_data: Path, name: str
) -> None:
    file = shared_data / "import" / name
    tried = vedette("import", str(file), "--dry-run", "-o", "json").json()
    assert not (vedette.data / "vedette.db").exists()
    said = vedette("import", str(file), "--secrets-in-file", "-o", "json")
    assert said.code == 0, said.err
    counts = said.json()
    assert {**tried, "dry_run": False} == counts
    assert len(vedette("ls", "-o", "json").json()["items"]) == counts["targets"] > 0
    kept = vedette.data / "secrets.json"
    secrets = list(json.loads(kept.read_text()).values()) if kept.exists() else []
    assert len(secrets) == counts["secrets"]
    written = b"".join(path.read_bytes() for path in vedette.data.glob("*.db*"))
    for secret in secrets:
        assert secret.encode() not in written
        assert secret not in said.out + said.err + vedette("export").out


def test_a_webhook_token_of_a_foreign_file_goes_to_the_secrets_only(vedette: Place, tmp_path: Path) -> None:
    foreign = tmp_path / "sites.json"
    hook = {"type": "webhook", "url": "https://hooks.test/in", "headers": {"Authorization": f"Bearer {HOOK_TOKEN}"}}
    when = {"type": "technology", "change_types": ["added"]}
    rule = {"id": "r", "name": "R", "conditions": when, "severity": "high", "notification_channels": [hook]}
    site = {"name": "Shop", "url": "https://shop.test", "schedule": {"type": "cron", "expression": "0 7 * * *"}}
    foreign.write_text(json.dumps({"configs": [{**site, "alert_rules": [rule]}]}))
    said = vedette("import", str(foreign), "--secrets-in-file")
    assert said.code == 0, said.err
    assert HOOK_TOKEN in (vedette.data / "secrets.json").read_text()
    written = b"".join(path.read_bytes() for path in vedette.data.glob("*.db*"))
    assert HOOK_TOKEN.encode() not in written
    assert HOOK_TOKEN not in said.out + said.err + vedette("export").out


@pytest.mark.parametrize(("form", "suffix"), [("toml", ".toml"), ("json", ".json")])
def test_an_export_reads_back_as_the_same(mine: Place, tmp_path: Path, form: str, suffix: str) -> None:
    assert mine("add", "https://added.test", "--tag", "x", "--cron", "0 7 * * *", "--tz", "Europe/Berlin").code == 0
    whole = tmp_path / f"whole{suffix}"
    assert mine("export", "-o", form, "--out", str(whole)).code == 0
    assert whole.stat().st_mode & 0o777 == 0o600
    other = Place(tmp_path / "other", tmp_path / "other.toml", mine.capsys)
    assert other("import", str(whole)).code == 0
    names = {each["name"] for each in mine("ls", "-o", "json").json()["items"]}
    assert {each["name"] for each in other("ls", "-o", "json").json()["items"]} == names
    assert other("rules", "-o", "json").json() == mine("rules", "ls", "-o", "json").json()
    if form == "toml":
        other.config.write_text(whole.read_text())
        assert Place(tmp_path / "third", other.config, mine.capsys)("export").out == whole.read_text()


def test_an_import_may_come_from_standard_input(vedette: Place) -> None:
    said = vedette.apart("import", "-", stdin="https://one.test\nhttps://two.test\n")
    assert said.code == 0, said.err
    assert said.out == "imported 2 targets, 0 rules, 0 channels, 0 secrets\n"


def test_what_cannot_be_read_is_listed_left_out_of_an_export_and_can_be_removed(vedette: Place) -> None:
    assert vedette("add", "https://shop.test/", "--name", "shop").code == 0
    assert vedette("add", "https://pay.test/", "--name", "pay").code == 0
    with sqlite3.connect(vedette.data / "vedette.db") as database:
        database.execute("UPDATE target SET spec = '{' WHERE name = 'shop'")
        database.execute("INSERT INTO entry (kind, name, body) VALUES ('rule', 'Night', '{\"name\":\"Night\"}')")
        database.execute("INSERT INTO entry (kind, name, body) VALUES ('channel', 'pager', CAST(x'ff7b' AS TEXT))")
    database.close()
    assert "unreadable" not in vedette("ls").out
    listed = vedette("rules", "ls", "-o", "json")
    [night] = listed.json()["items"]
    assert (night["name"], night["when"]) == ("Night", None)
    assert "'when' is missing" in night["unreadable"]
    assert "cannot be read: " in vedette("rules", "ls").out
    assert "cannot be read" in vedette("show", "shop", "-o", "json").json()["target"]["fault"]
    exported = vedette("export")
    assert exported.code == 0
    assert "pay.test" in exported.out
    assert "shop" not in exported.out
    for name in ("target 'shop'", "rule 'Night'", "channel 'pager'"):
        assert f"warning: {name} is left out: what is stored of it cannot be read" in exported.err
    assert vedette("edit", "shop", "every=1m").code == 0
    assert "fault" not in vedette("show", "shop", "-o", "json").json()["target"]
    assert vedette("rm", "shop").code == 0


def test_an_expression_with_a_comma_stays_whole(vedette: Place) -> None:
    assert vedette("add", "https://shop.test/", "--name", "shop", "--ignore", "/a{1,3}/", "--ignore", "#b").code == 0
    assert "'/a{1,3}/', '#b'" in vedette("export").out.replace('"', "'")
    assert vedette("edit", "shop", "ignore=+/c{2,}/,-#b").code == 0
    assert "'/a{1,3}/', '/c{2,}/'" in vedette("export").out.replace('"', "'")

"""check-config tells errors, and where there are none, what is odd."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import SecretError
from core.model.secret import Secret, SecretRef
from core.model.target import Target
from core.settings.check import ERROR, WARNING, Surroundings, findings

TEXT = """\
[fetch]
ca_file = "/does/not/exist.pem"
[[target]]
name = "Shop"
url = "https://shop.example/"
class = "competitor"
every = "1m"
[[channel]]
name = "used"
type = "slack"
webhook_url = { secret = "kept" }
[[channel]]
name = "unused"
type = "webhook"
url = "https://h.example/"
basic = { username = "u", password = { secret = "lost" } }
[[rule]]
name = "R"
when = "tag:shop name:sho"
notify = ["used"]
[[rule]]
name = "S"
when = "class:competitor"
notify = ["used"]
enabled = false
[templates]
idle = "x"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "vedette.toml"
    path.write_text(TEXT)
    path.chmod(0o600)
    return path


def resolve(ref: SecretRef) -> Secret:
    if ref.name == "lost":
        raise SecretError("secret 'lost' was not found")
    return Secret("x")


def test_what_is_odd_is_told_with_its_line(file: Path) -> None:
    found = findings(file, Surroundings(resolve=resolve))
    assert [(each.line, each.message) for each in found] == [
        (2, "there is no file /does/not/exist.pem"),
        (7, "'Shop' is a competitor's: it is looked at every 15 minutes at most"),
        (13, "no rule tells channel 'unused'"),
        (16, "secret 'lost' was not found"),
        (19, "'tag:shop' holds for no target known"),
        (25, "rule 'S' is switched off"),
        (27, "no channel uses template 'idle'"),
    ]
    assert {each.severity for each in found} == {WARNING}


def test_targets_of_the_store_count_when_rules_are_judged(file: Path) -> None:
    around = Surroundings(targets=(Target("Other", "https://o.example/", tags=("shop",)),))
    assert not any("holds for no target" in each.message for each in findings(file, around))


def test_a_file_that_others_may_read_or_write_is_told(file: Path) -> None:
    file.chmod(0o666)
    messages = [each.message for each in findings(file) if each.line == 0]
    assert [message.split(" (")[0] for message in messages] == [
        "everybody may read this file",
        "others may write this file",
    ]


def test_errors_are_told_instead_of_what_is_odd(file: Path) -> None:
    file.write_text(TEXT.replace("every =", "evry ="))
    (found,) = findings(file)
    assert (found.line, found.severity) == (7, ERROR)
    assert found.message == "target[0].evry: unknown key; did you mean 'every'?"
    (missing,) = findings(file.with_name("none.toml"))
    assert missing.severity == ERROR

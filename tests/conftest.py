"""What all tests share: the labelled data beside the repository, the rule for missing components, and a keyring."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest
from hypothesis import settings

from tests.fakes import MemoryKeyring

settings.register_profile("any machine", deadline=None)  # how long an example takes is no property of ours
settings.load_profile("any machine")
SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require-components",
        action="store_true",
        help="fail, instead of skip, where a component (system package or labelled data) is missing",
    )


def shares_no_machine(path: str) -> bool:
    """What starts engines, farms and terminals: they wait more than they work, but not for each other.

    The demo and the hostile walk are steered by nobody else's pace, and even out what is left for the other processor.
    """
    if path in ("tests/demo/test_demo.py", "tests/journeys/test_hostile_console.py"):
        return False
    return path.startswith(("tests/journeys/", "tests/engine/")) or path.endswith("_journey.py")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Under pytest-xdist they come first, because they take longest."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: not shares_no_machine(item.nodeid.partition("::")[0]))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """File by file to whoever is free (`--dist loadfile`), but all that share no machine as if they were one file."""
    from xdist.scheduler import LoadFileScheduling  # only where there is pytest-xdist

    class OneMachine(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            path: str = super()._split_scope(nodeid)
            if shares_no_machine(path):
                return "one machine"
            return "tests/cli" if path.startswith("tests/cli/") else path  # one watched world for the whole folder

    config.option.loadscopereorder = False
    return OneMachine(config, log)


def missing(config: pytest.Config, reason: str) -> None:
    """Skip with the reason, or fail where every component is required."""
    if config.getoption("--require-components"):
        pytest.fail(f"required component is missing: {reason}")
    pytest.skip(reason)


@pytest.fixture
def shared_data(request: pytest.FixtureRequest) -> Path:
    """The folder of labelled data; it stands beside the repository and is not part of it."""
    if not SHARED_DATA.is_dir():
        missing(request.config, "the labelled data (../shared/data) is not beside the repository")
    return SHARED_DATA


@pytest.fixture
def backend() -> Iterator[MemoryKeyring]:
    """A keyring of this test's own in the place of the machine's."""
    before = keyring.get_keyring()
    memory = MemoryKeyring()
    keyring.set_keyring(memory)
    yield memory
    keyring.set_keyring(before)

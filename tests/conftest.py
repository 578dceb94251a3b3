"""What all tests share: the labelled data beside the repository, the rule for missing components, and a keyring."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

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

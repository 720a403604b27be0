from __future__ import annotations

from pathlib import Path

import pytest

from faults.living import Place

collect_ignore = ["keeping.py", "living.py", "outcome.py", "scenario.py"]  # hold no tests


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture(scope="session")
def kills(pytestconfig: pytest.Config) -> int:
    """How many processes are killed at random moments, by all tests together."""
    return int(str(pytestconfig.getoption("--kills")))

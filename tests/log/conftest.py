from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from log.examples import Clock, file_url
from modeltrail.log import Log

collect_ignore = ["examples.py"]  # holds no tests


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.db"


@pytest.fixture(params=["file", "memory"])
def log(request: pytest.FixtureRequest, path: Path, clock: Clock) -> Iterator[Log]:
    with Log.open(file_url(path) if request.param == "file" else "memory:", clock=clock) as log:
        yield log

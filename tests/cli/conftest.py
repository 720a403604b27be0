from __future__ import annotations

from pathlib import Path

import pytest

from cli.shell import FLEET, NOTICES, shell, url


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store that nobody has made yet; the current folder is empty too."""
    monkeypatch.chdir(tmp_path)
    return url(tmp_path / "fresh.db")


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The real schedule and the small fleet. Tests only read it."""
    name = url(tmp_path_factory.mktemp("store") / "trail.db")
    assert shell("--store", name, "import", "notices", NOTICES).code == 0
    assert shell("--store", name, "apply", FLEET).code == 0
    return name

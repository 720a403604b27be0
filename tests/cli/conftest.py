from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.shell import FLEET, NOTICES, shell, url

OWNERS = """
from typing import NamedTuple

from modeltrail import Projection
from modeltrail.domain.events import DeploymentCreated


class Owner(NamedTuple):
    owner: str | None


owners = Projection("owners", Owner, edition=EDITION, question="Who owns each deployment?", key="deployment")


@owners.on(DeploymentCreated, key=lambda event: KEY)
def created(row, event):
    HANDLER


number = 5
"""


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


@pytest.fixture
def fleet(store: str, fresh: str, tmp_path: Path) -> str:
    """A copy of it, for tests that let tables be made."""
    shutil.copyfile(store.removeprefix("sqlite:///"), tmp_path / "fresh.db")
    return fresh


@pytest.fixture
def owners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh: str) -> Callable[[str], str]:
    """Writes a module with a projection into the current folder, anew each time, and names the projection."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.delitem(sys.modules, "owners_of_tests", raising=False)

    def write(handler: str = "return Owner(event.owner)", key: str = "event.deployment", edition: int = 1) -> str:
        code = OWNERS.replace("HANDLER", handler).replace("KEY", key).replace("EDITION", str(edition))
        (tmp_path / "owners_of_tests.py").write_text(code, encoding="utf-8")
        sys.modules.pop("owners_of_tests", None)
        importlib.invalidate_caches()
        return "owners_of_tests:owners"

    return write

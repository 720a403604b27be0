"""Is the package of the page on shipping a projection found once it is installed? It is built and installed here."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import modeltrail

DOCS = Path(__file__).parents[2] / "docs"
PAGE, PACKAGE = DOCS / "how-to" / "ship-a-projection.md", DOCS / "examples" / "modeltrail-pins"

pytestmark = pytest.mark.skipif(not DOCS.exists(), reason="docs/ is not here: the wheel is tested")

SESSION = """
import doctest, sys
session = sys.stdin.read()
parsed = doctest.DocTestParser().get_doctest(session, {}, "page", "page", 0)
runner = doctest.DocTestRunner()
sys.exit(1 if runner.run(parsed).failed or not parsed.examples else 0)
"""
FOUND = """
from modeltrail.discovery import installed
import modeltrail_pins
assert installed()["pins"] is modeltrail_pins.pins
print(modeltrail_pins.__file__)
"""


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


class Installed:
    """The package in a folder of its own, and Python with that folder on its path."""

    def __init__(self, target: Path, source: Path) -> None:
        self.target, self.source = target, source

    def run(self, *arguments: str, told: str = "") -> subprocess.CompletedProcess[str]:
        ours = str(Path(modeltrail.__file__).parents[1])
        path = [str(self.target), ours, *filter(None, [os.environ.get("PYTHONPATH")])]
        return subprocess.run(
            [sys.executable, *arguments],
            input=told,
            cwd=self.source,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(path), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Given the package, built from a copy of the example and installed, without a network."""
    version = importlib.metadata.version("setuptools")
    assert int(version.split(".")[0]) >= 77, f"setuptools is {version}: install modeltrail[test] anew"
    folder = tmp_path_factory.mktemp("shipped")
    source, target = folder / "source", folder / "target"
    shutil.copytree(PACKAGE, source, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
    told = ["--quiet", "--disable-pip-version-check", "--no-build-isolation", "--no-deps", "--no-index"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", *told, "--target", str(target), str(source)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return Installed(target, source)


def test_the_page_shows_the_package_as_it_is() -> None:
    files = [PACKAGE / "src" / "modeltrail_pins.py", PACKAGE / "tests" / "test_pins.py"]
    assert blocks("python") == [file.read_text(encoding="utf-8") for file in files]
    assert blocks("toml") == [(PACKAGE / "pyproject.toml").read_text(encoding="utf-8")]
    (tree,) = blocks("text")
    shown = set(re.findall(r"\S+", tree)[1:])
    assert shown == {"pyproject.toml", "README.md", "src/modeltrail_pins.py", "tests/test_pins.py"}
    assert all((PACKAGE / name).exists() for name in shown)


def test_it_is_found_by_its_entry_point(installed: Installed) -> None:
    found = installed.run("-c", FOUND)
    assert found.returncode == 0, found.stderr
    assert Path(found.stdout.strip()).parent == installed.target


def test_the_session_of_the_page_gives_what_it_shows(installed: Installed) -> None:
    done = installed.run("-c", SESSION, told="\n".join(blocks("pycon")))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_command_line_shows_it(installed: Installed) -> None:
    pytest.importorskip("modeltrail.cli_projections")
    listed = installed.run("-m", "modeltrail", "projections", "list")
    assert listed.returncode == 0, listed.stderr
    assert "Which API version does each deployment pin?" in " ".join(listed.stdout.split())


def test_its_own_tests_pass(installed: Installed) -> None:
    pytest.importorskip("modeltrail.testing")
    done = installed.run("-m", "pytest", "--quiet", "-p", "no:cacheprovider", "tests")
    assert done.returncode == 0, done.stdout + done.stderr

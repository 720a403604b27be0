"""Does the repository keep its own promises: floors, packaging, sizes, nothing left behind?"""

from __future__ import annotations

import ast
import importlib.util
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import modeltrail
import modeltrail.domain
import modeltrail.projections

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src" / "modeltrail"
LINKS = ("domain", "projections")
FRONT = ("cli", "demo", "__main__")
"""The names with which the files of the command line begin: they print, and may read the environment."""
WITH_EXTRAS = (*FRONT, "testing")
"""The same of all that needs an extra."""
CLOCKS_AND_DOORS = frozenset(
    {
        "asyncio",
        "http",
        "io",
        "logging",
        "multiprocessing",
        "os",
        "pathlib",
        "random",
        "secrets",
        "shutil",
        "signal",
        "socket",
        "sqlite3",
        "subprocess",
        "tempfile",
        "threading",
        "time",
        "urllib",
        "uuid",
    }
)
"""What the pure floors leave alone, though Python has it."""

in_tree = pytest.mark.skipif(not (ROOT / "domain").exists(), reason="the source tree is not here: the wheel is tested")


def code(*floors: str) -> list[Path]:
    """The Python files of some floors: `domain`, `projections`, `src`, `tests`."""
    return [
        path
        for floor in floors
        for path in sorted((ROOT / floor).rglob("*.py"))
        if not (floor == "src" and path.relative_to(SRC).parts[0] in LINKS)
    ]


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, in functions too; `from a import b` counts as a, relative ones as dots."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def calls(path: Path) -> Iterator[tuple[int, str]]:
    """The line and the written name of everything that a file calls."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def within(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def is_front(path: Path) -> bool:
    return path.name.startswith(FRONT)


def files_of_the_repository() -> list[Path]:
    """What is committed or could be: all that git does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    )
    if listed.returncode:
        pytest.skip("there is no git here")
    paths = (ROOT / name for name in listed.stdout.splitlines())
    return [path for path in paths if path.is_file() and not path.is_symlink()]


# The three floors


@in_tree
@pytest.mark.parametrize(
    ("floor", "below"),
    [("domain", ("modeltrail.domain",)), ("projections", ("modeltrail.domain", "modeltrail.projections"))],
)
def test_a_pure_floor_imports_only_itself_and_what_is_below(floor: str, below: tuple[str, ...]) -> None:
    pure = sys.stdlib_module_names - CLOCKS_AND_DOORS
    wrong = [
        f"{short(path)} imports {module}"
        for path in code(floor)
        for module in imports(path)
        if not within(module, "pydantic", *below) and module.partition(".")[0] not in pure
    ]
    assert wrong == []


@in_tree
def test_a_pure_floor_reads_no_clock_and_opens_nothing() -> None:
    wrong = [
        f"{short(path)}:{line} calls {name}"
        for path in code(*LINKS)
        for line, name in calls(path)
        if name in {"open", "input"} or name.endswith((".now", ".utcnow", ".today"))
    ]
    assert wrong == []


@in_tree
def test_only_the_log_knows_the_event_store() -> None:
    wrong = [
        short(path)
        for path in code("domain", "projections", "src")
        if path not in (SRC / "log.py", SRC / "datastore.py")
        and any(within(module, "eventsourcing") for module in imports(path))
    ]
    assert wrong == []


@in_tree
def test_only_the_command_line_reads_the_environment() -> None:
    wrong = [
        f"{short(path)}:{node.lineno}"
        for path in code("domain", "projections", "src")
        if not is_front(path)
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"})
        or (isinstance(node, ast.ImportFrom) and node.module == "os")
    ]
    assert wrong == []


def test_the_library_is_imported_without_any_extra() -> None:
    names = [
        module.name
        for module in pkgutil.walk_packages(modeltrail.__path__, "modeltrail.")
        if not module.name.split(".")[1].startswith(WITH_EXTRAS)
    ]
    script = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script, *names], capture_output=True, text=True, check=True)
    assert {"typer", "click", "rich", "polars", "jinja2", "psycopg", "rfc8785", "hypothesis"} & set(
        loaded.stdout.split()
    ) == set()


# The packaging


@in_tree
def test_every_package_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    folders = {path.parent.relative_to(ROOT / "src") for path in code("src")}
    folders |= {Path("modeltrail") / path.parent.relative_to(ROOT) for path in code(*LINKS)}
    assert {".".join(folder.parts) for folder in folders} == set(project["tool"]["setuptools"]["packages"])


@in_tree
@pytest.mark.parametrize("name", LINKS)
def test_the_links_are_links(name: str) -> None:
    assert (SRC / name).is_symlink(), f"src/modeltrail/{name} was copied: make it a link to ../../{name}"
    assert (SRC / name).readlink() == Path("../..") / name


@pytest.mark.parametrize("package", [modeltrail.domain, modeltrail.projections])
def test_a_root_folder_refuses_its_bare_name(package: object) -> None:
    path = Path(str(vars(package)["__file__"]))
    spec = importlib.util.spec_from_file_location(path.parent.name, path)
    assert spec and spec.loader
    with pytest.raises(ImportError, match=f"imported as modeltrail.{path.parent.name}"):
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


@in_tree
def test_every_doctest_runs_under_the_name_of_its_package() -> None:
    told = [sys.executable, "-m", "pytest", "--collect-only", "--quiet", "--no-header", "src"]
    listed = subprocess.run(told, cwd=ROOT, capture_output=True, text=True)
    assert listed.returncode == 0, listed.stdout
    collected = {tuple(line.split("::")) for line in listed.stdout.splitlines() if "::" in line}
    documented = {path for path in code("domain", "projections", "src") if ">>> " in path.read_text(encoding="utf-8")}
    assert all(name.startswith("modeltrail.") for _, name in collected)
    assert {(ROOT / file).resolve() for file, _ in collected} == documented
    assert any((ROOT / "domain") in path.parents for path in documented), "no doctest in domain/: nothing is seen here"


# Sizes


@in_tree
def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {short(path): len(path.read_text(encoding="utf-8").splitlines()) for path in code(*LINKS, "src", "tests")}
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}


@in_tree
def test_no_function_is_longer_than_50_lines() -> None:
    long = [
        f"{short(path)}:{node.lineno} {node.name}"
        for path in code(*LINKS, "src", "tests")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > 50
    ]
    assert long == []


# Leftovers


@in_tree
def test_nothing_unfinished_is_left_behind() -> None:
    unfinished = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|\bbreakpoint\(|\bpdb\b")
    left = [short(path) for path in code(*LINKS, "src") if unfinished.search(path.read_text(encoding="utf-8"))]
    assert left == []


@in_tree
def test_only_the_command_line_prints() -> None:
    printing = [
        f"{short(path)}:{line}"
        for path in code(*LINKS, "src")
        if not is_front(path)
        for line, name in calls(path)
        if name == "print"
    ]
    assert printing == []


@in_tree
def test_no_file_names_a_registry_or_a_place_on_one_machine() -> None:
    hosts = r"pypi\.org|pythonhosted\.org|deb\.debian\.org|npmjs\.(org|com)"
    places = r"(?<![\w./-])/(work|farm|home|root|opt|Users)/[\w.]"
    forbidden = re.compile(f"{hosts}|{places}".encode())
    assert [short(path) for path in files_of_the_repository() if forbidden.search(path.read_bytes())] == []

"""Which projections are found, which are refused, and does each refusal say how to mend it?"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from modeltrail import Projection, Trail, discovery
from modeltrail.discovery import installed, named
from modeltrail.projections.built_in import ALL
from modeltrail.projections.policies import policies
from rules.given import deployed, mirrored

COUNTED = """
from typing import NamedTuple
from modeltrail import Projection
from modeltrail.domain.events import DeploymentCreated

class Count(NamedTuple):
    times: int

counted = Projection({name!r}, Count, edition=1, question="How often was each deployment created?")

@counted.on(DeploymentCreated, key=lambda event: event.deployment)
def created(row, event):
    return Count((row.times if row else 0) + 1)
"""


class Packages:
    """A folder on the path into which packages are installed, as far as anybody can tell."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def install(self, name: str, code: str, entry: str = "{module}:counted") -> str:
        """One module, and one entry point for what it holds. The name of the module is given back."""
        module = name.replace("-", "_")
        (self._folder / f"{module}.py").write_text(code, encoding="utf-8")
        about = self._folder / f"{module}-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
        offered = f"[modeltrail.projections]\ncounted = {entry.format(module=module)}\n"
        (about / "entry_points.txt").write_text(offered, encoding="utf-8")
        return module


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Packages]:
    """Given no package that offers a projection, and a folder in which some may be installed."""
    known = {*sys.modules}
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    yield Packages(tmp_path)
    for name in {*sys.modules} - known:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def refused(task: Callable[[], object]) -> str:
    """The sentence with which something is refused."""
    with pytest.raises(ValueError) as caught:
        task()
    return str(caught.value)


def counted(name: str = "counts") -> Projection[Any]:
    """A projection that is defined where it is used."""
    code: dict[str, Any] = {}
    exec(COUNTED.format(name=name), code)
    found: Projection[Any] = code["counted"]
    return found


# What is installed


def test_those_that_come_with_the_library_are_there() -> None:
    assert {one.name: one for one in ALL}.items() <= installed().items()


def test_a_package_offers_a_projection_by_an_entry_point(packages: Packages) -> None:
    packages.install("acme-counts", COUNTED.format(name="counts"))
    assert installed()["counts"].question == "How often was each deployment created?"
    assert dict(Trail.open("memory:").view("counts").all()) == {}


def test_one_that_cannot_be_loaded_is_named_with_its_package_and_its_error(packages: Packages) -> None:
    packages.install("acme-counts", "import nothing_of_the_kind")
    assert refused(installed) == (
        "the projection counted = acme_counts:counted of the package acme-counts cannot be loaded "
        "(ModuleNotFoundError: No module named 'nothing_of_the_kind'): mend that package, or uninstall it"
    )


def test_a_package_that_is_broken_takes_none_of_those_away_that_come_with_the_library(packages: Packages) -> None:
    packages.install("acme-counts", "1 / 0")
    trail = deployed(mirrored())
    assert trail.view("policies").get("chat-prod") is not None
    assert trail.view(policies).get("chat-prod") is not None


def test_what_is_no_projection_is_refused(packages: Packages) -> None:
    packages.install("acme-counts", "counted = 'counts'")
    assert refused(installed) == (
        "acme_counts:counted of the package acme-counts is no projection: name one, made with "
        "modeltrail.Projection(...)"
    )


def test_two_packages_with_projections_of_one_name_are_refused(packages: Packages) -> None:
    packages.install("acme-counts", COUNTED.format(name="counts"))
    packages.install("other-counts", COUNTED.format(name="counts"))
    assert refused(installed) == (
        "the projection counts of the package other-counts has the name of one of the package acme-counts: give one of "
        "them another name, or uninstall that package"
    )


def test_the_name_of_one_that_comes_with_the_library_is_refused(packages: Packages) -> None:
    packages.install("acme-counts", COUNTED.format(name="policies"))
    assert "policies of the package acme-counts has the name of one of modeltrail itself" in refused(installed)
    assert "comes with modeltrail: give it another one" in refused(lambda: named("acme_counts:counted"))


def test_one_projection_may_be_offered_twice(packages: Packages) -> None:
    packages.install("acme-counts", COUNTED.format(name="counts"))
    packages.install("other-counts", "from acme_counts import counted")
    assert installed()["counts"] is sys.modules["acme_counts"].counted


# What is named


def test_a_mistyped_name_is_guessed() -> None:
    assert refused(lambda: named("polices")).startswith("there is no projection 'polices': did you mean policies?")
    assert "modeltrail projections list names all; or use MODULE:NAME" in refused(lambda: named("zzz"))


def test_one_of_the_current_folder_is_named_by_its_module(packages: Packages, tmp_path: Path) -> None:
    (tmp_path / "counting.py").write_text(COUNTED.format(name="counts"), encoding="utf-8")
    trail = deployed(mirrored())
    assert trail.view("counting:counted").get("chat-prod") == (1,)
    assert trail.view("counting:counted").name == "counts"


@pytest.mark.parametrize("name", [":counted", "counting:", ":"])
def test_half_a_name_is_refused(name: str) -> None:
    assert refused(lambda: named(name)) == f"{name!r} names no projection: write MODULE:NAME, such as owners:owners"


def test_a_module_that_is_not_there_or_broken_is_refused(packages: Packages, tmp_path: Path) -> None:
    assert "(ModuleNotFoundError: No module named 'counting'): correct the name" in refused(
        lambda: named("counting:counted")
    )
    (tmp_path / "broken.py").write_text("1 / 0", encoding="utf-8")
    assert "(ZeroDivisionError: division by zero)" in refused(lambda: named("broken:counted"))


def test_another_name_within_a_module_is_refused_with_those_that_it_has(packages: Packages, tmp_path: Path) -> None:
    (tmp_path / "counting.py").write_text(COUNTED.format(name="counts"), encoding="utf-8")
    assert refused(lambda: named("counting:count")) == "counting has no 'count': correct the name (counting:counted)"
    assert refused(lambda: named("counting:Count")) == (
        "counting:Count is no projection: name one, made with modeltrail.Projection(...)"
    )
    assert refused(lambda: named("decimal:zzz")) == "decimal has no 'zzz': correct the name (it has no projection)"


def test_what_is_no_projection_is_no_view() -> None:
    trail: Any = Trail.open("memory:")
    assert refused(lambda: trail.view(3)).startswith("3 is no projection: name one")


def test_a_trail_keeps_one_projection_of_a_name() -> None:
    trail = Trail.open("memory:")
    trail.view(counted())
    assert "this trail keeps another projection of the name counts" in refused(lambda: trail.view(counted()))
    assert refused(lambda: trail.view(counted("policies"))) == (
        "policies is the name of another projection that is installed: give yours another name, or ask for that one by "
        'its name, as in view("policies")'
    )


def test_a_package_that_is_broken_takes_only_its_own_away(packages: Packages) -> None:
    packages.install("broken-package", "raise RuntimeError('no licence')")
    packages.install("good-package", COUNTED.format(name="counted"))
    with mirrored() as trail:
        deployed(trail)
        assert len(trail.view("changes").all()) == trail.log.size()
        assert trail.projections.query("SELECT count(*) FROM policies").rows == [(1,)]
        assert {"changes", "policies", "counted"} <= {one.name for one in trail.projections.status()}
        assert trail.projections.drop("changes") == 1


def test_sql_about_tables_that_nobody_here_can_bring_up_to_date_is_refused(packages: Packages, tmp_path: Path) -> None:
    module = packages.install("others", COUNTED.format(name="theirs"))
    with mirrored() as trail:
        deployed(trail)
        trail.view(f"{module}:counted").all()
        again = Trail(trail.log, trail.now)  # a program that knows nothing of it
        sys.modules.pop(module)
        (tmp_path / "others-1.0.dist-info" / "entry_points.txt").unlink()
        importlib.invalidate_caches()
        discovery._offered.cache_clear()
        assert again.projections.query("SELECT count(*) FROM theirs").rows == [(1,)]
        with again.record(by="alice@example.com") as rec:
            rec.deployment("more").create("azure-openai/chat", run_by="provider")
        with pytest.raises(ValueError, match="the views of theirs show its edition 1 up to position 5, and no"):
            again.projections.query("SELECT count(*) FROM theirs")

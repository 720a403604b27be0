"""Do the scripts of the page on imports do what it says? They are taken from it and run by bash, with an az of ours."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from modeltrail import Trail

pytest.importorskip("ijson")

DOCS = Path(__file__).parents[2] / "docs"
PAGE, LISTS = DOCS / "how-to" / "import-exports.md", DOCS / "examples" / "exports"

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="docs/ is not here: the wheel is tested")

ACCOUNT = "/subscriptions/0/resourceGroups/ai/providers/Microsoft.CognitiveServices/accounts/acme-us"
AZ = f"""#!/bin/sh
case "$*" in
*"account show"*) echo {ACCOUNT} ;;
*"activity-log list --resource-group ai --offset 3d --output json") cat activity.json ;;
*"model list --location swedencentral --output json") cat models.json ;;
*"deployment list --name acme-eu --resource-group ai --output json") cat deployments.json ;;
*) echo "az: no such thing: $*" >&2; exit 2 ;;
esac
"""
DATE = "#!/bin/sh\ncat now\n"
Run = subprocess.CompletedProcess[str]


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


class Folder:
    """The folder in which the scripts run, with a `modeltrail` of these tests, an `az` and a `date` on the path."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.box = folder, folder / "exports"

    def furnished(self) -> Folder:
        (self.folder / "bin").mkdir()
        self.write("bin/modeltrail", f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m modeltrail "$@"\n')
        self.write("bin/az", AZ)
        self.write("bin/date", DATE)
        for command in (self.folder / "bin").iterdir():
            command.chmod(0o755)
        self.write("exports.sh", blocks("bash")[1])
        self.write("activity.json", "[]")
        return self

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    @property
    def env(self) -> dict[str, str]:
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        told = {"LOCATION": "swedencentral", "GROUP": "ai", "ACCOUNTS": "acme-eu", "COLUMNS": "120"}
        return {**os.environ, **told, "PATH": path, "MODELTRAIL_STORE": "sqlite:///audit.db"}

    def run(self, *told: str, **more: str) -> Run:
        return subprocess.run(
            told, cwd=self.folder, env={**self.env, **more}, capture_output=True, encoding="utf-8", check=False
        )

    def night(self, day: str, models: str, deployments: str) -> Run:
        """Run the script on a night on which Azure lists this."""
        self.write("now", f"{day}T020000Z")
        shutil.copy(LISTS / f"models-{models}.json", self.folder / "models.json")
        shutil.copy(LISTS / f"deployments-{deployments}.json", self.folder / "deployments.json")
        return self.run("bash", "exports.sh")

    def files(self, name: str) -> list[str]:
        return sorted(path.name for path in (self.box / name).iterdir() if path.is_file())

    def trail(self) -> Trail:
        return Trail.open(f"sqlite:///{self.folder / 'audit.db'}", read_only=True)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path).furnished()


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Folder, list[Run]]:
    """Three nights, on the second of which the default has changed, and on the third two deployments have moved. Other
    tests only read or copy them."""
    folder = Folder(tmp_path_factory.mktemp("nights")).furnished()
    days = (
        ("2025-03-01", "2025-03-01", "2025-03-01"),
        ("2025-03-08", "2025-03-08", "2025-03-08"),
        ("2025-03-15", "2025-03-08", "2025-03-15"),
    )
    return folder, [folder.night(*day) for day in days]


@pytest.fixture
def after(tmp_path: Path, moved: tuple[Folder, list[Run]]) -> Folder:
    """The morning after."""
    return Folder(Path(shutil.copytree(moved[0].folder, tmp_path / "after")))


@pytest.mark.rule("R40")
def test_a_night_fetches_imports_and_keeps_what_it_fetched(moved: tuple[Folder, list[Run]]) -> None:
    folder, (first, second, _) = moved
    assert (first.returncode, first.stderr) == (0, "")
    assert [line.partition(":00Z ")[2].partition(" new")[0] for line in first.stdout.splitlines()] == [
        "azure-activity-log azure-openai: 1",
        "azure-deployments azure@swedencentral: 8",
        "azure-models azure@swedencentral: 8",
        "",
    ]
    assert (second.returncode, second.stdout.splitlines()[-1]) == (0, "nothing is open")
    assert len(folder.files("done")) == 9
    assert "azure-deployments.azure@swedencentral.2025-03-15T020000Z.acme-eu.json" in folder.files("done")
    assert folder.files(".") == []


@pytest.mark.rule("R32")
def test_a_night_on_which_something_needs_an_eye_ends_with_3(moved: tuple[Folder, list[Run]]) -> None:
    third = moved[1][2]
    assert (third.returncode, third.stderr) == (3, "")
    assert third.stdout.splitlines()[-1].startswith("1 open;")
    assert "search-prod" in third.stdout and "chat-prod was" not in third.stdout


@pytest.mark.rule("R32")
def test_the_log_of_the_provider_explains_it_on_the_next_night(after: Folder) -> None:
    shutil.copy(LISTS / "activity-2025-03-16.json", after.folder / "activity.json")
    night = after.night("2025-03-16", "2025-03-08", "2025-03-15")
    assert (night.returncode, night.stderr) == (0, "")
    assert night.stdout.splitlines()[-1] == "nothing is open"


def test_what_was_half_fetched_is_never_imported(folder: Folder) -> None:
    folder.write("bin/az", AZ.replace("cat models.json", "head -c 100 models.json; exit 1"))
    night = folder.night("2025-03-01", "2025-03-01", "2025-03-01")
    assert night.returncode == 1
    assert not (folder.folder / "audit.db").exists()
    folder.write("bin/az", AZ)
    night = folder.night("2025-03-02", "2025-03-01", "2025-03-01")
    assert (night.returncode, night.stderr) == (0, "")
    assert len(night.stdout.splitlines()) == 5


def test_what_is_broken_is_put_aside_and_the_rest_is_imported(folder: Folder) -> None:
    folder.write("activity.json", "[{")
    night = folder.night("2025-03-01", "2025-03-01", "2025-03-01")
    assert (night.returncode, len(night.stdout.splitlines()), len(night.stderr.splitlines())) == (1, 2, 1)
    name = "azure-activity-log.2025-03-01T020000Z.ai.json"
    assert folder.files("quarantine") == [name, f"{name}.reason.txt"]


def test_one_export_is_tried_and_then_imported(folder: Folder) -> None:
    shutil.copy(LISTS / "deployments-2025-03-01.json", folder.folder / "deployments.json")
    told = folder.run("bash", "-euc", blocks("bash")[0])
    assert (told.returncode, told.stderr) == (0, "")
    assert "8 would be new; a dry run records nothing" in told.stdout
    assert "8 new facts (positions 1-8)" in told.stdout


@pytest.mark.rule("R16")
def test_an_account_without_deployments_is_put_aside_and_imported_with_its_id(folder: Folder) -> None:
    folder.write("bin/az", AZ.replace("cat deployments.json", "echo '[]'"))
    night = folder.night("2025-03-01", "2025-03-01", "2025-03-01")
    assert (night.returncode, len(night.stderr.splitlines())) == (1, 1)
    aside = folder.box / "quarantine" / "azure-deployments.azure@swedencentral.2025-03-01T020000Z.acme-eu.json"
    told = folder.run("bash", "-euc", blocks("bash")[2], file=str(aside))
    assert (told.returncode, told.stderr) == (0, "")
    assert "scope      acme-us\n" in told.stdout


def test_the_service_of_the_page_imports_what_arrives_and_ends_when_it_is_interrupted(folder: Folder) -> None:
    unit = ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their capitals
    unit.read_string(blocks("ini")[0])
    service = unit["Service"]
    folder.box.mkdir()
    told = service["ExecStart"].replace("--poll-seconds 10", "--poll-seconds 0.05")
    with subprocess.Popen(
        shlex.split(told),
        cwd=folder.folder,
        env=folder.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        for day in ("2025-03-01", "2025-03-08"):
            shutil.copy(LISTS / f"deployments-{day}.json", folder.box / ".arriving")
            (folder.box / ".arriving").rename(folder.box / f"azure-deployments.{day}.json")
            assert process.stdout is not None
            assert process.stdout.readline().startswith(f"{day} azure-deployments azure-openai: ")
        process.send_signal(signal.Signals[service["KillSignal"]])
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (int(service["SuccessExitStatus"]), "interrupted\n")
    assert folder.files("done") == ["azure-deployments.2025-03-01.json", "azure-deployments.2025-03-08.json"]

"""Does the page of the command line say what the command line does?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.exports import deployment, written
from cli.shell import FLEET, NOTICES, shell
from list_commands import ANSWERS, BY_HAND, PAGE, commands, page
from modeltrail.projections.models import Answer
from public_names import modules

needs_the_page = pytest.mark.skipif(not PAGE.exists(), reason="docs/ is not here: the wheel is tested")


@needs_the_page
def test_the_page_is_in_step_with_the_code() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "out of step: run python tests/list_commands.py"


def test_every_command_that_prints_json_has_its_fields_on_the_page() -> None:
    printing = {name for name, command in commands() if any(one.name == "as_json" for one in command.params)}
    assert {name for name, _, _ in ANSWERS} | set(BY_HAND) == printing


def test_every_answer_has_its_fields_on_the_page() -> None:
    modules()
    listed: set[type] = {owner for _, _, owners in ANSWERS for owner in owners}
    assert {kind for kind in below(Answer) if kind not in listed} == set()


def below(kind: type) -> Iterator[type]:
    """Every class that is a kind of another."""
    found: list[type] = kind.__subclasses__()
    for one in found:
        yield one
        yield from below(one)


def test_what_is_listed_by_hand_is_what_is_printed(tmp_path_factory: pytest.TempPathFactory) -> None:
    store = f"sqlite:///{tmp_path_factory.mktemp('page') / 'trail.db'}"
    assert list(shell("--store", store, "import", "notices", NOTICES, "--json").json) == list(BY_HAND["import notices"])
    assert shell("--store", store, "apply", FLEET).code == 0
    (first, *_) = shell("--store", store, "history", "chat-prod", "--json").json["events"]
    assert list(first) == list(BY_HAND["history"])
    assert list(shell("--store", store, "advance", "--json").json) == list(BY_HAND["advance"])
    checked = shell("projections", "check", "policies", "--examples", 1, "--json").json
    assert list(checked) == list(BY_HAND["projections check"])


def test_what_is_listed_by_hand_of_exports_is_what_is_printed(tmp_path: Path) -> None:
    pytest.importorskip("ijson")
    file = written(tmp_path / "2025-03-01.json", deployment("chat"))
    told = shell(
        "--store", f"sqlite:///{tmp_path / 'trail.db'}", "import", "azure-deployments", file, "--dry-run", "--json"
    )
    assert list(told.json) == list(BY_HAND["import azure-deployments"])


def test_what_is_listed_by_hand_of_projections_is_what_is_printed(tmp_path_factory: pytest.TempPathFactory) -> None:
    store = f"sqlite:///{tmp_path_factory.mktemp('page') / 'trail.db'}"
    assert shell("--store", store, "apply", FLEET).code == 0

    def fields(name: str, *words: str) -> dict[str, object]:
        printed = shell("--store", store, "projections", name, *words, "--json").json
        assert isinstance(printed, dict)
        return printed

    (first, *_) = shell("projections", "list", "--json").json["projections"]
    assert list(first) == list(BY_HAND["projections list"])
    asked = [fields("query", "policies", *words) for words in ((), ("--count-by", "by"), ("chat-prod", "--history"))]
    assert {name for document in asked for name in document} == set(BY_HAND["projections query"])
    assert list(fields("retry", "policies")) == list(BY_HAND["projections retry"])
    assert list(fields("drop", "policies", "--yes")) == list(BY_HAND["projections drop"])

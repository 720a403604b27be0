"""Is a file that was read as of the wrong catalogue taken for one that was read before? It says something else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from imports.azure import CHAT, deployment, empty, read
from modeltrail import Trail
from modeltrail.imports.azure_deployments import AzureDeployments

pytest.importorskip("ijson")

ROWS = [deployment()]
RIGHT = AzureDeployments("azure@uk")


@pytest.fixture
def trail() -> Iterator[Trail]:
    """A trail that has read deployments as those of `azure-openai`."""
    with empty() as trail:
        read(trail, ROWS, "2025-02-01")
        yield trail


@pytest.mark.rule("R1", "R40")
def test_the_same_rows_of_another_catalogue_are_news(trail: Trail) -> None:
    assert sum(read(trail, ROWS, "2025-02-02").facts.values()) == 1
    assert read(trail, ROWS, "2025-02-03", RIGHT).facts["deployment.observed"] == 1
    assert trail.at().serving(CHAT).model == "azure@uk/gpt-4o"
    assert sum(read(trail, ROWS, "2025-02-04", RIGHT).facts.values()) == 1


@pytest.mark.rule("R39", "R45")
def test_the_same_file_of_another_catalogue_is_told_from_a_repetition(trail: Trail) -> None:
    size = trail.status().size
    with pytest.raises(
        ValueError, match=rf"read already as of azure-openai \(position {size}\): retract what it stated"
    ):
        read(trail, ROWS, "2025-02-01", RIGHT)
    assert trail.status().size == size
    with trail.record(by="alice@example.com") as rec:
        for position in range(1, size + 1):
            rec.retract(position, why="the wrong catalogue")
    assert not read(trail, ROWS, "2025-02-01", RIGHT).repeated
    assert trail.at().serving(CHAT).model == "azure@uk/gpt-4o"

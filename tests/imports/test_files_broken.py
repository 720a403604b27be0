"""R40 and R41: what becomes of a file that is no export, or not all of it? It is refused, with a sentence."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO

import pytest

from modeltrail import Trail
from modeltrail.imports.azure_deployments import AzureDeployments

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = "2025-03-01"
ID = b"/subscriptions/0/resourceGroups/r/providers/p/accounts/a/deployments/d"
OTHER = ID + b"-test"
VALID = b'{"id": "' + ID + b'", "properties": {"model": {"name": "m", "version": "v1"}}}'
DEEP = b'{"a":' * 3_000 + b"1" + b"}" * 3_000


def refused(content: bytes) -> str:
    """With which sentence a file is refused; nothing of it is recorded."""
    with Trail.open("memory:", clock=lambda: NOW) as trail:
        with pytest.raises(ValueError) as refusal:
            trail.read_export(AzureDeployments(), BytesIO(content), observed_at=DAY, by="alice@example.com")
        assert trail.log.end().position == 0
        return str(refusal.value)


@pytest.mark.rule("R40")
@pytest.mark.parametrize("content", [b'[{"id": "a"}, {"id"', b'["\xff"]', b"[\x1b[31m]", b"[1] x"])
def test_a_file_that_is_no_json_is_refused_in_one_line_that_quotes_nothing_of_it(content: bytes) -> None:
    told = refused(content)
    assert (told[:33], told[-17:]) == ("it is no JSON, or not all of it (", "): fetch it again")
    assert told.isprintable() and '"id"' not in told


@pytest.mark.rule("R41")
@pytest.mark.parametrize(
    "deep", [DEEP, b'{"id": "' + OTHER + b'", "properties": ' + b"[" * 3_000 + b"]" * 3_000 + b"}"]
)
def test_a_row_that_is_nested_deeply_is_put_aside_and_the_others_are_read(deep: bytes) -> None:
    with Trail.open("memory:", clock=lambda: NOW) as trail:
        read = trail.read_export(
            AzureDeployments(), BytesIO(b"[" + VALID + b"," + deep + b"]"), observed_at=DAY, by="alice@example.com"
        )
        assert (read.rows, [problem.row for problem in read.quarantined]) == (2, [2])
        assert [one.version for one in trail.at(DAY).deployments()] == ["v1"]

"""Can somebody who has a proof and a checkpoint, but no store, be shown that a fact is in the log?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.shell import lines, shell

DEPLOYMENT = {"deployment": "trial", "by": "alice@example.com"}
CREATED = {"do": "deployment.create", "model": "acme/chat", "version": "v1", "run_by": "provider", **DEPLOYMENT}


@pytest.fixture
def older(fresh: str) -> str:
    """A log of two facts, with a checkpoint of the time when it had one, and a proof for that."""
    for line in (CREATED, {"do": "deployment.change_policy", "policy": "manual", **DEPLOYMENT}):
        assert shell("--store", fresh, "apply", "-", stdin=lines(line)).code == 0
        if line is CREATED:
            assert shell("--store", fresh, "checkpoint", "-o", "then.json").code == 0
    assert shell("--store", fresh, "prove", "1", "--checkpoint", "then.json", "-o", "1.json").code == 0
    return fresh


@pytest.mark.usefixtures("older")
def test_a_proof_for_an_older_checkpoint_holds_without_a_store() -> None:
    assert json.loads(Path("1.json").read_text(encoding="utf-8"))["size"] == 1
    Path("fresh.db").unlink()
    answer = shell("verify", "--proof", "1.json", "--checkpoint", "then.json")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("the fact at position 1 is in the log of the checkpoint: 1 fact\n")
    assert "a checkpoint from elsewhere says" in shell("verify", "--proof", "1.json").out


@pytest.mark.usefixtures("older")
def test_a_proof_that_was_changed_or_is_of_another_log_does_not_hold(older: str) -> None:
    written = Path("1.json").read_text(encoding="utf-8")
    Path("forged.json").write_text(written.replace("v1", "v2"), encoding="utf-8")
    forged = shell("verify", "--proof", "forged.json", "--checkpoint", "then.json", "--json")
    assert (forged.code, json.loads(forged.out)["reason"]) == (1, "the leaf is not the hash of the body")
    assert shell("--store", older, "prove", "1", "-o", "now.json").code == 0
    other = shell("verify", "--proof", "now.json", "--checkpoint", "then.json")
    assert (other.code, other.out.split(":")[0]) == (1, "the proof does NOT hold")


def test_what_cannot_be_proved_is_said(older: str) -> None:
    late = shell("--store", older, "prove", "2", "--checkpoint", "then.json")
    assert (late.code, late.err) == (1, "the log has no position 2: it holds 1 to 1\n")
    told = json.loads(Path("then.json").read_text(encoding="utf-8"))
    Path("false.json").write_text(json.dumps({**told, "root": told["root"][::-1]}), encoding="utf-8")
    assert "the checkpoint is of another log" in shell("--store", older, "prove", "1", "--checkpoint", "false.json").err
    wrong = shell("verify", "--proof", "then.json")
    assert (wrong.code, wrong.err) == (1, "then.json is no proof: give the file that modeltrail prove wrote\n")

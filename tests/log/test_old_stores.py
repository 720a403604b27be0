"""Is a store of an older version still a store? One of each is kept, with the answers that its version gave then."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import tomllib
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import old_stores
from log.examples import file_url
from modeltrail import Trail
from modeltrail.domain.events import DeploymentEvent
from modeltrail.domain.moves import EXECUTABLE
from modeltrail.proofs import Checkpoint, InclusionProof, flaw
from modeltrail.trail import Acting
from old_stores import ALICE, MIRRORED, NOW, OWN, answers_of, asked

ROOT = Path(__file__).parent.parent.parent
CHANGELOG = ROOT / "CHANGELOG.md"
STORES = sorted(old_stores.STORES.glob("*.db"))
Version = tuple[int, ...]


class Change(NamedTuple):
    """An answer that a later version changed on purpose: where, and what is answered now."""

    version: str
    questions: tuple[str, ...]
    now: dict[str, Any]


CHANGES = (
    # A move that was carried out late had not happened before: docs/decisions/0007. 0.1.0 took a move for done when it
    # was due, although the record said that it was made on 5 March.
    Change(
        "0.1.0",
        tuple(
            f"serving gateway-auto 2025-03-0{day}{known}" for day in (2, 4) for known in ("", " as known on 2025-03-20")
        ),
        {
            "version": "v1",
            "possible.0.version": "v1",
            "certainty": "recorded",
            "cause": "created",
            "since": "2025-01-15T00:00:00Z",
            "because": [1, 23],
        },
    ),
    Change(
        "0.1.0",
        ("course gateway-auto",),
        {"segments.2025-01-15T00:00:00Z.until": "2025-03-05T00:00:00Z", "segments.2025-03-01T00:00:00Z": None},
    ),
    # A release states the stage of its version, whatever was said of it before (R9).
    Change(
        "0.1.0",
        tuple(f"model azure-openai/embed {day}" for day in ("2025-07-01", "2025-05-20 as known on 2025-05-20")),
        {"versions.2.stage": "generally-available"},
    ),
    # Whoever may have moved away and back is only assumed to be where it was at first (R29), and what is answered next
    # rests on all of that too.
    Change(
        "0.1.0",
        ("course embed-auto",),
        {
            "segments.2025-03-29T00:00:00Z.certainty": "assumed",
            "segments.2025-03-29T00:00:00Z.because": [54, 69, 71, 72, 74],
            "segments.2025-04-05T00:00:00Z.because": [54, 69, 71, 72, 74, 76],
            "segments.2025-04-19T00:00:00Z.because": [54, 69, 71, 72, 74, 76],
        },
    ),
    Change(
        "0.1.0",
        (
            *(f"serving embed-auto 2025-{day}" for day in ("04-15", "05-20", "06-10", "06-20", "07-01")),
            *(f"serving embed-auto 2025-{day} as known on 2025-05-20" for day in ("04-15", "05-20")),
        ),
        {"because": [54, 69, 71, 72, 74, 76]},
    ),
    # Where two ways lead to one place, an upgrade and a retirement, the answer rests on the facts of both.
    Change(
        "0.1.0",
        tuple(f"serving mirror-upgrade-when-expired 2025-{day}" for day in ("06-10", "06-20", "07-01")),
        {"because": [1, 13, 41, 42, 83, 91]},
    ),
    Change(
        "0.1.0",
        ("course mirror-upgrade-when-expired",),
        {
            "segments.2025-06-01T00:00:00Z.because": [1, 13, 41, 42, 83, 91],
            "segments.2025-08-15T00:00:00Z.because": [1, 13, 41, 42, 83, 91, 98],
            "segments.2025-08-29T00:00:00Z.because": [1, 13, 41, 42, 83, 91, 98],
        },
    ),
    Change("0.1.0", ("upcoming 2025-07-01",), {"14.because": [1, 13, 41, 42, 83, 91, 98]}),
    # A window that is open is told, whatever changed since it opened.
    *(
        Change(
            version,
            ("upcoming 2025-05-20 as known on 2025-05-20",),
            {"2025-05-02T00:00:00Z mirror-upgrade-when-expired move": "is told now"},
        )
        for version in ("0.1.0", "0.2.0")
    ),
)


@pytest.fixture(params=STORES, ids=[store.stem for store in STORES])
def kept(request: pytest.FixtureRequest) -> Path:
    """A store as it is kept."""
    store: Path = request.param
    return store


@pytest.fixture
def store(kept: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copy(kept, tmp_path))


def told(kept: Path) -> dict[str, Any]:
    """What its version answered, and what it left with others."""
    read: dict[str, Any] = json.loads(answers_of(kept).read_text(encoding="utf-8"))
    return read


def checkpoint(kept: Path) -> Checkpoint:
    return Checkpoint.from_json(json.dumps(told(kept)["checkpoint"]))


def opened(store: Path, *, read_only: bool = False) -> Trail:
    return Trail.open(file_url(store), clock=lambda: NOW, read_only=read_only)


def differences(then: Any, now: Any, *path: str) -> Iterator[tuple[str, Any]]:
    """Where an answer is not what it was, and what it is now, null where it is gone. Fields that are new differ not."""
    if isinstance(then, dict) and isinstance(now, dict):
        for field, value in then.items():
            yield from differences(value, now.get(field), *path, field)
    elif is_course(then) and is_course(now):
        before, after = ({segment["since"]: segment for segment in course} for course in (then, now))
        for since in dict.fromkeys((*before, *after)):
            yield from differences(before.get(since), after.get(since), *path, since)
    elif is_records(then) and is_records(now) and len(then) == len(now):
        for index, (one, other) in enumerate(zip(then, now, strict=True)):
            yield from differences(one, other, *path, str(index))
    elif is_coming(then) and is_coming(now):
        before, after = map(entries, (then, now))
        yield from ((".".join((*path, entry)), None) for entry in before if entry not in after)
        yield from ((".".join((*path, entry)), "is told now") for entry in after if entry not in before)
        for entry in before.keys() & after.keys():
            yield from differences(before[entry], after[entry], *path, entry)
    elif then != now:
        yield ".".join(path), now


def is_records(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def is_course(value: Any) -> bool:
    return is_records(value) and all({"since", "until"} <= one.keys() for one in value)


def is_coming(value: Any) -> bool:
    return is_records(value) and all({"on", "kind", "to"} <= one.keys() for one in value)


def entries(coming: Any) -> dict[str, Any]:
    """Entries of what is to come, by whom they concern, what comes, and when."""
    return {f"{one['on']} {one['deployment'] or one['version']} {one['kind']}": one for one in coming}


def version_of(text: str) -> Version:
    return tuple(map(int, text.split(".")))


# What is kept


@pytest.mark.skipif(not CHANGELOG.exists(), reason="the changelog is not here: the wheel is tested")
def test_a_store_is_kept_of_every_version_before_the_newest() -> None:
    headings = re.findall(r"^## (\d+\.\d+\.\d+)$", CHANGELOG.read_text(encoding="utf-8"), re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    newest = max(map(version_of, [*headings, project]))
    missing = {each for each in headings if version_of(each) < newest} - {store.stem for store in STORES}
    assert headings
    assert missing == set(), "make one with the code of that version: tests/old_stores.py says how"


def test_a_kept_store_is_small_and_one_file(kept: Path) -> None:
    assert kept.stat().st_size < 200_000
    assert {path.name for path in kept.parent.glob(f"{kept.stem}*")} == {kept.name, answers_of(kept).name}


def test_a_store_of_this_version_can_be_kept(tmp_path: Path) -> None:
    for folder in (tmp_path / "one", tmp_path / "other"):
        folder.mkdir()
        made = old_stores.write(folder)
        assert {path.name for path in folder.iterdir()} == {made.name, answers_of(made).name}
    assert told(tmp_path / "one" / made.name) == told(tmp_path / "other" / made.name)


# Reading


@pytest.mark.rule("R45")
@pytest.mark.parametrize("read_only", [True, False])
def test_an_old_store_is_whole_and_still_that_of_its_checkpoint_and_proof(
    kept: Path, store: Path, read_only: bool
) -> None:
    with opened(store, read_only=read_only) as trail:
        verified = trail.log.verify(checkpoint(kept))
        assert (verified.ok, verified.reason, verified.root) == (True, None, checkpoint(kept).root)
        assert json.loads(trail.log.checkpoint().to_json()) == told(kept)["checkpoint"]
    assert flaw(InclusionProof.from_json(json.dumps(told(kept)["proof"])), checkpoint(kept)) is None


@pytest.mark.rule("R6")
@pytest.mark.parametrize("read_only", [True, False])
def test_an_old_store_answers_as_it_did_but_for_what_was_changed_on_purpose(
    kept: Path, store: Path, read_only: bool
) -> None:
    with opened(store, read_only=read_only) as trail:
        now = dict(asked(trail))
    then = told(kept)["answers"]
    changed = {question: dict(differences(then[question], now.get(question))) for question in then}
    expected: dict[str, dict[str, Any]] = {}
    for change in CHANGES:
        for question in change.questions if change.version == kept.stem else ():
            expected.setdefault(question, {}).update(change.now)
    assert {question: fields for question, fields in changed.items() if fields} == expected


def test_an_old_store_that_is_only_read_stays_as_it_is(kept: Path, store: Path) -> None:
    with opened(store, read_only=True) as trail:
        trail.status()
        trail.at().upcoming(90)
    assert store.read_bytes() == kept.read_bytes()
    assert [path.name for path in store.parent.iterdir()] == [store.name]


# Writing


@pytest.mark.rule("R45")
def test_an_old_store_takes_new_facts_and_is_still_that_of_its_checkpoint(kept: Path, store: Path) -> None:
    with opened(store) as trail:
        with trail.record(by=ALICE, command_id="new-1") as rec:
            rec.model(MIRRORED).release("v4")
            rec.model(OWN).announce_default("v2", on="2025-09-01")
            rec.deployment("own-new").create(OWN, policy="auto-update")
            rec.deployment("mirror-manual").observe(MIRRORED, "v1", status="stopped")
        assert len(rec.facts) == 4
        assert trail.at().serving("own-new").version == "v2"
    with opened(store) as trail:
        assert trail.log.verify(checkpoint(kept)).ok
        assert trail.log.command("new-1") == tuple(fact.position for fact in rec.facts)


@pytest.mark.rule("R39")
def test_a_command_that_an_old_store_knows_records_nothing_again(store: Path) -> None:
    with opened(store) as trail:
        known = trail.log.command("CHG-12")
        for command in ("CHG-12", "nothing"):
            with trail.record(by=ALICE, command_id=command) as rec:
                rec.deployment("own-manual").change_version("v2")
            assert rec.repeated
            assert [fact.position for fact in rec.facts] == list(trail.log.command(command) or ())
        assert len(known or ()) == 1


def test_an_old_store_keeps_its_format_while_no_newer_table_is_made(store: Path) -> None:
    def user_version() -> int:
        with closing(sqlite3.connect(store)) as connection:
            (found,) = connection.execute("PRAGMA user_version").fetchone()
        assert isinstance(found, int)
        return found

    before = user_version()
    with opened(store) as trail, trail.record(by=ALICE) as rec:
        rec.model(MIRRORED).release("v4")
    assert user_version() == before


# The engine


@pytest.mark.rule("R37", "R38")
def test_the_engine_carries_out_in_an_old_store_what_is_due_and_nothing_twice(kept: Path, store: Path) -> None:
    with opened(store) as trail:
        size = trail.log.size()
        before = trail.status()
        assert (before.size, before.engine_position + before.engine_lag_facts) == (size, size)
        done = trail.advance()
        assert {fact.mode for fact in done.facts} == {"execution"}
        assert {cause for fact in done.facts if (cause := fact.event.data().get("cause"))} <= EXECUTABLE
        assert trail.status().engine_lag_facts == 0
        assert tuple(trail.advance().facts) == ()
    with opened(store) as trail:
        assert tuple(trail.advance().facts) == ()
        assert trail.log.verify(checkpoint(kept)).ok
        assert trail.log.size() == size + len(done.facts)


@pytest.mark.rule("R6")
def test_what_is_carried_out_in_an_old_store_changes_nothing_that_was_known_before(store: Path) -> None:
    with opened(store) as trail:
        before = dict(asked(trail))
        assert trail.advance().facts
        after = dict(asked(trail))
    earlier = [question for question in before if "as known on" in question]
    assert earlier
    assert {question: after[question] for question in earlier} == {question: before[question] for question in earlier}


@pytest.mark.rule("R37")
@pytest.mark.parametrize(("acting", "takes_effect"), [("worker", NOW), ("inline", datetime(2025, 6, 26, tzinfo=UTC))])
def test_in_a_store_that_no_engine_has_seen_all_that_is_due_waits_for_the_first_who_acts(
    tmp_path: Path, acting: Acting, takes_effect: datetime
) -> None:
    """`modeltrail advance` acts as a worker does: what it carries out takes effect now."""
    store = Path(shutil.copy(old_stores.STORES / "0.1.0.db", tmp_path))
    with Trail.open(file_url(store), clock=lambda: NOW, acting=acting) as trail:
        assert trail.status().engine_position == 0
        assert trail.at().serving("gateway-frozen").certainty == "assumed"
        done = trail.advance().facts
        moved = {fact.event.deployment for fact in done if isinstance(fact.event, DeploymentEvent)}
        assert moved == {
            *("code-auto", "gateway-auto-update", "gateway-broken", "gateway-frozen"),
            *("gateway-unspecified", "gateway-upgrade-when-expired"),
        }
        assert {fact.effective_at for fact in done} == {takes_effect}
        assert trail.at().serving("gateway-frozen").certainty == "recorded"


def test_the_list_of_changes_names_kept_answers() -> None:
    named = {(change.version, question) for change in CHANGES for question in change.questions}
    known = chain.from_iterable(((store.stem, question) for question in told(store)["answers"]) for store in STORES)
    assert named <= set(known)

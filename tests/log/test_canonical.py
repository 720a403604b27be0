"""The bytes of a fact: equal to RFC 8785, fixed for every event by the golden file, read without running any rule."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from log.examples import EXAMPLES, MODEL, START, draft, lines, opened, release
from modeltrail.canonical import Undecodable, decode, encode, envelope, is_canonical
from modeltrail.domain.events import (
    EVENT_TYPES,
    DefaultChanged,
    DeploymentCreated,
    Event,
    RowQuarantined,
    RulesChanged,
    VersionReleased,
)
from modeltrail.domain.values import Mode, Rules, instant_text
from modeltrail.log import Log

GOLDEN = Path(__file__).parent.parent / "golden" / "events.jsonl"

texts = st.text(st.characters(codec="utf-8"), max_size=40)
names = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)
moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))
days = st.integers(0, 36_500)
stages = st.sampled_from(["preview", "generally-available", "legacy", "deprecated"])
policies = st.sampled_from(["auto-update", "upgrade-when-expired", "manual", "unspecified"])
own_rules = st.fixed_dictionaries(
    {"id": names.map("own-".__add__)},
    optional={
        "notice_days": days,
        "rollout_days": days,
        "lead_days": days,
        "unspecified": st.sampled_from(["manual", "upgrade-when-expired"]),
        "preview_delay_days": st.none() | days,
        "provisioned": st.sampled_from(["never-moved", "as-others"]),
    },
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "rules": own_rules,
    "offers": st.none() | st.lists(policies, max_size=4),
    "run_by": st.sampled_from(["provider", "engine"]),
    "stage": stages,
    "api_versions": st.lists(names, max_size=3),
    "on": st.none() | moments,
    "upgrade_from": st.none() | moments,
    "qualifier": st.sampled_from(["fixed", "no-earlier-than", "tentative"]),
    "lead_days": st.none() | days,
    "policy": policies,
    "status": st.sampled_from(["serving", "stopped"]),
    "result": st.sampled_from(["passed", "failed"]),
    "position": st.integers(1, 2**53 - 1),
    "attempt": st.integers(1, 2**53 - 1),
    "failures": st.integers(0, 2**53 - 1),
    "because": st.none() | st.lists(st.integers(1, 2**53 - 1), max_size=4),
    "until": moments,
    "retry_at": moments,
    "model": names.map("catalogue/".__add__),
    "to_model": names.map("catalogue/".__add__),
    "operation": st.sampled_from(["write", "delete"]),
    "digest": st.text("0123456789abcdef", min_size=64, max_size=64),
    "scope": st.lists(names, max_size=3),
    "sources": st.lists(names, max_size=3),
    "unread": st.lists(names, max_size=3),
    "rows": st.integers(0, 2**53 - 1),
    "unnamed": st.none() | st.just(True),
    **dict.fromkeys(("emergency", "evidence", "reason", "raw", "error"), texts),
    **dict.fromkeys(("created_at", "not_before", "submitted_at"), st.none() | moments),
}
EXPORT_ROWS = st.lists(
    st.fixed_dictionaries(
        {"key": names, "scope": names, "stream": names},
        optional={
            "row": st.none() | st.integers(1, 2**53 - 1),
            "shown": st.none() | st.lists(st.tuples(names, texts), max_size=3),
            "restated": st.none() | st.just(True),
        },
    ),
    max_size=3,
)


@st.composite
def random_events(draw: st.DrawFn) -> Event:
    event_type = draw(st.sampled_from(list(EVENT_TYPES.values())))
    fields = {}
    for name, field in event_type.model_fields.items():
        if field.is_required() or draw(st.booleans()):
            by_id = name == "rules" and field.annotation is not Rules
            many = name == "rows" and field.annotation is not int
            fields[name] = draw(names if by_id else EXPORT_ROWS if many else FIELDS.get(name, names))
    return event_type.model_validate(fields)


envelopes = st.fixed_dictionaries(
    {"mode": st.sampled_from(["statement", "decision", "execution"]), "by": texts},
    optional={"why": st.none() | texts, "source": st.none() | texts, "command_id": st.none() | texts},
)


@given(random_events(), envelopes, moments, st.integers(1, 2**53 - 1), st.integers(1, 2**53 - 1))
def test_the_bytes_equal_rfc_8785_and_read_as_the_same_fact(
    event: Event, members: dict[str, Any], at: datetime, position: int, version: int
) -> None:
    text = instant_text(at)
    body = envelope(event, **members).seal(
        position=position, stream_version=version, effective_at=text, known_at=text, recorded_at=text
    )
    given_members = {name: value for name, value in members.items() if value is not None}
    place: dict[str, Any] = {
        "position": position,
        "stream": event.stream,
        "stream_version": version,
        "type": event.type,
    }
    data: Any = event.data()
    times = {"effective_at": text, "known_at": text, "recorded_at": text}
    assert body == rfc8785.dumps({**given_members, **place, **times, "data": data})
    assert is_canonical(body, json.loads(body))
    fact = decode(body)
    assert (fact.position, fact.stream, fact.stream_version) == (position, event.stream, version)
    assert (fact.effective_at, fact.known_at, fact.recorded_at) == (at, at, at)
    assert {name: getattr(fact, name) for name in members} == members
    assert fact.event == event


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcXYZ_", max_size=4), inner, max_size=5),
)


@given(json_values, st.booleans(), st.sampled_from([(",", ":"), (", ", ":"), (",", ": ")]), st.booleans())
@example({"a": {"c": 1, "b": 2}}, False, (",", ":"), False)
@example([[{"c": 1, "b": 2}]], False, (",", ":"), False)
def test_only_the_bytes_of_the_encoder_are_canonical(
    value: Any, sort_keys: bool, separators: tuple[str, str], ensure_ascii: bool
) -> None:
    body = json.dumps(value, sort_keys=sort_keys, separators=separators, ensure_ascii=ensure_ascii).encode()
    assert is_canonical(body, json.loads(body)) == (body == encode(value).encode()) == (body == rfc8785.dumps(value))


def test_a_member_said_twice_is_not_canonical() -> None:
    assert not is_canonical(b'{"a":1,"a":1}', {"a": 1})


def example_bytes(position: int, event: Event) -> bytes:
    """Every second example with all members, the others with the fewest."""
    at = [instant_text(START + timedelta(days=day)) for day in range(3)]
    more = {"why": "CHG-4711", "source": "notice.eml", "command_id": f"c-{position}"} if position % 2 else {}
    mode: Mode = "statement" if position % 3 else "decision"
    return envelope(event, mode=mode, by="alice@example.com", **more).seal(
        position=position, stream_version=1, effective_at=at[0], known_at=at[1], recorded_at=at[2]
    )


def test_every_event_has_golden_bytes() -> None:
    stored = [json.loads(line)["type"] for line in lines(GOLDEN)]
    assert {*stored} == {*EVENT_TYPES}, "add an example to examples.py and its bytes at the end of the file"


@pytest.mark.parametrize(("position", "event"), list(enumerate(EXAMPLES, 1)), ids=[event.type for event in EXAMPLES])
def test_the_bytes_of_an_event_never_change(position: int, event: Event) -> None:
    golden = list(lines(GOLDEN))[position - 1]
    assert example_bytes(position, event) == golden
    assert decode(golden).event == event
    assert rfc8785.dumps(json.loads(golden)) == golden


def test_each_member_is_read_into_the_field_of_its_name() -> None:
    fact = decode(example_bytes(5, EXAMPLES[4]))
    at = [START + timedelta(days=day) for day in range(3)]
    assert fact._asdict() == {
        "position": 5,
        "stream": f"model/{MODEL}",
        "stream_version": 1,
        "event": EXAMPLES[4],
        **dict(zip(("effective_at", "known_at", "recorded_at"), at, strict=True)),
        "mode": "statement",
        "by": "alice@example.com",
        "why": "CHG-4711",
        "source": "notice.eml",
        "command_id": "c-5",
    }


def test_a_fact_never_changes_and_is_equal_to_one_with_the_same_fields() -> None:
    fact, same = decode(example_bytes(5, EXAMPLES[4])), decode(example_bytes(5, EXAMPLES[4]))
    with pytest.raises(AttributeError):
        fact.by = "carol@example.com"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        fact.remark = "new"  # type: ignore[attr-defined]
    assert fact == same
    assert len({fact, same, fact._replace(why=None)}) == 2


@pytest.mark.parametrize("field", ["deployment", "model", "version"])
def test_a_text_that_was_refused_once_is_refused_again(field: str) -> None:
    for _ in range(2):
        with pytest.raises(ValidationError, match="outer spaces: remove them") as refused:
            DeploymentCreated.model_validate({"deployment": "d", "model": MODEL, field: " x/y"})
        assert [error["loc"] for error in refused.value.errors()] == [(field,)]


def test_the_last_example_of_each_event_fills_every_field() -> None:
    for event in {event.type: event for event in EXAMPLES}.values():
        assert set(event.data()) == set(type(event).model_fields), event.type


@pytest.mark.rule("R46")
def test_a_null_that_is_not_the_default_is_kept() -> None:
    """Rules under which previews are never replaced say so with null."""
    event = RulesChanged(model=MODEL, rules=Rules(id="own", preview_delay_days=None))
    assert decode(example_bytes(1, event)).event == event


def changed(**members: object) -> bytes:
    document = json.loads(example_bytes(4, EXAMPLES[3]))
    return encode({**document, **members}).encode()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "EOF"),
        (b"[]", "TypeError"),
        (b'{"type":1}', "unknown"),
        (changed()[:-9], "EOF"),
        (changed(type="model.version-rumoured"), "unknown.*newer modeltrail"),
        (changed(data={"model": MODEL}), "version"),
        (changed(data={"model": MODEL, "version": "1", "colour": "red"}), "colour"),
        (changed(recorded_at="yesterday"), "yesterday"),
        (encode({"type": "model.version-released"}).encode(), "position"),
    ],
)
def test_bytes_that_are_no_fact_are_named_as_such(body: bytes, reason: str) -> None:
    with pytest.raises(Undecodable, match=reason):
        decode(body)


@pytest.mark.parametrize("name", ["by", "why", "source"])
def test_half_a_surrogate_pair_is_refused_before_anything_is_written(log: Log, name: str) -> None:
    with pytest.raises(ValueError, match="surrogate"):
        log.append([release("1"), draft(EXAMPLES[0], **{name: "\ud800"})])
    with pytest.raises(ValueError, match="surrogate"):
        log.append([release("1")], command_id="\ud800")
    assert log.size() == 0


def test_a_type_is_never_looked_up_as_python_code() -> None:
    """Trap 3: a topic such as `os.path:join` would import a module."""
    before = set(sys.modules)
    with pytest.raises(Undecodable, match="unknown"):
        decode(changed(type="antigravity:geohash"))
    assert "antigravity" not in set(sys.modules) - before
    for name, event_type in EVENT_TYPES.items():
        assert event_type.__name__ not in name
        assert event_type.__module__ not in name


def test_a_text_that_looks_like_an_encoding_stays_a_text(log: Log) -> None:
    """Trap 4: such an object poisons the library's own transcoder."""
    poison = '{"_type_":"datetime_iso","_data_":"2011-01-01T01:01:01"}'
    (recorded,) = log.append([draft(RowQuarantined(catalogue="c", raw=poison, reason=poison), by=poison)])
    assert list(log.read()) == [recorded]
    assert (recorded.by, recorded.event.data()["raw"]) == (poison, poison)


def test_a_field_may_be_called_version(log: Log) -> None:
    """Trap 10: the library's own aggregates reserve that name."""
    (recorded,) = log.append([release("2024-08-06")])
    (read,) = log.read()
    assert isinstance(read.event, VersionReleased)
    assert (read.event.version, read.stream_version) == ("2024-08-06", 1)
    assert read == recorded


@pytest.mark.rule("R43")
def test_facts_that_a_rule_would_refuse_are_read_as_they_were_recorded(path: Path) -> None:
    """Trap 1: with rules that run on replay, a rule tightened later makes old history unreadable."""
    nonsense = [
        DefaultChanged(model=MODEL, version="never released"),
        DefaultChanged(model=MODEL, version="never released"),
        *reversed(EXAMPLES),
        *EXAMPLES,
    ]
    with opened(path) as log:
        recorded = log.append([draft(event) for event in nonsense])
    with opened(path) as log:
        assert tuple(log.read()) == recorded
        assert [fact.event for fact in log.read()] == nonsense

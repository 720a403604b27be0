"""How do JSON lines become facts? Each line names one verb of the Python API, its arguments, and who says so.

A line is a batch of its own: it is recorded whole or not at all. Which verbs there are, and which arguments they take,
is read from their signatures.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from types import GenericAlias
from typing import Any, NoReturn, get_type_hints

from pydantic import TypeAdapter, ValidationError

from modeltrail.domain.refusals import Conflict, Refused, nearest
from modeltrail.problems import demand, instant, problem, shown
from modeltrail.recording import Recording
from modeltrail.trail import Trail
from modeltrail.verbs import CatalogueVerbs, DeploymentVerbs, ModelVerbs

COMMON = ("by", "why", "source", "effective_at", "known_at", "command_id")
"""The fields that every line may have: those of `Trail.record`."""
ENGINES = ("by", "why")
"""Those that `advance` takes too. They are not recorded: what it does is done by the engine, for reasons of its own."""
DATES = ("effective_at", "known_at")
ATTEMPTS = 5
"""How often a line is tried while other writers are quicker."""
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one line: the positions it recorded, perhaps none, or why nothing of it was recorded.

    `number` counts the lines of the file from 1, blank ones too.
    """

    number: int
    positions: tuple[int, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Verb:
    """Something that a line can do: what it is about (`model`, `deployment`, `catalogue`, or null), and how.

    `common`: the fields of the recording that it takes beside its own. `listed`: the parameter that takes any number of
    values, which a line gives as a list; null where there is none.
    """

    about: str | None
    name: str
    common: tuple[str, ...]
    parameters: Mapping[str, TypeAdapter[Any]]
    required: tuple[str, ...]
    listed: str | None = None

    @property
    def do(self) -> str:
        """What a line calls it."""
        return self.name if self.about is None else f"{self.about}.{self.name}"


def _verb(about: str | None, function: Callable[..., object], common: tuple[str, ...] = COMMON) -> Verb:
    hints = get_type_hints(function)
    parameters = [one for one in inspect.signature(function).parameters.values() if one.name != "self"]
    listed = next((one.name for one in parameters if one.kind is inspect.Parameter.VAR_POSITIONAL), None)
    held: dict[str, Any] = {name: GenericAlias(list, hint) if name == listed else hint for name, hint in hints.items()}
    kinds: dict[str, TypeAdapter[Any]] = {one.name: TypeAdapter(held[one.name]) for one in parameters}
    required = tuple(one.name for one in parameters if one.default is inspect.Parameter.empty)
    return Verb(about, function.__name__, common, kinds, required, listed)


OWNERS: Mapping[str, type] = {"model": ModelVerbs, "deployment": DeploymentVerbs, "catalogue": CatalogueVerbs}
"""Whose verbs a line can name, by what they are about."""


def _verbs() -> dict[str, Verb]:
    """Every verb by what a line calls it."""
    found = {
        f"{about}.{name}": _verb(about, function)
        for about, owner in OWNERS.items()
        for name, function in inspect.getmembers(owner, inspect.isfunction)
        if not name.startswith("_")
    }
    on_the_log = {one.__name__: _verb(None, one) for one in (Recording.retract, Recording.settle)}
    return {**found, **on_the_log, "advance": _verb(None, Trail.advance, ENGINES)}


VERBS = _verbs()


@dataclass(frozen=True, slots=True)
class Command:
    """A line that was read: the verb, what it is about, its arguments, and the fields of the recording."""

    verb: Verb
    target: str | None
    arguments: Mapping[str, Any]
    common: Mapping[str, Any]


def apply_lines(trail: Trail, lines: Iterable[bytes], *, by: str) -> Iterator[Outcome]:
    """Record each line when its outcome is asked for; blank lines have none. `by`: who, where a line does not say.

    A line that is malformed, refused, or too often beaten by other writers is an outcome. What stops the store itself
    is raised; the lines before are recorded.
    """
    for number, line in enumerate(lines, start=1):
        text = (line.removeprefix(_BOM) if number == 1 else line).strip()
        if not text:
            continue
        try:
            outcome = Outcome(number, _record(trail, read_command(text), by))
        except (Refused, Conflict, ValueError) as error:
            outcome = Outcome(number, problem=problem(error))
        yield outcome


def read_command(line: bytes) -> Command:
    """The command of a line. Raises ValueError, naming the way out, for a line that is none."""
    fields = _members(line)
    verb = _verb_named(fields.pop("do", None))
    common = {name: _common(name, fields[name]) for name in verb.common if name in fields}
    arguments = {name: value for name, value in fields.items() if name not in verb.common or name in verb.parameters}
    target = None if verb.about is None else _target(verb, arguments)
    _check_arguments(verb, arguments)
    return Command(verb, target, arguments, common)


def _members(line: bytes) -> dict[str, Any]:
    try:
        members = json.loads(line.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError(problem(error)) from None
    if not isinstance(members, dict):
        raise ValueError(f"{shown(members)} is no command: write one JSON object, such as {{...}}")
    return members


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise ValueError(f"{shown(name)} is given twice: keep one of the two")
        members[name] = value
    return members


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number: leave it out")


def _verb_named(do: object) -> Verb:
    if do is None:
        raise ValueError('"do" is missing: say what to do, such as "do": "model.release"')
    if isinstance(do, str) and do in VERBS:
        return VERBS[do]
    guess = nearest(do, VERBS) if isinstance(do, str) else None
    about = [name for name in VERBS if name.partition(".")[0] == str(do).partition(".")[0]]
    way_out = f"did you mean {shown(guess)}?" if guess else f"use one of {', '.join(about or VERBS)}"
    raise ValueError(f'"do": {shown(do)} is unknown: {way_out}')


def _text(name: str, value: object) -> str | None:
    if value is None or (isinstance(value, str) and value):
        return value
    raise ValueError(f"{name}: {shown(value)} cannot be used: write a text, or leave it out")


def _common(name: str, value: object) -> str | datetime | None:
    """A field of the recording: a text, or a moment."""
    text = _text(name, value)
    return instant(name, text) if text is not None and name in DATES else text


def _target(verb: Verb, arguments: dict[str, Any]) -> str:
    """Take from the arguments what the verb is about: the line's `model`, or its `deployment`."""
    assert verb.about is not None
    if verb.about == "model" and "deployment" in arguments:
        raise ValueError(f'model.{verb.name} is about a model: leave out "deployment", or use a deployment.* verb')
    if arguments.get(verb.about) is None:
        raise ValueError(f'"{verb.about}" is missing: say which {verb.about} {verb.about}.{verb.name} is about')
    target = arguments.pop(verb.about)
    if not isinstance(target, str):
        raise ValueError(f"{verb.about}: {shown(target)} cannot be used: write a name")
    return target


def _check_arguments(verb: Verb, arguments: Mapping[str, object]) -> None:
    allowed = [*verb.parameters, *verb.common]
    for name, value in arguments.items():
        if name not in verb.parameters:
            guess = nearest(name, allowed)
            way_out = f"did you mean {shown(guess)}?" if guess else f"it takes {', '.join(allowed)}"
            raise ValueError(f"{verb.do} has no argument {shown(name)}: {way_out}")
        _check_kind(verb.parameters[name], name, value)
    missing = [name for name in verb.required if name not in arguments]
    if missing:
        raise ValueError(f"{verb.do} needs {', '.join(map(shown, missing))}: add it to the line")


def _check_kind(kind: TypeAdapter[Any], name: str, value: object) -> None:
    """Refuse a value that the verb does not take: nothing is converted, so `true` is no number and 5 no text."""
    try:
        kind.validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        raise ValueError(f"{name}: {shown(value)} cannot be used: {demand(error)}") from None


def _record(trail: Trail, command: Command, by: str) -> tuple[int, ...]:
    """Record a command, again where another writer was quicker, and return the positions of what is new."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _try(trail, command, by)
        except Conflict:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("the last attempt returns or raises")


def _try(trail: Trail, command: Command, by: str) -> tuple[int, ...]:
    if command.verb is VERBS["advance"]:
        return tuple(chain.from_iterable(trail.advance(**command.arguments).facts.positions))
    common = {**command.common, "by": command.common.get("by") or by}
    with trail.record(**common) as recording:
        named = dict(command.arguments)
        several = named.pop(command.verb.listed, ()) if command.verb.listed is not None else ()
        getattr(_subject(recording, command), command.verb.name)(*several, **named)
    return () if recording.repeated else tuple(fact.position for fact in recording.facts)


def _subject(recording: Recording, command: Command) -> object:
    """What a line is about: the recording itself, or what `Recording.model` and the others make of the target."""
    if command.target is None or command.verb.about is None:
        return recording
    return getattr(recording, command.verb.about)(command.target)

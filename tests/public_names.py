"""What of the code is public? The names at which docs/reference/python.md begins; all that they take and give follows.

A method that is called from other files of the library, but is no promise to others, is listed here as inner.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import modeltrail
from modeltrail.domain.events import Event
from modeltrail.imports.azure_activity_log import AzureActivityLog
from modeltrail.imports.azure_deployments import AzureDeployments
from modeltrail.imports.azure_models import AzureModels
from modeltrail.imports.exports import Export, Unreadable
from modeltrail.imports.notices import read_notices
from modeltrail.log import Log
from modeltrail.moment import Moment
from modeltrail.projected import Projected
from modeltrail.projections.projection import Projection
from modeltrail.proofs import flaw
from modeltrail.recording import Recording
from modeltrail.review import needs_your_eye

ROOTS: tuple[Any, ...] = (
    modeltrail.Trail,
    Recording,
    Moment,
    Log,
    Projected,
    *(vars(modeltrail)[name] for name in sorted(modeltrail.__all__)),
    AzureModels,
    AzureDeployments,
    AzureActivityLog,
    read_notices,
    needs_your_eye,
    flaw,
)
INNER: dict[str, frozenset[str]] = {
    "Recording": frozenset(
        {"add", "consult", "history", "orders", "pending_keys", "pending_of", "provisional", "state_once"}
    ),
    "Log": frozenset(
        {
            "append",
            "appending",
            "at",
            "close",
            "command",
            "database",
            "end",
            "has_stream",
            "is_read_only",
            "open",
            "pick",
            "reading",
            "stream",
            "stream_as_known",
            "stream_versions",
            "streams",
            "tracked",
            "write",
        }
    ),
    "Projected": frozenset({"close", "follower"}),
    "Projection": frozenset({"apply", "counted", "fold", "grown", "history", "keys", "kinds", "sifts"}),
    "Rules": frozenset({"notice", "rollout"}),
    **dict.fromkeys(
        ("AzureModels", "AzureDeployments", "AzureActivityLog"), frozenset({"differences", "merged", "read"})
    ),
}
"""By class: what only the library itself calls."""
BUILT: tuple[type, ...] = (AzureModels, AzureDeployments, AzureActivityLog, Export, Projection, Unreadable)
"""Classes that others build, beside those that are a list of fields."""
ATTRIBUTES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "Trail": (
        ("log", "Log", "The log itself: to read, to verify, to prove."),
        ("projections", "Projected", "The stored projections: views, state, building anew, mending and dropping."),
    ),
    "Recording": (
        ("facts", "tuple[Fact, ...]", "After the block: what was recorded."),
        ("repeated", "bool", "Whether the `command_id` was recorded before (R39)."),
    ),
    "Moment": (
        ("t", "datetime", "The moment asked about."),
        ("known_at", "datetime", "The moment whose knowledge is used."),
    ),
}
"""By class: what one reads of it, beside its fields and properties."""


class Alias(NamedTuple):
    """A name for a type: what it stands for as written, what it means, and the module that has it."""

    module: str
    name: str
    written: str
    meaning: str


@cache
def modules() -> tuple[Any, ...]:
    """All modules of the library, but those that need an extra."""
    listed = pkgutil.walk_packages(modeltrail.__path__, "modeltrail.")
    names = [
        one.name for one in listed if not one.name.split(".")[1].startswith(("cli", "demo", "__main__", "testing"))
    ]
    return tuple(importlib.import_module(name) for name in names)


@cache
def _aliases() -> dict[str, dict[str, Alias]]:
    """The names for types of each module that have a sentence of their own."""
    found: dict[str, dict[str, Alias]] = {}
    for module in modules():
        body = ast.parse(inspect.getsource(module)).body
        for node, after in pairwise(body):
            is_named = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
            if is_named and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                assert isinstance(node, ast.Assign)
                name, meaning = ast.unparse(node.targets[0]), " ".join(str(after.value.value).split())
                found.setdefault(module.__name__, {})[name] = Alias(
                    module.__name__, name, ast.unparse(node.value), meaning
                )
    return found


@cache
def exceptions() -> dict[str, type[BaseException]]:
    """Every exception of the library by its name."""
    found = (one for module in modules() for one in vars(module).values())
    ours = (one for one in found if inspect.isclass(one) and one.__module__.startswith("modeltrail"))
    return {one.__name__: one for one in ours if issubclass(one, BaseException) and not one.__name__.startswith("_")}


def is_ours(one: object) -> bool:
    return inspect.isclass(one) and one.__module__.startswith("modeltrail") and not one.__name__.startswith("_")


def members(owner: type) -> Iterator[tuple[str, Any]]:
    """The public methods and properties of a class itself, in their order."""
    hidden = INNER.get(owner.__name__, frozenset())
    for name, member in vars(owner).items():
        plain = member.__func__ if isinstance(member, classmethod | staticmethod) else member
        is_code = inspect.isfunction(plain) or isinstance(plain, property)
        is_public = is_code and not name.startswith("_") and name not in hidden
        if is_public and str(code_of(plain).__module__).startswith("modeltrail"):
            yield name, plain


def code_of(member: Any) -> Any:
    """The function behind a method or property."""
    return member.fget if isinstance(member, property) else member


def written_types(one: Any) -> str:
    """All annotations of a function, or of the fields of a class, as written."""
    return " ".join(map(str, inspect.get_annotations(one).values()))


def _said_of(owner: Any) -> Iterator[tuple[str, str, str]]:
    """Of an object and its members: the module, the annotations and the sentence."""
    yield owner.__module__, written_types(owner), inspect.getdoc(owner) or ""
    if inspect.isclass(owner):
        if owner in BUILT:
            yield owner.__module__, written_types(vars(owner)["__init__"]), ""
        for _, member in members(owner):
            function = code_of(member)
            yield function.__module__, written_types(function), inspect.getdoc(function) or ""


def _raised(sentence: str) -> Iterator[type]:
    for named in re.findall(r"[Rr]aises ([^.:;]*)", sentence):
        yield from (exceptions()[word] for word in re.findall(r"\w+", named) if word in exceptions())


def needs(owner: Any) -> Iterator[Any]:
    """What an object takes, gives and raises: classes of the library, and names for types."""
    said = [(owner.module, owner.written, "")] if isinstance(owner, Alias) else _said_of(owner)
    for module, written, sentence in said:
        words = vars(importlib.import_module(module))
        for word in re.findall(r"\b[A-Za-z]\w*", written):
            one = words.get(word)
            alias = _alias(module, word)
            if isinstance(one, type) and is_ours(one) and not issubclass(one, Event):
                yield one
            elif alias is not None:
                yield alias
        yield from _raised(sentence)
    if isinstance(owner, type) and issubclass(owner, BaseException):
        yield from (one for one in exceptions().values() if one.__base__ is owner)


def _alias(module: str, name: str) -> Alias | None:
    """A name for a type as a module means it: its own, or the one that it imports."""
    if name in _aliases().get(module, {}):
        return _aliases()[module][name]
    for node in ast.parse(inspect.getsource(importlib.import_module(module))).body:
        imports_it = isinstance(node, ast.ImportFrom) and name in {one.asname or one.name for one in node.names}
        if isinstance(node, ast.ImportFrom) and imports_it and str(node.module).startswith("modeltrail"):
            return _alias(str(node.module), name)
    return None


@cache
def public() -> tuple[Any, ...]:
    """Every public object, the first ones first, then what these need."""
    found: dict[Any, None] = {}
    ahead = list(ROOTS)
    while ahead:
        one = ahead.pop(0)
        if one not in found:
            found[one] = None
            ahead += [need for need in needs(one) if need not in found]
    return tuple(found)

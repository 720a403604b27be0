"""Which events can there be? One of any kind, drawn from the fields of its class: so a new kind is drawn as well."""

from __future__ import annotations

from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from hypothesis import reject
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from modeltrail.domain.events import EVENT_TYPES, Event, FactRetracted, leaves
from modeltrail.domain.values import Rules, catalogue_of
from modeltrail.testing.drawn_events import (
    ALPHA,
    BETA,
    DEPLOYMENTS,
    GAMMA,
    VERSIONS,
    Draw,
    dates,
    instants,
    orders,
    rules,
    skus,
)

Kind = TypeVar("Kind", bound=BaseModel)
_MODELS = st.sampled_from((ALPHA, ALPHA, BETA, GAMMA))
_BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "model": _MODELS,
    "to_model": _MODELS,
    "deployment": st.sampled_from(DEPLOYMENTS),
    "sku": skus(),
    "on": dates(),
    "owner": st.sampled_from((None, "team-a", "team-b")),
    "catalogue": _MODELS.map(catalogue_of),
    "sources": orders(),
    "digest": st.sampled_from(("aa", "b7")).map(lambda pair: pair * 32),
}
"""What is drawn for a field of a name; for all others their type decides."""
_RETRACTED = st.builds(
    FactRetracted, position=st.integers(1, 9), of=st.sampled_from(DEPLOYMENTS).map(lambda name: f"deployment/{name}")
)


def events(*kinds: type[Event]) -> st.SearchStrategy[Event]:
    """One event of some kinds, or of any that is recorded; a base, such as `DeploymentEvent`, stands for all below it.

    Raises ValueError for a class that is no event.
    """
    return st.one_of(*(_of_kind(kind) for kind in recorded_kinds(kinds)))


def recorded_kinds(kinds: tuple[type[Event], ...]) -> list[type[Event]]:
    """The kinds that are recorded: some of them, or all if none is named. Raises ValueError."""
    found = dict.fromkeys(leaf for kind in kinds for leaf in (leaves(kind) or [kind]))
    strange = [kind for kind in found if kind not in EVENT_TYPES.values()]
    if strange:
        raise ValueError(f"{strange[0]!r} is never recorded: name kinds of modeltrail.domain.events")
    return list(found or EVENT_TYPES.values())


def _of_kind(kind: type[Event]) -> st.SearchStrategy[Event]:
    return _RETRACTED if kind is FactRetracted else by_fields(kind)


@st.composite
def by_fields(draw: Draw, kind: type[Kind]) -> Kind:
    """A record of a class, from what its fields may hold."""
    drawn: dict[str, Any] = {}
    for name, field in kind.model_fields.items():
        drawn[name] = draw(_field(name, field, drawn))
    try:
        return kind.model_validate(drawn)
    except ValidationError:  # fields that do not go together
        reject()


def _field(name: str, field: FieldInfo, drawn: dict[str, Any]) -> st.SearchStrategy[Any]:
    """What a field may hold; versions are those of the model that was drawn before."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name not in ("version", "to_version"):
        return _held(field.annotation, field.metadata)
    version = st.sampled_from(VERSIONS[drawn.get("to_model" if name == "to_version" else "model") or ALPHA])
    return version if field.is_required() else st.one_of(version, st.none())


def _held(hint: Any, bounds: list[Any]) -> st.SearchStrategy[Any]:
    """What a type allows, mostly from a few values, so that facts meet each other."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _held(arguments[0], [*bounds, *arguments[1:]])
    if origin in (Union, UnionType):
        return st.one_of(*(_held(one, bounds) for one in arguments))
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple and arguments[-1] is Ellipsis:
        return st.lists(_held(arguments[0], []), max_size=2).map(tuple)
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return rules() if hint is Rules else by_fields(hint)
    plain: dict[Any, st.SearchStrategy[Any]] = {
        NoneType: st.none(),
        bool: st.booleans(),
        int: _whole(bounds),
        str: st.sampled_from(("first", "second", "third")),
        datetime: instants(),
    }
    return plain[hint] if hint in plain else st.from_type(hint)


def _whole(bounds: list[Any]) -> st.SearchStrategy[int]:
    """A few whole numbers from the lowest on that is allowed."""
    limits = [limit for bound in bounds for limit in getattr(bound, "metadata", [bound])]
    lowest = max([limit.ge for limit in limits if hasattr(limit, "ge")], default=0)
    return st.integers(lowest, lowest + 5)

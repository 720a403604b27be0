"""Which projections are there? The built-in ones, those of installed packages, and whatever `module:name` names.

A package offers its own through the entry-point group `modeltrail.projections`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from modeltrail.domain.refusals import nearest
from modeltrail.projections.built_in import ALL
from modeltrail.projections.projection import Projection
from modeltrail.shapes import check

GROUP = "modeltrail.projections"


def installed(found: Iterable[EntryPoint] | None = None) -> dict[str, Projection[Any]]:
    """The built-in projections and those of installed packages, by name.

    Raises ValueError, saying how to mend it, for one that cannot be used, or whose name another one has.
    """
    known = {projection.name: projection for projection in ALL}
    offered_by = dict.fromkeys(known, "modeltrail itself")
    for entry in sorted(_offered(tuple(sys.path)) if found is None else found, key=lambda entry: entry.value):
        projection = _loaded(entry)
        origin = _origin(entry)
        if projection.name in known and known[projection.name] is not projection:
            raise ValueError(
                f"the projection {projection.name} of {origin} has the name of one of {offered_by[projection.name]}: "
                "give one of them another name, or uninstall that package"
            )
        known[projection.name] = projection
        offered_by[projection.name] = origin
    return known


def usable() -> dict[str, Projection[Any]]:
    """Those of them that can be used: a package that is broken takes only its own away."""
    known = {projection.name: projection for projection in ALL}
    for entry in sorted(_offered(tuple(sys.path)), key=lambda entry: entry.value):
        with suppress(ValueError):
            projection = _loaded(entry)
            known.setdefault(projection.name, projection)
    return known


@cache
def _offered(path: tuple[str, ...]) -> tuple[EntryPoint, ...]:
    """What the packages on a path offer, looked up once: that takes as long as hundreds of answers."""
    return tuple(entry_points(group=GROUP))


def _loaded(entry: EntryPoint) -> Projection[Any]:
    try:
        projection = entry.load()
    except Exception as error:  # whatever a module of somebody else's does while it is imported
        raise ValueError(
            f"the projection {entry.name} = {entry.value} of {_origin(entry)} cannot be loaded ({_told(error)}): mend "
            "that package, or uninstall it"
        ) from None
    return checked(projection, f"{entry.value} of {_origin(entry)}")


def _origin(entry: EntryPoint) -> str:
    return "an unknown package" if entry.dist is None else f"the package {entry.dist.name}"


def checked(projection: object, origin: str) -> Projection[Any]:
    """A projection that can be stored. Raises ValueError, saying how to mend it, for anything else."""
    if not isinstance(projection, Projection):
        raise ValueError(f"{origin} is no projection: name one, made with modeltrail.Projection(...)")
    check(projection)
    return projection


def named(name: str) -> Projection[Any]:
    """The projection of a name, or the one that `module:name` names, also in the current folder. Raises ValueError."""
    if ":" in name:
        return _of_module(name)
    known = {one.name: one for one in ALL}  # first, so that a package that is broken takes none of them away
    known = known if name in known else installed()
    if name in known:
        return known[name]
    similar = nearest(name, known)
    hint = f"did you mean {similar}? " if similar else ""
    raise ValueError(
        f"there is no projection {name!r}: {hint}modeltrail projections list names all; or use MODULE:NAME"
    )


def _of_module(name: str) -> Projection[Any]:
    module, _, attribute = name.partition(":")
    if not module or not attribute:
        raise ValueError(f"{name!r} names no projection: write MODULE:NAME, such as owners:owners")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found = import_module(module)
    except Exception as error:  # whatever a module of somebody else's does while it is imported
        raise ValueError(
            f"{name!r} cannot be used ({_told(error)}): correct the name or mend the module, which is looked for in "
            "the current folder and among what is installed"
        ) from None
    if not hasattr(found, attribute):
        offered = ", ".join(f"{module}:{key}" for key, value in vars(found).items() if isinstance(value, Projection))
        raise ValueError(f"{module} has no {attribute!r}: correct the name ({offered or 'it has no projection'})")
    return _demand_own_name(checked(getattr(found, attribute), name), name)


def _demand_own_name(projection: Projection[Any], origin: str) -> Projection[Any]:
    """Refuse a projection with the name of a built-in one."""
    if any(one.name == projection.name and one is not projection for one in ALL):
        raise ValueError(
            f"{origin} has the name of the projection {projection.name} that comes with modeltrail: give it another one"
        )
    return projection


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"

"""Which projections are there? The built-in ones, those of installed packages, and whatever `module:name` names.

A package offers its own through the entry-point group `modeltrail.projections`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
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
    for entry in sorted(entry_points(group=GROUP) if found is None else found, key=lambda entry: entry.value):
        projection = _loaded(entry)
        origin = entry.dist.name if entry.dist is not None else entry.value
        if projection.name in known and known[projection.name] is not projection:
            raise ValueError(
                f"the projection {projection.name} of {origin} has the name of one of {offered_by[projection.name]}: "
                "give it another name, or uninstall one of them"
            )
        known[projection.name] = projection
        offered_by[projection.name] = origin
    return known


def _loaded(entry: EntryPoint) -> Projection[Any]:
    try:
        projection = entry.load()
    except Exception as error:  # whatever a module of somebody else's does while it is imported
        raise ValueError(
            f"the entry point {entry.name} = {entry.value} cannot be loaded ({error}): mend or uninstall its package"
        ) from None
    return checked(projection, entry.value)


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
    known = installed()
    if name in known:
        return known[name]
    similar = nearest(name, known)
    hint = f"did you mean {similar}? " if similar else ""
    raise ValueError(
        f"there is no projection {name!r}: {hint}modeltrail projections list names all; or use MODULE:NAME"
    )


def _of_module(name: str) -> Projection[Any]:
    module, _, attribute = name.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found = getattr(import_module(module), attribute)
    except Exception as error:  # whatever a module of somebody else's does while it is imported
        raise ValueError(f"{name!r} cannot be used ({error}): correct the name, or the module") from None
    projection = checked(found, name)
    builtin = {one.name: one for one in ALL}
    if builtin.get(projection.name, projection) is not projection:
        raise ValueError(f"{name!r} has the name of the built-in projection {projection.name}: give it another name")
    return projection

"""What does a person see who asks in SQL? Two views of a projection: its rows now, and all that ever held.

`NAME` has a row for each key that has one now; `NAME_history` has one for each row that ever held, with the times from
and until which it held and was known, null where that is open. Moments are texts in UTC, as everywhere in JSON; a
column `is_stale` is 1 where a fact could not be taken, so that the row is not up to date.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from modeltrail.registry import Build
from modeltrail.schema import OF_A_PROJECTION
from modeltrail.shapes import Shape
from modeltrail.tables import OPEN, quoted


def make_views(cursor: sqlite3.Cursor, shape: Shape[Any], build: Build) -> None:
    """Let the views of a projection show a build."""
    drop_views(cursor, build.name)
    keys = [quoted(name) for name in shape.key_names]
    fields = [_shown(name) if name in shape.moments else quoted(name) for name in shape.names]
    is_stale = f"json_array({', '.join(keys)}) IN (SELECT key FROM dead_letters WHERE build = {build.id}) AS is_stale"
    shown = ", ".join([*keys, *fields])
    rows = quoted(build.rows)
    cursor.execute(
        f"CREATE VIEW {quoted(build.name)} AS SELECT {OF_A_PROJECTION} {shown}, {_text('valid_from')} AS since, "
        f"position, {is_stale} FROM {rows} WHERE known_to = {OPEN} AND valid_to = {OPEN} AND is_gone = 0"
    )
    ends = ", ".join(f"{_text(end)} AS {end}" for end in ("valid_from", "valid_to", "known_from", "known_to"))
    cursor.execute(
        f"CREATE VIEW {quoted(f'{build.name}_history')} AS SELECT {OF_A_PROJECTION} {shown}, {ends}, position, "
        f"{is_stale} FROM {rows} WHERE is_gone = 0"
    )


def drop_views(cursor: sqlite3.Cursor, name: str) -> None:
    """Remove the views of a projection. Those of a log that lies beside the tables stay as they are."""
    for view in (name, f"{name}_history"):
        cursor.execute(f"DROP VIEW IF EXISTS main.{quoted(view)}")


def _shown(name: str) -> str:
    return f"{_text(quoted(name))} AS {quoted(name)}"


def _text(column: str) -> str:
    """A moment as text, null where it is open or null. Before 1970 too: the fraction counts from the second before."""
    fraction = f"(({column} % 1000000) + 1000000) % 1000000"
    second = f"strftime('%Y-%m-%dT%H:%M:%S', ({column} - {fraction}) / 1000000, 'unixepoch')"
    return (
        f"CASE WHEN {column} < {OPEN} THEN {second} || "
        f"CASE {fraction} WHEN 0 THEN 'Z' ELSE printf('.%06dZ', {fraction}) END END"
    )

"""Where does each page stand? A file name that is safe everywhere, and another for every name."""

from __future__ import annotations

import re
from hashlib import sha256

_READABLE = 40
_DIGEST = 12
_NEAR, _STEPS = 2, 10


def file_name(name: str) -> str:
    """The file of what has a name: as much of it as can be read, and a digest, since names may differ in case alone.

    >>> file_name("chat-prod")
    'chat-prod-4e9f2b40d98c.html'
    """
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower().rpartition("/")[2])[:_READABLE].strip("-")
    digest = sha256(name.encode("utf-8", "backslashreplace")).hexdigest()[:_DIGEST]
    return f"{plain}-{digest}.html" if plain else f"{digest}.html"


def deployment_page(deployment: str) -> str:
    """The page of a deployment, seen from the folder of the report."""
    return f"deployments/{file_name(deployment)}"


def model_page(model: str) -> str:
    """The page of a model."""
    return f"models/{file_name(model)}"


def offered(current: int, count: int) -> list[int]:
    """The pages of a long list to which one of them leads: its neighbours, both ends, and about ten steps between."""
    near = range(max(current - _NEAR, 1), min(current + _NEAR, count) + 1)
    steps = range(1, count + 1, max(count // _STEPS, 1))
    return sorted({1, count, *near, *steps})


def numbered(name: str, number: int) -> str:
    """One of the pages of a long list; the first has no number, and that of the fleet is where everything begins."""
    if number == 1:
        return "index.html" if name == "fleet" else f"{name}.html"
    return f"{name}-{number}.html"

"""Which model or deployment does a person mean? The name as recorded, a unique short form, or the nearest to it."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import TypeAdapter, ValidationError

from modeltrail.domain.refusals import Ambiguous, Unknown, nearest
from modeltrail.domain.values import DeploymentName, ModelName
from modeltrail.ledger import Ledger
from modeltrail.projections.deployments import deployments
from modeltrail.projections.models import models

_MODEL = TypeAdapter[str](ModelName)
_DEPLOYMENT = TypeAdapter[str](DeploymentName)
_ARM = "/subscriptions/"
"""How the id begins that Azure Resource Manager gives a deployment."""


def model_named(ledger: Ledger, name: str) -> str:
    """The full name of a model. Without its catalogue it must be unique. Raises Unknown with the nearest known name."""
    if ledger.has(models, name):
        return name
    full = _MODEL.validate_python(name)
    if ledger.has(models, full):
        return full
    known = ledger.keys(models)
    short = [model for model in known if model.partition("/")[2] == name]
    if len(short) == 1:
        return str(short[0])
    if short:
        raise Ambiguous("model", name, sorted(short))
    raise Unknown("model", name, _nearest(name, known))


def _nearest(name: str, known: Iterable[str]) -> str | None:
    by_short = {model.partition("/")[2]: model for model in known}
    found = nearest(name, by_short)
    return by_short[found] if found is not None and "/" not in name else nearest(name, by_short.values())


def deployment_named(ledger: Ledger, name: str) -> str:
    """The recorded name of a deployment; ARM ids fold case (R3), and the end of one, from a slash on, names it as well.

    Raises Ambiguous with those that end so, where they are several, else Unknown with the nearest known name.
    """
    full = _DEPLOYMENT.validate_python(name)
    if ledger.has(deployments, full):
        return full
    known = ledger.keys(deployments)
    try:
        return DeploymentNames(known).named(name)
    except Ambiguous:
        raise
    except Unknown:
        raise Unknown("deployment", name, nearest(full, {_end(one, name) for one in known})) from None


class DeploymentNames:
    """The recorded names of deployments, for whoever asks for many: none is compared with all of them."""

    def __init__(self, recorded: Iterable[str]) -> None:
        self._recorded = frozenset(recorded)
        self._endings: dict[int, dict[str, list[str]]] = {}
        """The ARM ids that have an end, by its number of parts."""

    def named(self, name: str) -> str:
        """As `deployment_named`. Raises Ambiguous, and Unknown, which suggests nothing."""
        full = _DEPLOYMENT.validate_python(name)
        if full in self._recorded:
            return full
        ending = self._ending_in(name.count("/") + 1).get(name.lower(), [])
        if len(ending) > 1:
            raise Ambiguous("deployment", name, sorted(ending))
        if not ending:
            raise Unknown("deployment", name)
        return ending[0]

    def _ending_in(self, parts: int) -> dict[str, list[str]]:
        found = self._endings.get(parts)
        if found is None:
            found = self._endings[parts] = {}
            for one in self._recorded:
                before, *end = one.rsplit("/", parts)
                if before and len(end) == parts and one.startswith(_ARM):
                    found.setdefault("/".join(end), []).append(one)
        return found


def _end(deployment: str, name: str) -> str:
    """As much of a deployment's name as resembles another: of an ARM id as many parts as that has."""
    parts = deployment.split("/")
    return deployment if not deployment.startswith(_ARM) else "/".join(parts[-(name.count("/") + 1) :])


def stream_named(ledger: Ledger, name: str) -> str:
    """The stream of a deployment, a model or a catalogue; what is short for one of the first two is the model.

    Raises Ambiguous, Unknown.
    """
    full = _DEPLOYMENT.validate_python(name)
    if ledger.has(deployments, full):
        return f"deployment/{full}"
    refusals: list[Unknown] = []
    for kind, find in (("model", model_named), ("deployment", deployment_named)):
        try:
            return f"{kind}/{find(ledger, name)}"
        except ValidationError:
            continue  # it can be the name of no model
        except Unknown as refused:
            refusals.append(refused)
    if ledger.version(f"catalogue/{name}"):
        return f"catalogue/{name}"
    ambiguous = next((one for one in refusals if isinstance(one, Ambiguous)), None)
    nearest = [one.nearest for one in reversed(refusals) if one.nearest is not None]
    raise ambiguous or Unknown("deployment or model", name, next(iter(nearest), None))

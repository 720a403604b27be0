"""Which model or deployment does a person mean? The name as recorded, a unique short form, or the nearest to it."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import TypeAdapter

from modeltrail.domain.refusals import Unknown, nearest
from modeltrail.domain.values import DeploymentName, ModelName
from modeltrail.ledger import Ledger
from modeltrail.projections.deployments import deployments
from modeltrail.projections.models import models

_MODEL = TypeAdapter[str](ModelName)
_DEPLOYMENT = TypeAdapter[str](DeploymentName)


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
    raise Unknown("model", name, _nearest(name, known))


def _nearest(name: str, known: Iterable[str]) -> str | None:
    by_short = {model.partition("/")[2]: model for model in known}
    found = nearest(name, by_short)
    return by_short[found] if found is not None and "/" not in name else nearest(name, by_short.values())


def deployment_named(ledger: Ledger, name: str) -> str:
    """The recorded name of a deployment; ARM ids fold case (R3). Raises Unknown with the nearest known name."""
    full = _DEPLOYMENT.validate_python(name)
    if ledger.has(deployments, full):
        return full
    raise Unknown("deployment", name, nearest(full, ledger.keys(deployments)))

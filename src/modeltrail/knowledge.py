"""What does somebody know? The facts of each deployment and model that were known at a moment, and what follows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from modeltrail.domain.facts import Fact
from modeltrail.domain.history import ModelHistory
from modeltrail.ledger import Ledger
from modeltrail.naming import deployment_named, model_named
from modeltrail.projections.deployments import deployments
from modeltrail.projections.models import models
from modeltrail.projections.projection import Projection

Remembered = Callable[[str, datetime | None], ModelHistory]
"""The history of a model as known at a moment, null for all that is known."""


class Knowledge:
    """What was known at a moment, null for all that is known now (R6, R45).

    Every answer reads the facts here; whoever supposes other facts (`supposing.py`) or carries announcements out ahead
    (`expected.py`) asks the same questions of other knowledge.
    """

    def __init__(self, ledger: Ledger, remembered: Remembered, limit: datetime | None) -> None:
        self.ledger = ledger
        self.limit = limit
        self.remembered = remembered

    def earlier(self, moment: datetime) -> Knowledge:
        """What of this was known by a moment."""
        return Knowledge(self.ledger, self.remembered, moment if self.limit is None else min(moment, self.limit))

    def facts(self, deployment: str) -> list[Fact]:
        """The known facts of a deployment, with the sights that readings add, in the order of the log."""
        return self.facts_of(deployments, deployment)

    def facts_of_model(self, model: str) -> list[Fact]:
        """The known facts that concern a model, in the order of the log."""
        return self.facts_of(models, model)

    def facts_of(self, projection: Projection[Any], key: Any) -> list[Fact]:
        """The known facts that concern a key of a projection, in the order of the log."""
        return self.ledger.known(projection, key, self.limit)

    def keys(self, projection: Projection[Any]) -> list[Any]:
        """The keys of a projection, oldest first, whoever knows them."""
        return self.ledger.keys(projection)

    def history(self, model: str) -> ModelHistory:
        """A model at every moment."""
        return self.remembered(model, self.limit)

    def deployment_named(self, name: str) -> str:
        """The recorded name of a deployment. Raises Unknown, Ambiguous."""
        return deployment_named(self.ledger, name)

    def model_named(self, name: str) -> str:
        """The full name of a model. Raises Unknown, Ambiguous."""
        return model_named(self.ledger, name)

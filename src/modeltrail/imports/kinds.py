"""Which exports can be read, by their names?"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from modeltrail.imports.azure_activity_log import AzureActivityLog
from modeltrail.imports.azure_deployments import CATALOGUE, AzureDeployments
from modeltrail.imports.azure_models import AzureModels
from modeltrail.imports.exports import Export


def _azure_models(catalogue: str | None) -> AzureModels:
    if catalogue is None:
        raise ValueError(
            "a list of models does not say where it holds: name its catalogue, such as azure@swedencentral "
            "(azure-models.azure@swedencentral.2026-11-23.json)"
        )
    return AzureModels(catalogue)


KINDS: Mapping[str, Callable[[str | None], Export]] = {
    AzureActivityLog.name: lambda catalogue: AzureActivityLog(catalogue or CATALOGUE),
    AzureModels.name: _azure_models,
    AzureDeployments.name: lambda catalogue: AzureDeployments(catalogue or CATALOGUE),
}
"""How each kind is made for a catalogue, null where nobody names one. Raises ValueError where it needs another."""

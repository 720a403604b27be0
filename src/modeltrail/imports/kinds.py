"""Which exports can be read, by their names?"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from modeltrail.imports.azure_activity_log import AzureActivityLog
from modeltrail.imports.azure_deployments import CATALOGUE, AzureDeployments
from modeltrail.imports.exports import Export

KINDS: Mapping[str, Callable[[str | None], Export]] = {
    AzureActivityLog.name: lambda catalogue: AzureActivityLog(catalogue or CATALOGUE),
    AzureDeployments.name: lambda catalogue: AzureDeployments(catalogue or CATALOGUE),
}
"""How each kind is made for a catalogue, null where nobody names one. Raises ValueError where it needs another."""

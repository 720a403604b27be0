"""How fast is a nightly import, beside only parsing the same files; and does memory grow with the file?

As a script it imports one file in a process of its own, the only way to know its peak of memory.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from time import perf_counter

import fleet
from crowd import peak_megabytes
from timing import Line, Sizes

from modeltrail.imports.azure_deployments import AzureDeployments
from modeltrail.imports.azure_models import AzureModels
from modeltrail.imports.exports import Export

DEPLOYMENTS, MODEL_ROWS, SMALL, LARGE = 5_000, 2_000, 5_000, 50_000
ACCOUNT = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/acct-{}"
NIGHT = timedelta(days=1)


def deployment(number: int, changed: bool) -> dict[str, object]:
    """One element as Azure lists it; every hundredth changes from night to night."""
    model = {"format": "OpenAI", "name": "gpt-4o", "version": "2024-08-06" if changed else "2024-05-13"}
    return {
        "id": f"{ACCOUNT.format(number % 100)}/deployments/chat-{number:06}",
        "type": "Microsoft.CognitiveServices/accounts/deployments",
        "name": f"chat-{number:06}",
        "sku": {"name": "Standard", "capacity": 80},
        "properties": {
            "model": model,
            "versionUpgradeOption": "OnceNewDefaultVersionAvailable",
            "capabilities": {"chatCompletion": "true", "maxContextToken": "16385", "maxOutputToken": "4096"},
            "provisioningState": "Succeeded",
        },
        "systemData": {"createdBy": "alice@example.com", "createdAt": "2024-10-28T14:48:25.3936328Z"},
    }


def model_row(number: int, changed: bool) -> dict[str, object]:
    """One version of a model as Azure lists it under one kind."""
    name, version, kind = f"model-{number // 10}", f"v{number // 2 % 5}", ("OpenAI", "AIServices")[number % 2]
    retires = "2026-12-31T00:00:00Z" if changed else "2026-11-30T00:00:00Z"
    skus = [{"name": sku, "deprecationDate": retires} for sku in ("Standard", "GlobalStandard", "ProvisionedManaged")]
    model = {
        "format": "OpenAI",
        "name": name,
        "version": version,
        "isDefaultVersion": version == "v0",
        "skus": skus,
        "deprecation": {"inference": retires},
        "lifecycleStatus": "GenerallyAvailable",
        "systemData": {"createdBy": "Microsoft", "createdAt": "2024-02-01T00:00:00Z"},
    }
    return {"kind": kind, "skuName": "S0", "model": model}


def night(turn: int) -> list[tuple[Export, bytes]]:
    """The two files of a night: one row in a hundred differs from the night before."""
    ahead = [deployment(number, number % 100 == 0 and turn % 2 == 1) for number in range(DEPLOYMENTS)]
    listed = [model_row(number, number // 2 % 100 == 0 and turn % 2 == 1) for number in range(MODEL_ROWS)]
    return [
        (AzureModels("azure-openai"), json.dumps(listed, indent=2).encode()),
        (AzureDeployments("azure-openai"), json.dumps(ahead, indent=2).encode()),
    ]


def nights(folder: Path, sizes: Sizes) -> Iterator[Line]:
    """A first night, nights on which one row in a hundred changed, and one on which none did."""
    rows = DEPLOYMENTS + MODEL_ROWS
    at = fleet.START
    taken: dict[str, list[float]] = {"first": [], "changed": [], "same": [], "json": []}
    with fleet.opened(folder / "nights.db") as trail:
        for turn in range(2 + sizes.openings):
            files = night(turn)
            for what in ("first" if turn == 0 else "changed", "json", "same"):
                at += NIGHT
                begun = perf_counter()
                for export, content in files:
                    if what == "json":
                        json.loads(content)
                    else:
                        trail.read_export(export, BytesIO(content), observed_at=at, by="bench")
                taken[what].append(perf_counter() - begun)
    best = {what: rows / min(times) for what, times in taken.items()}
    yield Line(f"a night of {rows:,} rows, the first one", "rows/s", best["first"])
    yield Line("  a night on which 1 % of them changed", "rows/s", best["changed"])
    yield Line("  a night on which the files are the same", "rows/s", best["same"])
    yield Line("  json.loads of the same files", "rows/s", best["json"])
    yield Line("  the unchanged night as a multiple of it", "x", best["same"] / best["json"])
    small, large = (peak_of_import(folder, count) for count in (SMALL, LARGE))
    yield Line(f"peak memory of importing {SMALL:,} deployments", "MB", small)
    yield Line(f"  of {LARGE:,}, ten times the file", "MB", large)


def peak_of_import(folder: Path, count: int) -> float:
    """The most memory that a process takes to import so many deployments for the first time."""
    path = folder / f"{count}.json"
    with path.open("w") as file:
        for number in range(count):
            file.write(("," if number else "[") + json.dumps(deployment(number, False), indent=2))
        file.write("]")
    said = subprocess.run([sys.executable, __file__, str(path)], check=True, stdout=subprocess.PIPE, text=True).stdout
    return float(said)


def main() -> None:
    path = Path(sys.argv[1])
    with fleet.opened(path.with_suffix(".db")) as trail:
        trail.read_export(AzureDeployments(), path, observed_at=datetime.isoformat(fleet.START), by="bench")
    print(peak_megabytes())


if __name__ == "__main__":
    main()

"""The routes of our own gateway, exported every night as CSV: route, model, version, policy."""

import csv
import io

from modeltrail.domain.events import DeploymentDeleted, DeploymentObserved, PolicyChanged
from modeltrail.imports.exports import Export, Row, Stated, Unreadable


class GatewayRoutes(Export):
    name = "gateway-routes"

    def elements(self, file):
        yield from csv.DictReader(io.TextIOWrapper(file, encoding="utf-8", newline=""))

    def read(self, item):
        route, policy = item.get("route"), item.get("policy") or "unspecified"
        if not route:
            raise Unreadable("route is missing: export the routes again")
        key = f"gateway/{route}"
        if policy not in ("auto-update", "manual", "unspecified"):
            raise Unreadable(f"policy: {policy!r} is unknown: write auto-update or manual", key, "gateway")
        shown = {"model": f"{self.catalogue}/{item['model']}", "version": item["version"], "policy": policy}
        return Row(key, "gateway", f"deployment/{key}", shown)

    def differences(self, change):
        if change.after is None:
            yield Stated(DeploymentDeleted(deployment=change.key, not_before=change.before_at))
            return
        if change.differs("model", "version"):
            model, version = change.after["model"], change.after["version"]
            yield Stated(DeploymentObserved(deployment=change.key, model=model, version=version, export=self.name))
        if change.differs("policy"):
            yield Stated(PolicyChanged(deployment=change.key, policy=change.after["policy"]))

"""Gathers the facts of one request: from its scan, the catalogue, provenance records and bias results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.bias.results import BiasResults
from gateway.policy.compile.build import Build
from gateway.policy.decide.facts import candidates, facts, reroute_model, with_bias
from gateway.provenance.status import Provenance
from gateway.routing.catalogue import Catalogue, ModelEntry
from gateway.types import Call, Deployment, Facts, HarvestState, Principal, Scan


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedRequest:
    """A request that was scanned and not yet decided on."""

    principal: Principal
    call: Call
    entry: ModelEntry
    harvest: Mapping[str, HarvestState]
    scan: Scan
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FactSources:
    """Where facts come from besides the request and the policy's own data."""

    catalogue: Catalogue
    provenance: Provenance
    bias: BiasResults

    def rerouted(self, request: ScannedRequest, build: Build) -> tuple[Deployment, ...]:
        """Deployments that the application's row names, unless they serve the model already."""
        name = reroute_model(request.principal.app, build)
        own = request.entry.deployments
        return tuple(d for d in self.catalogue.deployments(name) if d not in own)

    def facts(self, request: ScannedRequest, rerouted: Sequence[Deployment], build: Build) -> Facts:
        """What the revision of ``build`` decides on."""
        entry, now = request.entry, request.now
        found = candidates(
            entry.name,
            entry.deployments,
            app=request.principal.app,
            build=build,
            harvest=request.harvest,
            proofs=self.provenance.proofs((*entry.deployments, *rerouted), now),
            rerouted=rerouted,
        )
        known = facts(
            principal=request.principal,
            call=request.call,
            scan=request.scan,
            model=entry.name,
            candidates=found,
            build=build,
            now=now,
        )
        return with_bias(known, self.bias.of(each.deployment for each in found), now)

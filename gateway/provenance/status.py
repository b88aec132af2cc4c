"""How deployments stand to their signed records, at this moment.

What a record says of a deployment is compared with what the deployment shows. A claim that it has not shown for too long leaves
it unproven; one that it contradicts is a mismatch, until it shows the right thing again.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol, Self, TypeAlias

from gateway.errors import ConfigError, UpstreamError
from gateway.provenance.bundle import MAX_BUNDLE_BYTES, UntrustedRecord, public_keys
from gateway.provenance.record import Claims, Record, read
from gateway.settings.deployments import DeploymentSettings
from gateway.settings.deployments import Provenance as Bound
from gateway.settings.files import Stamp, stamp
from gateway.types import Deployment, Proof


class DeploymentObserver(Protocol):
    """A deployment that shows what it is; see ``upstream.observe``. Raises ``UpstreamError`` where it does not."""

    async def models(self) -> frozenset[str]: ...

    async def tokenizer(self) -> str: ...

    async def fingerprint(self) -> str: ...


ProvenanceListener: TypeAlias = Callable[[str, Proof, str], None]
"""Told a deployment's name, how it stands, and what is wrong in a few words."""
_Observed: TypeAlias = frozenset[str]
_Probe: TypeAlias = Callable[[], Awaitable[str | _Observed]]
_NEVER: Final[tuple[_Observed, datetime]] = (frozenset(), datetime.min.replace(tzinfo=UTC))


class ProvenanceStatus:
    """One deployment beside its record.

    The record and the keys are looked at each time that they are asked for, and read again when they have changed.

    Args:
        name: the deployment's name.
        bound: where its record and the trusted keys are.
        listener: told of changes.
    """

    def __init__(self, name: str, bound: Bound, listener: ProvenanceListener) -> None:
        self.name: Final = name
        self.seconds: Final = bound.seconds
        self._bound: Final = bound
        self._stale: Final = timedelta(seconds=bound.stale_seconds)
        self._listener: Final = listener
        self._stamps: tuple[Stamp, ...] | None = None
        self._record: Record | None = None
        self._untrusted_reason = ""
        self._observations: dict[str, tuple[_Observed, datetime]] = {}
        self._server_key: str | None = None
        self._last_reported: tuple[Proof, str] | None = None

    def record(self) -> Record | None:
        """The record as it is on disk, or ``None`` when it can't be believed."""
        stamps = tuple(stamp(path) for path in (self._bound.record, *self._bound.keys))
        if stamps != self._stamps:
            self._stamps = stamps
            self._record, self._untrusted_reason = _read(self._bound)
        return self._record

    def proof(self, now: datetime) -> Proof:
        """How it stands; ``now`` is an aware time, since records expire."""
        return self.assess(now)[0]

    def assess(self, now: datetime) -> tuple[Proof, str]:
        """The same, with the reason where it is not verified."""
        proof, why = self._assess(now)
        if (proof, why) != self._last_reported:
            self._last_reported = (proof, why)
            self._listener(self.name, proof, why)
        return proof, why

    async def observe(self, observer: DeploymentObserver, now: datetime) -> None:
        """Ask the deployment for what its record makes claims about."""
        for claim, ask in self._due(observer, now):
            try:
                observed = await ask()
            except UpstreamError:
                continue
            values = frozenset({observed}) if isinstance(observed, str) else observed
            self._observations[claim] = (values, now)
        self.assess(now)

    def accepts_pin(self, pin: str) -> bool:
        """Whether a server with this public key (``""`` without TLS) may be the one that the record speaks of."""
        self._server_key = pin
        record = self.record()
        return record is None or record.claims.spki in (None, pin)

    def _due(self, observer: DeploymentObserver, now: datetime) -> Iterator[tuple[str, _Probe]]:
        """Claims to be looked at now, and how. Words cost the server more, so those that fit are asked for seldom."""
        record = self.record()
        claims = Claims() if record is None else record.claims
        asks: dict[str, _Probe] = {
            "model": observer.models,
            "tokenizer": observer.tokenizer,
            "fingerprint": observer.fingerprint,
        }
        if claims.spki is not None and claims.model is None:
            yield "model", observer.models  # any question connects, and so shows the server's key
        for claim, value in _observable_claims(claims).items():
            seen, at = self._observations.get(claim, _NEVER)
            if claim != "fingerprint" or value not in seen or now - at >= self._stale / 2:
                yield claim, asks[claim]

    def _assess(self, now: datetime) -> tuple[Proof, str]:
        record = self.record()
        if record is None:
            return Proof(state="unverified"), self._untrusted_reason
        if record.expired(now):
            return Proof(state="expired", manifest=record.manifest), "expired"
        if contradicted := self._contradicted(record.claims):
            why = f"shows another {', '.join(contradicted)}"
            return Proof(state="mismatch", manifest=record.manifest), why
        if unseen := self._unobserved(record.claims, now):
            why = f"has not shown its {', '.join(unseen)}"
            return Proof(state="unverified", manifest=record.manifest), why
        return Proof(state="verified", manifest=record.manifest), ""

    def _contradicted(self, claims: Claims) -> list[str]:
        """Claims beside which the deployment shows something else."""
        wrong = [
            claim
            for claim, value in _observable_claims(claims).items()
            if claim in self._observations and value not in self._observations[claim][0]
        ]
        other = self._server_key is not None and claims.spki not in (None, self._server_key)
        return [*wrong, *(["server key"] if other else [])]

    def _unobserved(self, claims: Claims, now: datetime) -> list[str]:
        """Claims that were never shown, or too long ago. The server's key is not one: no byte is sent without it."""
        return [
            claim
            for claim in _observable_claims(claims)
            if now - self._observations.get(claim, _NEVER)[1] > self._stale
        ]


class Provenance:
    """The deployments that are bound to records.

    Args:
        statuses: by the name of the deployment.
    """

    def __init__(self, statuses: Mapping[str, ProvenanceStatus]) -> None:
        self.statuses: Final = statuses

    @classmethod
    def of(
        cls, deployments: Mapping[str, DeploymentSettings], listener: ProvenanceListener
    ) -> Self:
        """Those of the configuration."""
        bound = ((name, told.provenance) for name, told in deployments.items())
        return cls(
            {
                name: ProvenanceStatus(name, told, listener)
                for name, told in bound
                if told is not None
            }
        )

    def proofs(self, deployments: Iterable[Deployment], now: datetime) -> Mapping[str, Proof]:
        """How those of the deployments stand that are bound to a record."""
        return {
            each.name: self.statuses[each.name].proof(now)
            for each in deployments
            if each.name in self.statuses
        }


def load(record: Path, keys: tuple[Path, ...]) -> Record:
    """The record in a file that one of the keys signed.

    Raises:
        ConfigError: a file can't be read, or holds no key.
        Unproven: the record can't be believed.
    """
    trusted = public_keys(keys)
    try:
        with record.open("rb") as file:
            return read(file.read(MAX_BUNDLE_BYTES + 1), trusted)
    except OSError as error:
        raise ConfigError([f"{record}: can't be read: {error.strerror}"]) from None


def _read(bound: Bound) -> tuple[Record | None, str]:
    """The record, or why there is none to believe."""
    try:
        return load(bound.record, bound.keys), ""
    except (ConfigError, UntrustedRecord) as error:
        return None, str(error)


def _observable_claims(claims: Claims) -> dict[str, str]:
    """What the record claims that a deployment can be asked for."""
    said = {"model": claims.model, "tokenizer": claims.tokenizer, "fingerprint": claims.fingerprint}
    return {claim: value for claim, value in said.items() if value is not None}

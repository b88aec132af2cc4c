"""The status of deployments compared with their signed records.

The claims of a record are compared with what the deployment reports. A claim that was not confirmed for too long makes the
status ``unverified``; a claim that is contradicted makes it ``mismatch``, until the deployment reports the signed value again.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol, Self, TypeAlias

from gateway.errors import ConfigError, UpstreamError
from gateway.provenance.bundle import MAX_BUNDLE_BYTES, UntrustedRecord, public_keys
from gateway.provenance.record import Claims, Record, read
from gateway.settings.deployments import DeploymentSettings
from gateway.settings.deployments import Provenance as ProvenanceSettings
from gateway.settings.files import Stamp, stamp
from gateway.types import Deployment, Proof


class DeploymentObserver(Protocol):
    """Asks a deployment what it serves; see ``upstream/``. Raises ``UpstreamError`` where it does not answer."""

    async def models(self) -> frozenset[str]: ...

    async def tokenizer(self) -> str: ...

    async def fingerprint(self) -> str: ...


ProvenanceListener: TypeAlias = Callable[[str, Proof, str], None]
"""Called with a deployment's name, its proof, and in a few words why it is not verified."""
_Observed: TypeAlias = frozenset[str]
_Probe: TypeAlias = Callable[[], Awaitable[str | _Observed]]
_NEVER: Final[tuple[_Observed, datetime]] = (frozenset(), datetime.min.replace(tzinfo=UTC))


class ProvenanceStatus:
    """The provenance of one deployment: its record compared with what it reports.

    The files of the record and of the keys are checked at each use, and read again when they have changed.

    Args:
        name: the deployment's name.
        provenance: the files of its record and of the trusted keys, and the intervals of checks.
        listener: notified of each change of status.
    """

    def __init__(
        self, name: str, provenance: ProvenanceSettings, listener: ProvenanceListener
    ) -> None:
        self.name: Final = name
        self.seconds: Final = provenance.seconds
        self._provenance: Final = provenance
        self._stale: Final = timedelta(seconds=provenance.stale_seconds)
        self._listener: Final = listener
        self._stamps: tuple[Stamp, ...] | None = None
        self._record: Record | None = None
        self._untrusted_reason = ""
        self._observations: dict[str, tuple[_Observed, datetime]] = {}
        self._server_key: str | None = None
        self._last_reported: tuple[Proof, str] | None = None

    def record(self) -> Record | None:
        """The record as it is on disk, or ``None`` when it can't be trusted."""
        files = (self._provenance.record, *self._provenance.keys)
        # Before the files are read: a change meanwhile is noticed at the next use.
        stamps = tuple(stamp(path) for path in files)
        if stamps != self._stamps:
            self._stamps = stamps
            self._record, self._untrusted_reason = _read(self._provenance)
        return self._record

    def proof(self, now: datetime) -> Proof:
        """The proof at this moment; ``now`` is timezone-aware, since records expire."""
        return self.assess(now)[0]

    def assess(self, now: datetime) -> tuple[Proof, str]:
        """The proof, with the reason where it is not verified; reports a change to the listener."""
        proof, why = self._assess(now)
        if (proof, why) != self._last_reported:
            self._last_reported = (proof, why)
            self._listener(self.name, proof, why)
        return proof, why

    async def observe(self, observer: DeploymentObserver, now: datetime) -> None:
        """Ask the deployment for the values that its record makes claims about."""
        for claim, ask in self._due(observer, now):
            try:
                observed = await ask()
            except UpstreamError:
                continue  # what it reported before is valid until it is stale
            values = frozenset({observed}) if isinstance(observed, str) else observed
            self._observations[claim] = (values, now)
        self.assess(now)

    def accepts_pin(self, pin: str) -> bool:
        """Whether a server with this public key (``""`` without TLS) may be the one that the record describes."""
        # Kept even when it is refused: this is what contradicts the claim.
        self._server_key = pin
        record = self.record()
        return record is None or record.claims.spki in (None, pin)

    def _due(self, observer: DeploymentObserver, now: datetime) -> Iterator[tuple[str, _Probe]]:
        """Claims to be checked now, and how."""
        record = self.record()
        claims = Claims() if record is None else record.claims
        asks: dict[str, _Probe] = {
            "model": observer.models,
            "tokenizer": observer.tokenizer,
            "fingerprint": observer.fingerprint,
        }
        if claims.spki is not None and claims.model is None:
            yield "model", observer.models  # any query connects, and so presents the server's key
        for claim, value in _observable_claims(claims).items():
            seen, at = self._observations.get(claim, _NEVER)
            # A fingerprint costs the server a completion: one that matches is checked again only before it is stale.
            if claim != "fingerprint" or value not in seen or now - at >= self._stale / 2:
                yield claim, asks[claim]

    def _assess(self, now: datetime) -> tuple[Proof, str]:
        record = self.record()
        if record is None:
            return Proof(state="unverified"), self._untrusted_reason
        if record.expired(now):
            return Proof(state="expired", manifest=record.manifest), "expired"
        if contradicted := self._contradicted(record.claims):
            why = f"reports another {', '.join(contradicted)}"
            return Proof(state="mismatch", manifest=record.manifest), why
        if unseen := self._unobserved(record.claims, now):
            why = f"has not reported its {', '.join(unseen)}"
            return Proof(state="unverified", manifest=record.manifest), why
        return Proof(state="verified", manifest=record.manifest), ""

    def _contradicted(self, claims: Claims) -> list[str]:
        """Claims for which the deployment reports another value."""
        wrong = [
            claim
            for claim, value in _observable_claims(claims).items()
            if claim in self._observations and value not in self._observations[claim][0]
        ]
        other = self._server_key is not None and claims.spki not in (None, self._server_key)
        return [*wrong, *(["server key"] if other else [])]

    def _unobserved(self, claims: Claims, now: datetime) -> list[str]:
        """Claims that the deployment never reported, or too long ago."""
        # The server's key is not among them: it is checked at each connection, before a byte is sent.
        return [
            claim
            for claim in _observable_claims(claims)
            if now - self._observations.get(claim, _NEVER)[1] > self._stale
        ]


class Provenance:
    """The deployments that are bound to signed records.

    Args:
        statuses: their statuses by the deployment's name.
    """

    def __init__(self, statuses: Mapping[str, ProvenanceStatus]) -> None:
        self.statuses: Final = statuses

    @classmethod
    def of(
        cls, deployments: Mapping[str, DeploymentSettings], listener: ProvenanceListener
    ) -> Self:
        """Those of the configuration."""
        return cls(
            {
                name: ProvenanceStatus(name, deployment.provenance, listener)
                for name, deployment in deployments.items()
                if deployment.provenance is not None
            }
        )

    def proofs(self, deployments: Iterable[Deployment], now: datetime) -> Mapping[str, Proof]:
        """The proofs of those deployments that are bound to a record, by name."""
        return {
            each.name: self.statuses[each.name].proof(now)
            for each in deployments
            if each.name in self.statuses
        }


def load(record: Path, keys: tuple[Path, ...]) -> Record:
    """The record in a file that one of the keys signed.

    Raises:
        ConfigError: a file can't be read, or holds no key.
        UntrustedRecord: the record can't be trusted.
    """
    trusted = public_keys(keys)
    try:
        with record.open("rb") as file:
            # One byte over the bound is enough to refuse it; the file may be of any size.
            return read(file.read(MAX_BUNDLE_BYTES + 1), trusted)
    except OSError as error:
        raise ConfigError([f"{record}: can't be read: {error.strerror}"]) from None


def _read(provenance: ProvenanceSettings) -> tuple[Record | None, str]:
    """The record, or ``None`` and the reason why it can't be trusted."""
    # A file that is missing or broken is not an error of the gateway: the status is unverified, and policy decides.
    try:
        return load(provenance.record, provenance.keys), ""
    except (ConfigError, UntrustedRecord) as error:
        return None, str(error)


def _observable_claims(claims: Claims) -> dict[str, str]:
    """The record's claims that a deployment can be asked for."""
    values = {
        "model": claims.model,
        "tokenizer": claims.tokenizer,
        "fingerprint": claims.fingerprint,
    }
    return {claim: value for claim, value in values.items() if value is not None}

"""How deployments stand to their signed records, at this moment."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from gateway.errors import ConfigError
from gateway.files import Stamp, stamp
from gateway.provenance.bundle import LONGEST, Unproven, public_keys
from gateway.provenance.record import Record, read
from gateway.settings.deployments import Provenance as Bound
from gateway.types import Deployment, Proof


class Standing:
    """One deployment beside its record.

    The record and the keys are looked at each time that they are asked for, and read again when they have changed.

    Args:
        name: the deployment's name.
        bound: where its record and the trusted keys are.
        log: a structlog logger; changes are told.
    """

    def __init__(self, name: str, bound: Bound, log: Any) -> None:
        self.name: Final = name
        self._bound: Final = bound
        self._log: Final = log
        self._stamps: tuple[Stamp, ...] | None = None
        self._record: Record | None = None
        self._unproven = ""
        self._told: tuple[Proof, str] | None = None

    def record(self) -> Record | None:
        """The record as it is on disk, or ``None`` when it can't be believed."""
        stamps = tuple(stamp(path) for path in (self._bound.record, *self._bound.keys))
        if stamps != self._stamps:
            self._stamps = stamps
            self._record, self._unproven = _read(self._bound)
        return self._record

    def proof(self, now: datetime) -> Proof:
        """How it stands; ``now`` is an aware time, since records expire."""
        proof, why = self._judged(now)
        if (proof, why) != self._told:
            self._told = (proof, why)
            self._log.warning(
                "provenance",
                deployment=self.name,
                state=proof.state,
                manifest=proof.manifest,
                why=why,
            )
        return proof

    def _judged(self, now: datetime) -> tuple[Proof, str]:
        record = self.record()
        if record is None:
            return Proof(state="unverified"), self._unproven
        if record.expired(now):
            return Proof(state="expired", manifest=record.manifest), "expired"
        return Proof(state="verified", manifest=record.manifest), ""


class Provenance:
    """The deployments that are bound to records.

    Args:
        standings: by the name of the deployment.
    """

    def __init__(self, standings: Mapping[str, Standing]) -> None:
        self.standings: Final = standings

    def proofs(self, deployments: Iterable[Deployment], now: datetime) -> Mapping[str, Proof]:
        """How those of the deployments stand that are bound to a record."""
        return {
            each.name: self.standings[each.name].proof(now)
            for each in deployments
            if each.name in self.standings
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
            return read(file.read(LONGEST + 1), trusted)
    except OSError as error:
        raise ConfigError([f"{record}: can't be read: {error.strerror}"]) from None


def _read(bound: Bound) -> tuple[Record | None, str]:
    """The record, or why there is none to believe."""
    try:
        return load(bound.record, bound.keys), ""
    except (ConfigError, Unproven) as error:
        return None, str(error)

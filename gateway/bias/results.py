"""The measurements of deployments, read again when their files change."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from gateway.bias.result_file import read
from gateway.errors import ConfigError
from gateway.policy.decide.facts import Bias
from gateway.settings.deployments import DeploymentSettings
from gateway.settings.files import Stamp, stamp


class Log(Protocol):
    """Receives a line for each file that can't be used."""

    def error(self, event: str, **fields: object) -> object: ...


class BiasResults:
    """The measurements that the configuration names.

    A file that is missing or can't be used is no measurement; policy decides what follows from that.

    Args:
        deployments: the configuration's.
        log: gets one line for each version of a file that can't be used.
    """

    def __init__(self, deployments: Mapping[str, DeploymentSettings], log: Log) -> None:
        self._files = {
            name: _File(settings.bias, name, settings, log)
            for name, settings in deployments.items()
            if settings.bias is not None
        }

    def of(self, names: Iterable[str]) -> dict[str, Bias]:
        """The measurements of these deployments that can be used now, by name."""
        found = {name: self._files[name].read() for name in names if name in self._files}
        return {name: bias for name, bias in found.items() if bias is not None}


class _File:
    def __init__(self, path: Path, name: str, settings: DeploymentSettings, log: Log) -> None:
        self._path = path
        self._name = name
        self._settings = settings
        self._log = log
        self._stamp: Stamp = None
        self._bias: Bias | None = None

    def read(self) -> Bias | None:
        now = stamp(self._path)
        if now != self._stamp:
            # Before loading: a file that can't be used is logged once, and not for every request.
            self._stamp = now
            self._bias = None if now is None else self._load()
        return self._bias

    def _load(self) -> Bias | None:
        try:
            return read(self._path, self._name, self._settings).bias()
        except ConfigError as error:
            self._log.error("bias_unusable", deployment=self._name, faults=list(error.faults))
            return None

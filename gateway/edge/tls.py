"""TLS of a port, whose files may be replaced while the gateway runs."""

import ssl
from typing import Any, Final, Self, TypeAlias

import structlog

from gateway.errors import ConfigError
from gateway.settings.files import Stamp, stamp
from gateway.settings.server import ListenTls

_Versions: TypeAlias = tuple[Stamp, ...]
_VERIFY: Final = {"required": ssl.CERT_REQUIRED, "optional": ssl.CERT_OPTIONAL}
"""In both modes, a certificate that a client presents must verify."""


class ServerTls(ssl.SSLContext):
    """A context that uses the current content of the files (certificate, key, CA) for each new connection.

    asyncio and uvloop both call ``wrap_bio`` for every connection. Unusable files (such as a certificate whose key has
    not been replaced yet) change nothing: the last valid ones stay in use, and one line is logged.
    """

    _settings: ListenTls
    _current: ssl.SSLContext
    _versions: _Versions

    @classmethod
    def of(cls, settings: ListenTls) -> Self:
        """The context of one port.

        Raises:
            ConfigError: the files can't be used.
        """
        context = cls(ssl.PROTOCOL_TLS_SERVER)
        context._settings = settings
        # Before loading, so that a change meanwhile is noticed.
        context._versions = _versions(settings)
        try:
            context._current = _load(settings)
        except OSError as error:
            raise ConfigError([f"tls: {settings.cert_file}: {_reason(error)}"]) from None
        return context

    def wrap_bio(self, *arguments: Any, **named: Any) -> ssl.SSLObject:
        """See :class:`ssl.SSLContext`; the files are checked for changes first."""
        # Three calls of stat for each connection: little beside a handshake.
        self._refresh()
        return self._current.wrap_bio(*arguments, **named)

    def _refresh(self) -> None:
        versions = _versions(self._settings)
        if versions == self._versions:
            return
        # Before loading: files that are unusable are logged once, not for every connection.
        self._versions = versions
        self._log_reload(self._reload())

    def _reload(self) -> str:
        """Load the files, and return what is wrong with them, or ``""``."""
        try:
            self._current = _load(self._settings)
        except OSError as error:
            return _reason(error)
        return ""

    def _log_reload(self, fault: str) -> None:
        log = structlog.get_logger()
        if fault:
            log.error("tls_files_unusable", reason=fault)
        else:
            log.info("tls_files_taken")


def _load(settings: ListenTls) -> ssl.SSLContext:
    # One new context for all files: certificate, key and CA change together or not at all.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])  # uvicorn does not implement HTTP/2
    context.load_cert_chain(settings.cert_file, settings.key_file, password=_no_passphrase)
    if settings.client_ca_file is not None:
        context.verify_mode = _VERIFY[settings.client_certificates]
        context.load_verify_locations(settings.client_ca_file)
    return context


def _no_passphrase() -> str:
    """Without this, OpenSSL would prompt on the terminal for the passphrase of an encrypted key."""
    return ""


def _versions(settings: ListenTls) -> _Versions:
    paths = (settings.cert_file, settings.key_file, settings.client_ca_file)
    return tuple(None if path is None else stamp(path) for path in paths)


def _reason(error: OSError) -> str:
    """What is wrong, without any content of the file."""
    reason = getattr(error, "reason", None) or error.strerror
    return f"can't be used: {reason or type(error).__name__}"

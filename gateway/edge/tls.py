"""TLS of a port, whose files may be replaced while it serves."""

import ssl
from typing import Any, Final, Self, TypeAlias

import structlog

from gateway.errors import ConfigError
from gateway.settings.files import Stamp, stamp
from gateway.settings.server import ListenTls

_Seen: TypeAlias = tuple[Stamp, ...]
_VERIFY: Final = {"required": ssl.CERT_REQUIRED, "optional": ssl.CERT_OPTIONAL}
"""A certificate that is shown is verified either way."""


class ServerTls(ssl.SSLContext):
    """A context that gives each new connection what the files hold then: certificate, key and the clients' CA together.

    asyncio and uvloop both ask ``wrap_bio`` for every connection. Files that can't be used (a certificate without its
    key yet, say) change nothing: the last good ones serve on, and one line in the log tells it.
    """

    _settings: ListenTls
    _current: ssl.SSLContext
    _seen: _Seen

    @classmethod
    def of(cls, settings: ListenTls) -> Self:
        """The context of one port.

        Raises:
            ConfigError: the files can't be used.
        """
        context = cls(ssl.PROTOCOL_TLS_SERVER)
        context._settings = settings
        context._seen = _seen(settings)
        try:
            context._current = _load(settings)
        except OSError as error:
            raise ConfigError([f"tls: {settings.cert_file}: {_reason(error)}"]) from None
        return context

    def wrap_bio(self, *arguments: Any, **named: Any) -> ssl.SSLObject:
        """As the library says, with the files of now."""
        self._refresh()
        return self._current.wrap_bio(*arguments, **named)

    def _refresh(self) -> None:
        seen = _seen(self._settings)
        if seen == self._seen:
            return
        self._seen = seen
        self._log_reload(self._reload())

    def _reload(self) -> str:
        """Take up the files; what is wrong with them, or ``""``."""
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
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(settings.cert_file, settings.key_file, password=_no_passphrase)
    if settings.client_ca_file is not None:
        context.verify_mode = _VERIFY[settings.client_certificates]
        context.load_verify_locations(settings.client_ca_file)
    return context


def _no_passphrase() -> str:
    """OpenSSL would ask the terminal for one."""
    return ""


def _seen(settings: ListenTls) -> _Seen:
    paths = (settings.cert_file, settings.key_file, settings.client_ca_file)
    return tuple(None if path is None else stamp(path) for path in paths)


def _reason(error: OSError) -> str:
    """What is wrong, without what the file holds."""
    reason = getattr(error, "reason", None) or error.strerror
    return f"can't be used: {reason or type(error).__name__}"

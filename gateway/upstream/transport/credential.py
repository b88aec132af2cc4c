"""A deployment's API key, read from its file again whenever the file changes."""

from pathlib import Path

from gateway.errors import UpstreamFailed


class Credential:
    """The key in a file, which may be replaced while the gateway runs.

    Args:
        path: the file, or ``None`` when the deployment needs no key.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._key: str | None = None

    def __repr__(self) -> str:  # the key must not be in logs or tracebacks
        return f"Credential({self._path})"

    def read(self) -> str | None:
        """The current key.

        Raises:
            UpstreamFailed: the file can't be read or holds no key.
        """
        if self._path is None:
            return None
        try:
            status = self._path.stat()
            # The inode too: a file that was renamed into place may have the same modification time.
            stamp = (status.st_mtime_ns, status.st_ino)
            if stamp != self._stamp:
                self._key, self._stamp = self._path.read_text(encoding="ascii").strip(), stamp
        except (OSError, UnicodeDecodeError):
            raise _no_key() from None
        # A control character would end the header and begin another.
        if not self._key or not self._key.isprintable():
            raise _no_key()
        return self._key


def _no_key() -> UpstreamFailed:
    return UpstreamFailed("The deployment's own credential can't be read.", fallback=True)

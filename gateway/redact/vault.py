"""The values of one request and the placeholders that stand for them."""

from collections.abc import Iterator

from gateway.redact.placeholder import LENGTH, LONGEST_DIGEST, digest, placeholder

LITERAL = "TEXT"
"""The entity of text that only looks like a placeholder: put back, but not a secret."""


class RequestVault:
    """Implements ``types.Vault`` for the scope of one request.

    Args:
        key: the tenant's placeholder key, 32 bytes.
        key_id: the key ring's id of it, for the record.
    """

    def __init__(self, key: bytes, key_id: str) -> None:
        self.key_id = key_id
        self._key = key
        self._placeholders: dict[str, str] = {}
        self._values: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"RequestVault({len(self._values)} values)"

    def put(self, entity: str, value: str) -> str:
        """The placeholder for ``value``: one per surface form, whatever entity it is called later."""
        known = self._placeholders.get(value)
        if known is not None:
            return known
        minted = self._mint(entity, value)
        self._placeholders[value] = minted
        self._values[minted] = value
        return minted

    def get(self, placeholder: str) -> str | None:
        """The value behind a placeholder that this vault minted, else ``None``."""
        return self._values.get(placeholder)

    def begins(self, text: str) -> bool:
        """Whether a placeholder that this vault minted begins with ``text``."""
        return any(minted.startswith(text) for minted in self._values)

    def values(self) -> Iterator[str]:
        """Every value that must not be on the wire: all but literal look-alikes."""
        prefix = f"[{LITERAL}_"
        return (value for minted, value in self._values.items() if not minted.startswith(prefix))

    def _mint(self, entity: str, value: str) -> str:
        digits = digest(self._key, value)
        for length in range(LENGTH, LONGEST_DIGEST + 1):
            minted = placeholder(entity, digits[:length])
            if minted not in self._values:
                return minted
        raise AssertionError("two values of one request share 65 bits of a keyed digest")

"""Where a stream of JSON text stands: inside a string or not."""


class JsonState:
    """Follows the quotes of JSON text (RFC 8259, section 7) fed piece by piece, split anywhere."""

    def __init__(self) -> None:
        self.inside = False
        self._escaped = False

    def advance(self, text: str) -> None:
        """Move past ``text``; afterwards ``inside`` says whether a string is open."""
        for character in text:
            if self._escaped:
                self._escaped = False
            elif character == "\\":
                self._escaped = self.inside
            elif character == '"':
                self.inside = not self.inside

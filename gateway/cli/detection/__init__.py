"""``sekisho scan`` and ``sekisho evaluate``: detection on files."""

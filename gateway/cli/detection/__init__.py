"""``sekisho scan`` and ``evaluate``: detection over files."""

"""``sekisho keys``: the key ring, and API keys for callers."""

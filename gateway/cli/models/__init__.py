"""``sekisho models``: list, probe, sign and verify."""

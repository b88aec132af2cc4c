"""Guarded connections: names, addresses, time-outs, credentials, and the framing of streams."""

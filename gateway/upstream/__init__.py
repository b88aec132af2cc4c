"""Sends requests to model servers. It is the only way to them, and accepts only a ``Cleared``."""

"""Callers who prove themselves by an API key."""

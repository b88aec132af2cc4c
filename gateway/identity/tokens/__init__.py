"""Callers and end users who prove themselves by a signed token."""

"""Callers who prove themselves by a client certificate, to us or to a proxy."""

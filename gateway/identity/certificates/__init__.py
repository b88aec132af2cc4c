"""Callers with client certificates, presented to our own listener or to a trusted proxy."""

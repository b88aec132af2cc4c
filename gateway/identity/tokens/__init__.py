"""Callers and end users identified by signed tokens."""

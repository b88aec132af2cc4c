"""Logs and metrics: what operators see. Neither ever holds user text."""

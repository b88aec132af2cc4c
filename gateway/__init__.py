"""Sekisho (関所, "checkpoint"): a security gateway in front of large language models."""

__version__ = "0.1.0"

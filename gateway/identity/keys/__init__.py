"""API keys of callers, and revocations."""

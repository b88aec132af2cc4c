"""Replaces sensitive values in a request, and restores them in the reply."""

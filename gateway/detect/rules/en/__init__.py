"""Rules for English text."""

"""Rules for Japanese text."""

"""Rules that need no network: one file per family, one folder per language."""

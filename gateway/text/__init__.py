"""Text as such: folding, decoding, occurrences of a value, JSON inside strings. Nothing here depends on requests."""

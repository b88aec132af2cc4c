"""Text itself: folding, occurrences of a value, JSON inside strings. Knows nothing of requests."""

"""State that replicas share: counters, revocations, distinct counts, encrypted entries."""

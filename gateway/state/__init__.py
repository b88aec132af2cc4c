"""What replicas share: counters, revocations, breakers, distinct counts, sealed entries."""

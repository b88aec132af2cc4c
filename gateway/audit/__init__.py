"""The audit log: an append-only Merkle tree of records that anyone can verify."""

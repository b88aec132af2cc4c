"""The audit log: what happened, in an append-only Merkle tree that anyone can check."""

"""Proofs over the log: the RFC 6962 tree, signed checkpoints, and what checks them from the file and public keys alone."""

"""The RFC 6962 tree of the log, signed checkpoints, and their verification from the file and public keys."""

"""From facts to a decision, and the permission to send that follows from it."""

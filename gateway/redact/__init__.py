"""Values out of a request, placeholders in, and the values back into the reply."""

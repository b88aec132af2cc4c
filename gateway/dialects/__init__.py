"""API dialects, one folder per vendor: requests are parsed, and replies and errors are written."""

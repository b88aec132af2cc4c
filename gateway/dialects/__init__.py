"""API dialects: how requests are read, and how replies and errors are written, vendor by vendor."""

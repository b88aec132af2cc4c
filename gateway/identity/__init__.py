"""Who is calling: credentials in, a ``Principal`` out."""

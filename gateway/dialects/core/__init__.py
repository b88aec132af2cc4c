"""What dialects are built from, and what vendors share, such as OpenAI's error object. Imports no vendor's dialect."""

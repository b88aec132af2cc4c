"""OpenAI's Responses API, and the replies kept for it."""

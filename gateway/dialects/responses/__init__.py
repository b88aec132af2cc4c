"""OpenAI's Responses API, and the replies stored for it."""

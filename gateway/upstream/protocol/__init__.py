"""What OpenAI-compatible servers say, and how it becomes events."""

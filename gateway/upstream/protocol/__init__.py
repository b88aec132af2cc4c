"""The protocol of OpenAI-compatible servers: requests, replies as events, failures, probes."""

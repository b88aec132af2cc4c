"""Texts, names and commands of the scenario. The files of 8218936 hold them, so none of them may change."""

from typing import Final

DESK_KEY: Final = "sk-for-tests-alone-0123456789"
"""The API key of an administrator, given in the environment."""
TEXT: Final = "Write to mari.suzuki@example.co.jp about the card 4111 1111 1111 1111."
EXPENSIVE: Final = "Hello"
"""The model server reports far more tokens for this text than were reserved."""
UNANSWERED: Final = "Wait for me."
"""The model server never answers this text."""
QUESTION: Final = "Who is it?"
INVENTED: Final = "Ask yuki.ito@example.org."
"""The answer to :data:`QUESTION`: an address that is not in the request."""
REASONING: Final = "step by step"
PROMPTS: Final = ("What is 0?", "What is 1?", "What is 2?")
"""As many as the model ``guarded`` allows one key."""

SORA: Final = "sora@example.com"
"""An end user."""
MARI: Final = "mari@example.com"
"""An end user, revoked by the name that she has in audit records."""
RIN: Final = "rin@example.com"
"""An end user and a caller, revoked as a subject."""
TOKEN_ID: Final = "7c1f0e52"
"""The ``jti`` of a token that is revoked."""

SEARCH: Final = ("audit", "search", "--limit", "1000")
REPLAY: Final = (
    *("policy", "replay", "--since", "2026-01-01", "--format", "json", "--fail-on", "none"),
    *("--store", "sqlite:///audit.db", "--baseline", "../policies/bundle.tar.gz"),
    *("--candidate", "../policies/candidate.tar.gz"),
)

"""Configurations for tests."""

from typing import Any

from gateway.settings.root import Settings


def document(
    *,
    folder: str = "/nonexistent",
    base_url: str = "http://127.0.0.1:9/v1",
    aliases: tuple[str, ...] = ("deepseek-reasoner",),
    more_deployments: dict[str, dict[str, Any]] | None = None,
    **sections: Any,
) -> dict[str, Any]:
    """A valid configuration with one in-house model; sections may be replaced."""
    deployments = {"r1-a": deployment(base_url), **(more_deployments or {})}
    return {
        "keys": {"ring_file": f"{folder}/ring.json"},
        "audit": {"store": f"sqlite:///{folder}/audit.db"},
        "identity": {
            "keys": [
                {"id": "billing", "key_env": "SEKISHO_TEST_KEY", "tenant": "acme", "app": "billing"}
            ]
        },
        "models": {"deepseek-r1": {"aliases": list(aliases), "deployments": list(deployments)}},
        "deployments": deployments,
        **sections,
    }


def deployment(base_url: str, **changes: Any) -> dict[str, Any]:
    """An in-house deployment."""
    return {
        "base_url": base_url,
        "model": "deepseek-r1",
        "operator": "self",
        "zone": "in-house",
        "datacentre": "JP",
        "weights": "deepseek-r1",
        **changes,
    }


def settings(**changes: Any) -> Settings:
    """The same as frozen settings; files are not looked for."""
    return Settings.model_validate(document(**changes))

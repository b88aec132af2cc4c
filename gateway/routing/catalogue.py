"""The models that callers may request, and the deployments that serve them."""

from dataclasses import dataclass
from typing import Final

from gateway.errors import ModelNotFound
from gateway.settings.root import Settings
from gateway.types import Deployment

CLOUD_NAMES: Final = (
    "deepseek-chat",
    "deepseek-reasoner",
    "deepseek-flash",
    "deepseek-v4-flash",
    "deepseek-v4-pro",
    "deepseek-coder",
    "deepseek-ai/DeepSeek-R1",
    "deepseek-ai/DeepSeek-R1-0528",
    "deepseek-ai/DeepSeek-R1-Zero",
    "deepseek-ai/DeepSeek-R1-0528-Qwen3-8B",
    "deepseek-ai/DeepSeek-R1-Distill-Llama-8B",
    "deepseek-ai/DeepSeek-R1-Distill-Llama-70B",
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B",
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B",
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-14B",
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-32B",
)
"""Names of the DeepSeek API and of its weights, which a model with ``deepseek_names`` answers to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """A model by its configured name, with its deployments in order of preference."""

    name: str
    deployments: tuple[Deployment, ...]


class Catalogue:
    """Resolves the names and aliases of the configuration, and no others."""

    def __init__(self, settings: Settings) -> None:
        self._entries: dict[str, ModelEntry] = {}
        for name, model in settings.models.items():
            deployments = tuple(settings.deployments[d].deployment(d) for d in model.deployments)
            entry = ModelEntry(name=name, deployments=deployments)
            self._entries |= dict.fromkeys((name, *model.aliases), entry)
        for name, model in settings.models.items():
            # After all configured names, which take precedence over the names of the cloud.
            for alias in CLOUD_NAMES if model.deepseek_names else ():
                self._entries.setdefault(alias, self._entries[name])

    def resolve(self, alias: str) -> ModelEntry:
        """The model of that exact name.

        Raises:
            ModelNotFound: no model has it; the message lists those that are configured.
        """
        # Nothing is folded, trimmed or split: a name that is almost that of a model must not reach another.
        entry = self._entries.get(alias)
        if entry is None:
            names = ", ".join(self._entries) or "none"
            raise ModelNotFound(
                f"No such model is configured here. Configured: {names}.", param="model"
            )
        return entry

    def deployments(self, name: str) -> tuple[Deployment, ...]:
        """The deployments of a model by its configured name; none for a name that no model has."""
        entry = self._entries.get(name)
        return () if entry is None else entry.deployments

    def models(self) -> tuple[str, ...]:
        """Every name and alias that callers may request."""
        return tuple(self._entries)

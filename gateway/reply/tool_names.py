"""The filter that holds the name of a tool until it is complete.

Whether the caller's values are restored in the arguments of a tool depends on its whole name, and clients join what they get of it.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from gateway.errors import UpstreamFailed
from gateway.reply.filters import WITHOUT_TEXT
from gateway.types import Event, ToolDelta

_MAX_NAME: Final = 1024
"""Characters of a name: it is held until it is complete. OpenAI permits 64."""
_Key: TypeAlias = tuple[int, int]
"""The choice and the part of a tool call."""


class ToolNameFilter:
    """Sends the beginning of each tool call as one event, with the call's id and its whole name and without arguments.

    A name is complete when arguments follow it or a later call of the choice, when the choice continues with something else, or when
    it ends. The arguments come in events of their own.

    Args:
        tools: the names of the tools that the caller declared.
    """

    def __init__(self, tools: Collection[str]) -> None:
        self._tools = tools
        self._held: dict[_Key, ToolDelta] = {}
        """The calls whose names may continue, in the order of their beginnings."""
        self._names: dict[_Key, str] = {}
        """The names that were sent."""

    def feed(self, event: Event) -> Sequence[Event]:
        """As :class:`gateway.reply.filters.Filter`.

        Raises:
            UpstreamFailed: a name continues after it was complete, or is too long.
        """
        if isinstance(event, ToolDelta):
            return self._tool(event)
        if not self._held or isinstance(event, WITHOUT_TEXT):
            return (event,)
        return (*self._released(event.choice), event)

    def flush(self) -> Sequence[Event]:
        """As :class:`gateway.reply.filters.Filter`."""
        choices = dict.fromkeys(choice for choice, _ in self._held)
        return [event for choice in choices for event in self._released(choice)]

    def _tool(self, event: ToolDelta) -> Sequence[Event]:
        key = (event.choice, event.part)
        if key in self._names:
            self._check_repetition(event, self._names[key])
        else:
            self._held[key] = self._joined(self._held.get(key), event)
        if not event.text:
            return ()
        arguments = replace(event, name=None, call_id=None)
        return (*self._released(event.choice, event.part), arguments)

    def _check_repetition(self, event: ToolDelta, name: str) -> None:
        if event.name not in (None, "", name):
            # Values may already be in arguments that now belong to another tool.
            raise UpstreamFailed(
                "The model server continued a tool's name after its arguments.", fallback=False
            )

    def _joined(self, held: ToolDelta | None, event: ToolDelta) -> ToolDelta:
        name = event.name if held is None else (held.name or "") + (event.name or "")
        if name is not None and len(name) > _MAX_NAME:
            raise UpstreamFailed(
                "The model server sent a tool's name that is too long.", fallback=True
            )
        if held is None:
            return replace(event, text="")
        # Some servers repeat the whole name in each delta.
        if event.name == held.name and name not in self._tools:
            name = held.name
        return replace(held, name=name or held.name, call_id=held.call_id or event.call_id)

    def _released(self, choice: int, last: int | None = None) -> list[Event]:
        """The calls of a choice that are held, up to the part ``last``: parts begin in the same order for the caller."""
        released: list[Event] = []
        keys = [key for key in self._held if key[0] == choice]
        if last is not None:
            keys = keys[: keys.index((choice, last)) + 1] if (choice, last) in self._held else []
        for key in keys:
            held = self._held.pop(key)
            self._names[key] = held.name or ""
            released.append(held)
        return released

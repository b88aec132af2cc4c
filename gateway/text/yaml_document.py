"""YAML documents whose every fault has a place: PyYAML's parts raise what Python's types raise, and it has no bound on nesting.

Used for each YAML file that a user writes, so that a wrong file is a fault with its line, and never an unexpected exception.
"""

from typing import Any, Final

import yaml

_DEEPEST: Final = 100
"""Levels of lists and mappings: far more than any file of ours has."""


class Loader(yaml.SafeLoader):
    """PyYAML's safe loader, which raises :class:`yaml.YAMLError` alone, and refuses a value that contains itself."""

    def __init__(self, stream: str | bytes) -> None:
        super().__init__(stream)
        # Values are made from the inside out, so that an alias of a surrounding value is found: such a value has no end.
        self.deep_construct = True
        self._depth = 0

    def get_single_node(self) -> yaml.Node | None:
        """The nodes of the one document."""
        try:
            return super().get_single_node()
        # The number of an escape may be beyond Unicode.
        except (ArithmeticError, RecursionError, ValueError) as error:
            fault = f"can't be parsed ({first_line(error)})"
            raise yaml.MarkedYAMLError(problem=fault, problem_mark=self.get_mark()) from None

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """The node of one value. A bound of our own: Python's differs between processes, and beyond it others may fail."""
        self._depth += 1
        if self._depth > _DEEPEST:
            fault = f"nested more than {_DEEPEST} deep"
            raise yaml.MarkedYAMLError(problem=fault, problem_mark=self.get_mark())
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        """The value of a node."""
        try:
            return super().construct_object(node, deep)
        except (
            ArithmeticError,
            AttributeError,
            LookupError,
            RecursionError,
            TypeError,
            ValueError,
        ) as error:
            fault = f"not a valid {node.tag.rpartition(':')[2]} ({first_line(error)})"
            raise yaml.MarkedYAMLError(problem=fault, problem_mark=node.start_mark) from None


def parse(text: str | bytes) -> Any:
    """The value of one document.

    Raises:
        yaml.YAMLError: it is not a valid document.
    """
    return yaml.load(text, Loader)  # noqa: S506  # a safe one


def first_line(error: Exception) -> str:
    """An error's message on one line, and bounded: YAML's messages quote the document."""
    return str(error).replace("\n", " ")[:200]

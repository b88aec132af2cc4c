"""The treatment of any entity: a table with exact names, prefixes and a default, as a mapping."""

from collections.abc import Iterator, Mapping

from gateway.types import Treatment


class Treatments(Mapping[str, Treatment]):
    """Looks an entity up: its exact name, else the longest prefix, else the default.

    Iteration gives the exact names only; every entity has a treatment.
    """

    def __init__(
        self,
        exact: Mapping[str, Treatment],
        prefixes: tuple[tuple[str, Treatment], ...],
        fallback: Treatment,
    ) -> None:
        self._exact = exact
        self._prefixes = sorted(prefixes, key=lambda row: -len(row[0]))
        self._fallback = fallback

    def __getitem__(self, entity: str) -> Treatment:
        if entity in self._exact:
            return self._exact[entity]
        for prefix, treatment in self._prefixes:
            if entity.startswith(prefix):
                return treatment
        return self._fallback

    def __iter__(self) -> Iterator[str]:
        return iter(self._exact)

    def __len__(self) -> int:
        return len(self._exact)

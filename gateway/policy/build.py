"""A policy revision is a build: validated rules and data in one OPA bundle.

The OPA server, the embedded engine, the tests and replay load the build and nothing else, so that no
engine can find another set of files in the same folder. The bundle's form is that of
https://www.openpolicyagent.org/docs/management-bundles; equal contents give equal bytes.
"""

import gzip
import hashlib
import io
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from gateway.errors import ConfigError
from gateway.policy.lint import call_faults, rule_faults
from gateway.policy.schemas import DOCUMENTS
from gateway.policy.source import Source, read
from gateway.types import Json

_SORTED = orjson.OPT_SORT_KEYS
_METADATA = "rule_metadata"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Build:
    """Rules by file name, and the one data document that they read. ``revision`` is a SHA-256, in hex.

    A build is compared by identity, so that what is derived from it can be remembered with it as the key.
    """

    revision: str
    modules: Mapping[str, str] = field(repr=False)
    data: Mapping[str, Json] = field(repr=False)

    def denied_hosts(self) -> tuple[str, ...]:
        """Host patterns of operators that are denied: the connector refuses them as well."""
        rows = self.data["operators"].values()
        return tuple(host for row in rows if row["status"] == "denied" for host in row["hosts"])


def load(path: Path) -> Build:
    """A build from a policy folder, or from a bundle that ``write`` made.

    Raises:
        ConfigError: with every fault found.
    """
    return build(path) if path.is_dir() else _open(path)


def build(folder: Path) -> Build:
    """Validate a policy folder and build it.

    Raises:
        ConfigError: with every fault found, as ``file:line: what was expected``.
    """
    source = read(folder)
    if not source.modules:
        source.faults.append(f"{folder}: holds no rules")
    source.faults += call_faults(source.modules)
    source.faults += rule_faults(source.modules, source.metadata)
    source.faults += _cross_faults(source)
    if source.faults:
        raise ConfigError(source.faults)
    documents = {**source.documents, "entities": _entities(source.documents["entities"])}
    return _revision(source.modules, {**documents, _METADATA: source.metadata})


def write(built: Build, path: Path) -> None:
    """Write the build as one OPA bundle."""
    files = {
        ".manifest": orjson.dumps({"revision": built.revision, "roots": [""]}, option=_SORTED),
        "data.json": orjson.dumps(built.data, option=_SORTED),
        **{name: text.encode() for name, text in built.modules.items()},
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in sorted(files.items()):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    path.write_bytes(gzip.compress(buffer.getvalue(), mtime=0))


def _open(path: Path) -> Build:
    try:
        with tarfile.open(path, "r:gz") as archive:
            files = {
                member.name: stream.read()
                for member in archive.getmembers()
                if (stream := archive.extractfile(member)) is not None
            }
        data = orjson.loads(files["data.json"])
        modules = {name: text.decode() for name, text in files.items() if name.endswith(".rego")}
        claimed = data.pop("sekisho_revision")
    except (
        OSError,
        EOFError,
        tarfile.TarError,
        zlib.error,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
    ):
        raise ConfigError(
            [f"{path}: not a policy build; make one with 'sekisho policy build'"]
        ) from None
    built = _revision(modules, data)
    if built.revision != claimed:
        raise ConfigError([f"{path}: its contents are not those of revision {claimed}"])
    missing = sorted({*DOCUMENTS, _METADATA} - built.data.keys())
    if missing:
        raise ConfigError([f"{path}: the data document {name} is missing" for name in missing])
    return built


def _revision(modules: Mapping[str, str], data: Mapping[str, Json]) -> Build:
    digest = hashlib.sha256()
    digest.update(orjson.dumps([sorted(modules.items()), data], option=_SORTED))
    revision = digest.hexdigest()
    return Build(
        revision=revision, modules=dict(modules), data={**data, "sekisho_revision": revision}
    )


def _cross_faults(source: Source) -> list[str]:
    licences = source.documents.get("licences")
    models = source.documents.get("models")
    if licences is None or models is None:
        return []
    return [
        f"models.yaml: {name}.licence: no row of licences.yaml is named {row['licence']!r}"
        for name, row in models.items()
        if row["licence"] not in licences
    ]


def _entities(document: Json) -> Json:
    """Rows completed from the default and sorted for look-up: exact names, prefixes (longest first), the rest."""
    return {
        "zones": document["zones"],
        **{
            column: {
                "exact": _completed(document, column, prefix=False),
                "prefixes": [
                    {"prefix": name.removesuffix("*"), "zones": zones}
                    for name, zones in sorted(
                        _completed(document, column, prefix=True).items(),
                        key=lambda item: (-len(item[0]), item[0]),
                    )
                ],
                "otherwise": document["default"][column],
            }
            for column in ("treatment", "output")
        },
    }


def _completed(document: Json, column: str, *, prefix: bool) -> dict[str, dict[str, str]]:
    return {
        name: {**document["default"][column], **row[column]}
        for name, row in document["entities"].items()
        if name.endswith("*") == prefix
    }

"""A build as one file: an OPA bundle, signed when a key is given.

The format is that of https://www.openpolicyagent.org/docs/management-bundles: a gzipped tar of the rules, one
``data.json``, ``.manifest`` and ``.signatures.json``. Equal contents give equal bytes,
except for signatures, which ECDSA and RSA-PSS randomise.
"""

import gzip
import io
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import orjson

from gateway.errors import ConfigError
from gateway.policy.compile.build import REVISION, Build, build, revision
from gateway.policy.compile.schemas import DOCUMENTS
from gateway.policy.compile.signatures import SIGNATURES, Signer, Verifier
from gateway.policy.compile.source import regular
from gateway.types import Json

MAX_BYTES: Final = 64 * 1024 * 1024
"""Bound on a bundle's contents once unpacked, against decompression bombs."""

_NEEDED: Final = (*DOCUMENTS, "packs", "rule_metadata", "modes")
_TESTS: Final = "tests.json"


def load(path: Path, verifier: Verifier | None = None) -> Build:
    """A build from a policy folder, or from a bundle that ``write`` made.

    Raises:
        ConfigError: with every fault found. A folder can't be signed, so it is refused where a signature
            is required.
    """
    if path.is_dir():
        if verifier is not None:
            raise ConfigError(
                [f"{path}: a signed bundle is required, and a folder has no signature"]
            )
        return build(path)
    try:
        content = regular(path).read_bytes()
    except OSError as error:
        raise ConfigError([f"{path}: can't be read: {error.strerror}"]) from None
    return unpack(content, str(path), verifier)


def write(built: Build, path: Path, signer: Signer | None = None) -> None:
    """Write the build as one OPA bundle."""
    path.write_bytes(pack(built, signer))


def pack(built: Build, signer: Signer | None = None) -> bytes:
    """The bundle of a build. It holds the tests in a file that OPA does not load, so that its reader can run them."""
    files = {
        ".manifest": _json({"revision": built.revision, "roots": [""]}),
        "data.json": _json(built.data),
        **{name: text.encode() for name, text in built.modules.items()},
    }
    if built.tests:
        files[_TESTS] = _json(built.tests)
    if signer is not None:
        files[SIGNATURES] = signer.sign(files)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in sorted(files.items()):
            # TarInfo's defaults are constants: no owner, time 0.
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    # No time stamps: equal contents give equal bytes.
    return gzip.compress(buffer.getvalue(), mtime=0)


def unpack(content: bytes, name: str, verifier: Verifier | None = None) -> Build:
    """The build in a bundle.

    Args:
        content: the file.
        name: its path or URL, for error messages.
        verifier: checks the signature, when one is required.

    Raises:
        ConfigError: it is not a bundle, its signature is missing or invalid, or its contents are not those of
            its revision.
    """
    files = _files(content, name)
    # First of all: nothing of an unsigned bundle is used.
    if verifier is not None:
        verifier.verify(files, name)
    try:
        data = orjson.loads(files["data.json"])
        modules = {n: text.decode() for n, text in files.items() if n.endswith(".rego")}
        tests = orjson.loads(files.get(_TESTS, b"{}"))
        claimed = data.pop(REVISION)
    # KeyError: a file or the revision is missing; the others: the data is no JSON object.
    except (KeyError, ValueError, TypeError, AttributeError):
        raise _not_a_build(name) from None
    # Recomputed, not trusted: decisions are recorded under the revision.
    built = revision(modules, data, tests)
    if built.revision != claimed:
        raise ConfigError([f"{name}: its contents are not those of revision {claimed}"])
    missing = [document for document in _NEEDED if document not in built.data]
    if missing:
        raise ConfigError(
            [f"{name}: the data document {document} is missing" for document in missing]
        )
    if not _well_formed(built):
        raise _not_a_build(name)
    return built


def _well_formed(built: Build) -> bool:
    """Whether what the gateway itself reads of a build has the form that ``build`` gives it."""
    try:
        built.denied_hosts()
        built.denied_providers()
    except (AttributeError, KeyError, TypeError):
        return False
    tests = built.tests
    return isinstance(tests, dict) and all(isinstance(text, str) for text in tests.values())


def _files(content: bytes, name: str) -> Mapping[str, bytes]:
    try:
        # One byte over the bound is enough to know that it is exceeded.
        plain = zlib.decompressobj(wbits=31).decompress(content, MAX_BYTES + 1)
        if len(plain) > MAX_BYTES:
            raise ConfigError([f"{name}: unpacks to more than {MAX_BYTES} bytes"])
        with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as archive:
            return {
                # `opa build` writes names with a leading slash, tar often with "./".
                member.name.removeprefix("./").removeprefix("/"): stream.read()
                for member in archive.getmembers()
                if (stream := archive.extractfile(member)) is not None
            }
    except (OSError, EOFError, tarfile.TarError, zlib.error, KeyError):
        raise _not_a_build(name) from None


def _not_a_build(name: str) -> ConfigError:
    return ConfigError([f"{name}: not a policy build; make one with 'sekisho policy build'"])


def _json(document: Json) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)

"""The content of a signed record: the weights by their digests, and claims about the deployment that serves them.

The payload is an in-toto Statement (https://github.com/in-toto/attestation/tree/main/spec/v1) with the predicate of
OpenSSF model-signing, ``https://model_signing/signature/v1.0``, whose verifiers ignore unknown fields.
Ours are in ``predicate.deployment``.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal, Self

import orjson
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from gateway.provenance.bundle import Keys, UntrustedRecord, strict_json, verify_bundle

_STATEMENT: Final = "https://in-toto.io/Statement/v1"
_PREDICATE: Final = "https://model_signing/signature/v1.0"


def _within(name: str) -> str:
    # Names are joined to a directory on this machine and printed: none may lead out of it or hold control characters.
    if {"", ".", ".."}.intersection(name.split("/")) or not name.isprintable():
        raise ValueError("not a plain path within the weights")
    return name


_Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Within = Annotated[str, AfterValidator(_within)]
_Text = Annotated[str, Field(min_length=1, max_length=1000)]
_Sha256 = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


class _Part(BaseModel):
    """A part of the statement. Unknown fields are ignored, as in-toto requires."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Claims(_Part):
    """The claims of a record beyond the digests; a claim that it does not make is ``None``.

    An unknown field is refused: it may be a claim that has to be compared.
    """

    model_config = ConfigDict(extra="forbid")

    expires: AwareDatetime | None = None
    """When the record ceases to be valid."""
    commit: _Text | None = None
    """The revision of the repository that the weights are from."""
    licence: _Text | None = None
    """The licence of the weights (SPDX)."""
    derived_from: _Text | None = None
    """The weights that these were made from, and the tool."""
    image: _Text | None = None
    """The digest of the server's container image."""
    model: _Text | None = None
    """The model's id in the server's list of models."""
    spki: Annotated[str, Field(pattern=r"^sha256/[A-Za-z0-9+/]{43}=$")] | None = None
    """The public key of the server's certificate, spelled as a pin (RFC 7469, 2.4)."""
    tokenizer: _Sha256 | None = None
    """Digest of the server's tokens of a fixed text: ``sha256:`` and hex."""
    fingerprint: _Sha256 | None = None
    """Digest of the server's greedy completion of a fixed prompt: ``sha256:`` and hex."""


class _Resource(_Part):
    name: _Within
    algorithm: Literal["sha256"]
    digest: _Hex


class Listing(_Part):
    """Which files of a directory are signed: whether links to files are, and the paths that are left out."""

    method: Literal["files"] = "files"
    hash_type: Literal["sha256"] = "sha256"
    allow_symlinks: bool = False
    ignore_paths: tuple[_Within, ...] = ()

    def ignores(self, name: str) -> bool:
        """Whether a path, or a directory above it, is left out."""
        return any(name == path or name.startswith(f"{path}/") for path in self.ignore_paths)


class _Predicate(_Part):
    serialization: Listing
    resources: tuple[_Resource, ...] = Field(min_length=1)
    deployment: Claims = Claims()


class _Digest(_Part):
    sha256: _Hex


class _Subject(_Part):
    name: str
    digest: _Digest


class _Statement(_Part):
    kind: Literal["https://in-toto.io/Statement/v1"] = Field(alias="_type")
    # A tuple of one: with several subjects, it would be unclear which digest was signed.
    subject: tuple[_Subject] = Field()
    predicate_type: Literal["https://model_signing/signature/v1.0"] = Field(alias="predicateType")
    predicate: _Predicate

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        resources = self.predicate.resources
        if len({resource.name for resource in resources}) != len(resources):
            raise ValueError("a file is listed twice")
        if _root(resource.digest for resource in resources) != self.subject[0].digest.sha256:
            raise ValueError("the root digest does not match the files")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record that a trusted key signed.

    ``manifest`` is ``sha256:`` and the digest over the digests of all files; ``files`` are those, in hex, by path.
    """

    name: str
    manifest: str
    files: Mapping[str, str]
    listing: Listing
    claims: Claims

    def expired(self, now: datetime) -> bool:
        """Whether it has ceased to be valid."""
        return self.claims.expires is not None and now >= self.claims.expires


def read(bundle: bytes, keys: Keys) -> Record:
    """The record in a bundle that one of the keys signed; the caller checks whether it has expired.

    Raises:
        UntrustedRecord: it is not signed by one of the keys, or not of this format.
    """
    document = strict_json(verify_bundle(bundle, keys))
    try:
        parsed = _Statement.model_validate(document)
    except ValidationError as error:
        raise UntrustedRecord(_fault(error)) from None
    return Record(
        name=parsed.subject[0].name,
        manifest=f"sha256:{parsed.subject[0].digest.sha256}",
        files={resource.name: resource.digest for resource in parsed.predicate.resources},
        listing=parsed.predicate.serialization,
        claims=parsed.predicate.deployment,
    )


def statement(name: str, files: Mapping[str, str], listing: Listing, claims: Claims) -> bytes:
    """The payload to be signed.

    Args:
        name: the name of the weights.
        files: SHA-256, in hex, by path within the weights.
        listing: how they were listed.
        claims: the claims beyond the digests.
    """
    # model-signing orders files by the parts of their paths, and its root digest depends on the order.
    paths = sorted(files, key=lambda path: path.split("/"))
    stated = claims.model_dump(mode="json", exclude_none=True)
    return orjson.dumps(
        {
            "_type": _STATEMENT,
            "subject": [{"name": name, "digest": {"sha256": _root(files[path] for path in paths)}}],
            "predicateType": _PREDICATE,
            "predicate": {
                "serialization": listing.model_dump(mode="json"),
                "resources": [
                    {"name": path, "algorithm": "sha256", "digest": files[path]} for path in paths
                ],
                "deployment": stated,
            },
        }
    )


def _root(digests: Iterable[str]) -> str:
    """SHA-256 over the bytes of all digests, in their order."""
    return hashlib.sha256(b"".join(bytes.fromhex(digest) for digest in digests)).hexdigest()


def _fault(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(step) for step in first["loc"]) or "the statement"
    return f"{where}: {first['msg'].removeprefix('Value error, ')}"

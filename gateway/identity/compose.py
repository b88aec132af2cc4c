"""Builds the authenticator that the configuration describes."""

from collections.abc import Mapping

import structlog

from gateway.background import Background
from gateway.identity.authenticator import Authenticator
from gateway.identity.certificates.client_certificates import ClientCertificates
from gateway.identity.keys.api_keys import ApiKeys
from gateway.identity.keys.key_file import KeyFile
from gateway.identity.keys.revocations import Revocations
from gateway.identity.lockout import Lockout
from gateway.identity.tokens.claims import Claims
from gateway.identity.tokens.issuer import Issuer
from gateway.identity.tokens.on_behalf_of import EndUsers
from gateway.identity.tokens.subjects import subject_key
from gateway.identity.tokens.verifier import TokenVerifier
from gateway.keys import KeyRing
from gateway.settings.identity import Oidc
from gateway.settings.root import Settings
from gateway.state.base import State
from gateway.types import Principal


def authenticator(
    settings: Settings,
    ring: KeyRing,
    environ: Mapping[str, str],
    state: State,
    background: Background | None = None,
) -> Authenticator:
    """The authenticator of one gateway process, not yet started.

    Raises:
        ConfigError: the key file can't be read.
    """
    identity = settings.identity
    file = KeyFile(identity.keys_file, ring) if identity.keys_file else None
    revocations = Revocations(
        state,
        file,
        stale_seconds=settings.state.stale_seconds,
        log=structlog.get_logger(),
        background=background,
    )
    return Authenticator(
        ApiKeys(identity.keys, environ=environ, hash_key=ring.derive("", "credential")),
        file=file,
        tokens=_tokens(identity.oidc, ring, background) if identity.oidc else None,
        certificates=ClientCertificates(identity.certificates) if identity.certificates else None,
        users=EndUsers(identity.on_behalf_of, ring, background),
        revocations=revocations,
        lockout=Lockout(identity.lockout.failures, identity.lockout.seconds),
    )


def _tokens(oidc: Oidc, ring: KeyRing, background: Background | None) -> TokenVerifier[Principal]:
    issuer = Issuer(oidc, background=background)
    return TokenVerifier(oidc, issuer, read=Claims(oidc, subject_key(ring)).principal)

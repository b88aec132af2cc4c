"""Every way to prove who calls, as the configuration names them."""

from collections.abc import Mapping

import structlog

from gateway.identity.authenticator import Authenticator
from gateway.identity.certificates.certificates import Certificates
from gateway.identity.keys.api_keys import ApiKeys
from gateway.identity.keys.key_file import KeyFile
from gateway.identity.keys.revocations import Revocations
from gateway.identity.lockout import Lockout
from gateway.identity.tokens.claims import Claims
from gateway.identity.tokens.issuer import Issuer
from gateway.identity.tokens.on_behalf_of import Users
from gateway.identity.tokens.subjects import subject_key
from gateway.identity.tokens.tokens import Tokens
from gateway.keys import KeyRing
from gateway.settings.identity import Oidc
from gateway.settings.root import Settings
from gateway.state.base import State
from gateway.types import Principal


def authenticator(
    settings: Settings, ring: KeyRing, environ: Mapping[str, str], state: State
) -> Authenticator:
    """The authenticator of one gateway process, not yet started.

    Raises:
        ConfigError: the key file can't be read.
    """
    named = settings.identity
    file = KeyFile(named.keys_file, ring) if named.keys_file else None
    revocations = Revocations(
        state, file, stale_seconds=settings.state.stale_seconds, log=structlog.get_logger()
    )
    return Authenticator(
        ApiKeys(named.keys, environ=environ, hash_key=ring.derive("", "credential")),
        file=file,
        tokens=_tokens(named.oidc, ring) if named.oidc else None,
        certificates=Certificates(named.certificates) if named.certificates else None,
        users=Users(named.on_behalf_of, ring),
        revocations=revocations,
        lockout=Lockout(named.lockout.failures, named.lockout.seconds),
    )


def _tokens(oidc: Oidc, ring: KeyRing) -> Tokens[Principal]:
    return Tokens(oidc, Issuer(oidc), read=Claims(oidc, subject_key(ring)).principal)

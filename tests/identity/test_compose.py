"""The authenticator that a configuration asks for."""

from pathlib import Path

import pytest

from gateway.errors import ConfigError, InvalidKey
from gateway.identity.compose import authenticator
from gateway.identity.credential import Peer
from gateway.keys import KeyRing
from gateway.settings.root import Settings
from gateway.state.memory import MemoryState
from tests.parts.configuration import document
from tests.parts.gateways import KEY

RING = KeyRing.new()


async def test_only_what_is_configured_proves_anything() -> None:
    settings = Settings.model_validate(document())
    made = authenticator(settings, RING, {"SEKISHO_TEST_KEY": KEY}, MemoryState())
    peer = Peer(address="::1", certificate="of nobody")
    principal = await made.authenticate([(b"x-api-key", KEY.encode())], peer)
    assert (principal.tenant, principal.app) == ("acme", "billing")
    assert await made.on_behalf(principal, []) == principal
    for headers in ([], [(b"x-api-key", b"e30.e30.e30")]):
        with pytest.raises(InvalidKey):
            await made.authenticate(headers, peer)


def test_a_key_file_that_can_not_be_read_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text("{")
    settings = Settings.model_validate(document(identity={"keys_file": str(path)}))
    with pytest.raises(ConfigError, match="not a key file"):
        authenticator(settings, RING, {}, MemoryState())

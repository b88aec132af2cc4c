"""TLS of a port: real handshakes, over the event loop that serves, while files are replaced."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import uvloop
from cryptography.x509.oid import ExtendedKeyUsageOID
from pydantic import ValidationError

from gateway.edge.tls import ServerTls
from gateway.errors import ConfigError
from gateway.settings.server import ListenTls
from tests.parts.certificates import Authority, Issued


@asynccontextmanager
async def echoing(context: ssl.SSLContext) -> AsyncIterator[int]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def served_by(port: int, ca: Authority, client: Issued | None = None) -> bytes:
    """The certificate that a new connection receives, once a line went there and back."""
    context = ssl.create_default_context(cafile=str(ca.ca_file))
    if client is not None:
        context.load_cert_chain(client.cert_file, client.key_file)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    try:
        writer.write(b"hello\n")
        if await reader.readline() != b"hello\n":
            raise ConnectionResetError
        certificate: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return certificate
    finally:
        writer.close()


def place(issued: Issued, folder: Path) -> ListenTls:
    """Put a certificate and its key where the port looks, one after the other."""
    tls = ListenTls(cert_file=folder / "tls.crt", key_file=folder / "tls.key")
    tls.cert_file.write_bytes(issued.cert_file.read_bytes())
    tls.key_file.write_bytes(issued.key_file.read_bytes())
    return tls


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_new_certificate_is_used_for_the_next_connection(tmp_path: Path, loop: object) -> None:
    async def story() -> None:
        ca = Authority(tmp_path)
        one, two = ca.issue("one", "127.0.0.1"), ca.issue("two", "127.0.0.1")
        tls = place(one, tmp_path)
        async with echoing(ServerTls.of(tls)) as port:
            assert await served_by(port, ca) == one.der
            tls.cert_file.write_bytes(two.cert_file.read_bytes())
            # Its key is not there yet: the last good pair serves on.
            assert await served_by(port, ca) == one.der
            tls.key_file.write_bytes(two.key_file.read_bytes())
            assert await served_by(port, ca) == two.der
            tls.cert_file.unlink()
            assert await served_by(port, ca) == two.der

    with asyncio.Runner(loop_factory=loop) as runner:  # type: ignore[arg-type]
        runner.run(story())


async def test_only_clients_of_the_ca_connect_and_the_ca_may_change(tmp_path: Path) -> None:
    ca, other = Authority(tmp_path), Authority(tmp_path, "another authority")
    mine, foreign = ca.issue("mine"), other.issue("foreign")
    trusted = tmp_path / "clients.pem"
    trusted.write_bytes(ca.ca_file.read_bytes())
    tls = place(ca.issue("server", "127.0.0.1"), tmp_path)
    tls = tls.model_copy(update={"client_ca_file": trusted})
    async with echoing(ServerTls.of(tls)) as port:
        await served_by(port, ca, mine)
        for stranger in (None, foreign):
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await served_by(port, ca, stranger)
        trusted.write_bytes(other.ca_file.read_bytes())
        await served_by(port, ca, foreign)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await served_by(port, ca, mine)


async def test_old_versions_are_refused(tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    async with echoing(ServerTls.of(place(ca.issue("one", "127.0.0.1"), tmp_path))) as port:
        context = ssl.create_default_context(cafile=str(ca.ca_file))
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.open_connection("127.0.0.1", port, ssl=context)


@pytest.mark.parametrize("broken", ["cert_file", "key_file"])
def test_files_that_can_not_be_used_are_reported_at_the_start(tmp_path: Path, broken: str) -> None:
    tls = place(Authority(tmp_path).issue("one"), tmp_path)
    getattr(tls, broken).write_text("nothing")
    with pytest.raises(ConfigError, match="can't be used"):
        ServerTls.of(tls)


async def test_certificates_of_clients_may_be_optional_and_are_verified_all_the_same(
    tmp_path: Path,
) -> None:
    ca, other = Authority(tmp_path), Authority(tmp_path, "another authority")
    tls = place(ca.issue("server", "127.0.0.1"), tmp_path)
    tls = tls.model_copy(update={"client_ca_file": ca.ca_file, "client_certificates": "optional"})
    server_only = ca.issue("server-only", usage=[ExtendedKeyUsageOID.SERVER_AUTH])
    async with echoing(ServerTls.of(tls)) as port:
        for client in (None, ca.issue("mine")):
            await served_by(port, ca, client)
        expired = ca.issue("expired", good_for=timedelta(seconds=-1))
        for stranger in (other.issue("foreign"), expired, server_only):
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await served_by(port, ca, stranger)


def test_no_certificate_is_requested_without_a_ca() -> None:
    files = {"cert_file": "a", "key_file": "b", "client_certificates": "optional"}
    with pytest.raises(ValidationError, match="client_ca_file"):
        ListenTls.model_validate(files)

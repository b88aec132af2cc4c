"""What each act does, and that nobody sees or changes what is another tenant's."""

import asyncio
import time
from pathlib import Path

from gateway.errors import InvalidKey
from gateway.identity.credential import Peer
from tests.parts.admin import AdminClient, admin_client


async def proven(admin: AdminClient, key: str) -> str:
    principal = await admin.gateway.pipeline.identity.authenticate(
        [(b"x-api-key", key.encode())], Peer(address="::1")
    )
    assert not principal.roles
    return f"{principal.tenant}/{principal.app}"


async def test_a_key_is_made_listed_used_and_revoked_by_its_own_tenant(tmp_path: Path) -> None:
    async with admin_client(tmp_path) as admin:
        new = {"id": "portal", "tenant": "acme", "app": "portal", "days": 3}
        made = (await admin.ask("key-admin-acme", "POST", "/keys", new)).json()
        again = await admin.ask("key-admin-acme", "POST", "/keys", new)
        assert again.json()["error"]["message"] == "A key with that id exists already."
        listed = [
            [row["id"] for row in (await admin.ask(who, "GET", "/keys")).json()["keys"]]
            for who in ("key-admin-acme", "key-admin-globex", "key-admin-all")
        ]
        assert listed == [["portal"], [], ["portal"]]
        async with asyncio.timeout(10):
            while not admin.gateway.pipeline.identity._file.knows(made["row"]["prefix"]):  # type: ignore[union-attr]
                await asyncio.sleep(0.02)
        assert await proven(admin, made["key"]) == "acme/portal"
        gone = await admin.ask("key-admin-acme", "POST", "/keys/portal/revoke")
        assert gone.json() == {"id": "portal", "prefixes": [made["row"]["prefix"]]}
        async with asyncio.timeout(10):
            while True:
                try:
                    await proven(admin, made["key"])
                except InvalidKey:
                    break
                await asyncio.sleep(0.02)
        tenants = {row["tenant"] for row in admin.records(code=None) if row["target"] == "portal"}
        assert tenants == {"acme"}
        assert made["key"].encode() not in (tmp_path / "audit.db").read_bytes()


async def test_a_subject_is_revoked_for_one_tenant_or_for_all(tmp_path: Path) -> None:
    async with admin_client(tmp_path) as admin:
        mine = {"tenant": "acme", "subject": "kenji@example.com"}
        name = (await admin.ask("key-admin-acme", "POST", "/revocations", mine)).json()["name"]
        everywhere = {"token": "t1"}
        for who, status in (("key-admin-acme", 403), ("key-admin-all", 200)):
            reply = await admin.ask(who, "POST", "/revocations", everywhere)
            assert reply.status_code == status
        lost = {"tenant": "acme", "certificate": ":".join(["AB"] * 32)}
        assert (await admin.ask("key-admin-acme", "POST", "/revocations", lost)).is_success
        revocations = await admin.gateway.state.revocations()
        assert set(revocations) == {f"acme/{name}", "token:t1", "acme/cert:" + "ab" * 32}
        assert min(revocations.values()) > time.time() + 86_400
        assert b"kenji" not in (tmp_path / "audit.db").read_bytes()


async def test_an_auditor_finds_the_records_of_its_tenants_alone(tmp_path: Path) -> None:
    async with admin_client(tmp_path) as admin:
        ids = {}
        for tenant in ("acme", "globex"):
            new = {"id": tenant, "tenant": tenant, "app": "portal"}
            made = await admin.ask("key-admin-all", "POST", "/keys", new)
            ids[tenant] = made.headers["x-request-id"]
        for who, own, other in (("acme", "acme", "globex"), ("globex", "globex", "acme")):
            auditor = f"auditor-{who}"
            found = (await admin.ask(auditor, "GET", "/audit/records")).json()["records"]
            assert {row["tenant"] for row in found} == {own}
            assert (await admin.ask(auditor, "GET", f"/audit/requests/{ids[own]}")).is_success
            for path in (f"/audit/requests/{ids[other]}", "/audit/requests/' OR 1=1 --"):
                assert (await admin.ask(auditor, "GET", path)).status_code == 404
            hidden = await admin.ask(auditor, "GET", "/audit/records", request_id=ids[other])
            assert hidden.json()["records"] == []
        everything = (await admin.ask("auditor-all", "GET", "/audit/records", kind="admin")).json()
        assert {"acme", "globex"} <= {row["tenant"] for row in everything["records"]}


async def test_a_drained_deployment_gets_nothing_until_it_is_resumed(tmp_path: Path) -> None:
    async with admin_client(tmp_path) as admin:
        slot = admin.gateway.pipeline.router.slots["r1-a"]
        for verb, state in (("drain", "draining"), ("resume", "up")):
            reply = await admin.ask("operator-all", "POST", f"/deployments/r1-a/{verb}")
            assert reply.json() == {"r1-a": {"state": state, "under_way": 0}}
            assert slot.health.available() is (state == "up")
        assert (await admin.ask("operator-all", "POST", "/deployments/x/drain")).status_code == 404


async def test_the_policy_reports_its_revision_and_can_be_reloaded(tmp_path: Path) -> None:
    async with admin_client(tmp_path) as admin:
        status = (await admin.ask("policy-editor-all", "GET", "/policy")).json()
        live = admin.gateway.pipeline.policy.current.build.revision
        assert status == {"live": live, "candidate": None}
        reply = await admin.ask("policy-editor-all", "POST", "/policy/reload")
        assert reply.json() == {"asked": True}

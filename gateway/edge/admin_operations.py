"""The operations of the admin API. Authorisation has been decided before they run."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field, ValidationError

from gateway import timeouts
from gateway.audit.canonical import MalformedRecord
from gateway.audit.search import Query, facts_in, search_all
from gateway.audit.store import StoreError, log_files
from gateway.edge.admin_api import AdminRequest, Handler, Operation
from gateway.errors import (
    AuditUnavailable,
    ConfigError,
    IdentityUnavailable,
    InvalidRequest,
    NotFound,
)
from gateway.identity.certificates.client_certificates import certificate_name
from gateway.identity.keys.key_file import Row, edit_rows, mark_revoked, mint, public_view, read
from gateway.identity.roles import permitted_tenants
from gateway.identity.tokens.subjects import revoked_name, user_names
from gateway.identity.tokens.verifier import token_name
from gateway.keys import KeyRing
from gateway.policy.decide.live import LivePolicy
from gateway.routing.router import Deployments
from gateway.settings.identity import Identity
from gateway.settings.section import Name, Section
from gateway.state.base import State

_MOST_RECORDS = 1000
_T = TypeVar("_T", bound=Section)


class _Search(Section):
    since: datetime | None = None
    until: datetime | None = None
    kind: str | None = None
    tenant: Name | None = None
    app: str | None = None
    user: str | None = Field(None, min_length=1)
    request_id: str | None = None
    model: str | None = None
    deployment: str | None = None
    outcome: str | None = None
    code: str | None = None
    reason: str | None = None
    entity: str | None = None
    limit: int = Field(100, ge=1, le=_MOST_RECORDS)


class _Nothing(Section):
    pass


class _NewKey(Section):
    id: Name
    tenant: Name
    app: Name
    groups: tuple[Name, ...] = ()
    days: int | None = Field(None, ge=1, le=36_500)


class _Revocation(Section):
    tenant: Name | None = None
    subject: str | None = Field(None, min_length=1)
    token: str | None = Field(None, min_length=1)
    certificate: str | None = Field(None, pattern=r"^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$")

    def name(self, ring: KeyRing) -> str | None:
        """The name of the one that is given, as used in revocations; ``None`` unless exactly one is given."""
        names = [
            self.subject and revoked_name(ring, self.subject),
            self.token and token_name(self.token),
            self.certificate and certificate_name(self.certificate),
        ]
        arguments = [name for name in names if name]
        return arguments[0] if len(arguments) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminOperations:
    """The operations, and the parts of the gateway that they use."""

    store: Path
    identity: Identity
    ring: KeyRing
    state: State
    policy: LivePolicy
    candidate: LivePolicy | None
    deployments: Deployments
    refresh: Callable[[], None]

    def table(self) -> Mapping[str, Handler]:
        """The handler of each operation."""
        return {
            "audit.search": self._search,
            "audit.show": self._show,
            "keys.list": self._keys,
            "keys.create": self._create,
            "keys.revoke": self._revoke,
            "tokens.revoke": self._revoke_token,
            "policy.status": self._policy,
            "policy.reload": self._reload,
            "deployments.list": self._deployments,
            "deployments.drain": lambda request: self._drain(request, on=True),
            "deployments.resume": lambda request: self._drain(request, on=False),
        }

    def _search(self, request: AdminRequest) -> Operation:
        query = _read(_Search, request)
        tenants = permitted_tenants(request.principal)

        async def run() -> Any:
            filters = query.model_dump(exclude={"user"})
            users = self._users(query)
            return {"records": await self._found(Query(**filters, users=users, tenants=tenants))}

        return Operation(tenant=query.tenant or _audit_tenant(request), run=run)

    def _users(self, query: _Search) -> frozenset[str] | None:
        if query.user is None:
            return None
        known = {row.tenant for row in self.identity.on_behalf_of}
        return user_names(self.ring, {query.tenant} if query.tenant else known, query.user)

    def _show(self, request: AdminRequest) -> Operation:
        _read(_Nothing, request)

        async def run() -> Any:
            query = Query(
                request_id=request.name,
                tenants=permitted_tenants(request.principal),
                limit=_MOST_RECORDS,
            )
            records = (await self._found(query))[::-1]  # oldest first
            if not records:
                raise NotFound("There is no record of this request.")
            names = {record["facts_hash"] for record in records if record["facts_hash"]}
            paths = log_files(self.store)
            documents = {name: await asyncio.to_thread(facts_in, paths, name) for name in names}
            return {"records": records, "facts": documents}

        return Operation(tenant=_audit_tenant(request), target=request.name, run=run)

    async def _found(self, query: Query) -> list[dict[str, Any]]:
        try:
            return await asyncio.to_thread(search_all, log_files(self.store), query)
        except (StoreError, MalformedRecord):
            raise AuditUnavailable("The audit log can't be read now. Try again later.") from None

    def _keys(self, request: AdminRequest) -> Operation:
        _read(_Nothing, request)

        async def run() -> Any:
            rows = await _on_file(lambda: read(self._path()))
            return {"keys": [public_view(row) for row in rows if _can_access(request, row.tenant)]}

        return Operation(tenant=_audit_tenant(request), run=run)

    def _create(self, request: AdminRequest) -> Operation:
        """Create a key. It has no roles: only the configuration and the command line grant roles."""
        body = _read(_NewKey, request)

        def add() -> dict[str, Any]:
            with edit_rows(self._path()) as rows:
                # Under the lock of the file: two requests must not create keys of one id.
                if body.id in {row.id for row in rows} | self._configured().keys():
                    raise InvalidRequest("A key with that id exists already.", param="id")
                key, row = self._mint(body)
                rows.append(row)
            return {"key": key, "row": public_view(row)}

        return Operation(
            tenant=body.tenant, target=body.id, changes=True, run=lambda: _on_file(add)
        )

    def _mint(self, body: _NewKey) -> tuple[str, Row]:
        now = datetime.now(UTC).replace(microsecond=0)
        return mint(
            self.ring,
            key_id=body.id,
            tenant=body.tenant,
            app=body.app,
            groups=body.groups,
            expires=None if body.days is None else now + timedelta(days=body.days),
        )

    def _revoke(self, request: AdminRequest) -> Operation:
        _read(_Nothing, request)
        key_id, tenant = request.name, self._tenant_of(request.name)
        if tenant is None or not _can_access(request, tenant):
            # The same answer for another tenant's key, so that ids of other tenants can't be tested here.
            raise NotFound("There is no key with that id.")

        async def run() -> Any:
            prefixes: list[str] = []
            if self.identity.keys_file is not None:
                # The file first: if it can't be written, the operation fails
                # before anything has changed.
                prefixes = await _on_file(lambda: self._mark(key_id))
            # The id as well: a configured key has no prefix in the file.
            for name in (key_id, *prefixes):
                await self.state.revoke(name, time.time() + timeouts.REVOKED_FOREVER)
            return {"id": key_id, "prefixes": prefixes}

        return Operation(tenant=tenant, target=key_id, changes=True, run=run)

    def _mark(self, key_id: str) -> list[str]:
        with edit_rows(self._path()) as rows:
            return mark_revoked(rows, key_id)

    def _configured(self) -> dict[str, str]:
        """The tenants of configured callers, by the caller's id."""
        return {caller.id: caller.tenant for caller in self.identity.callers().values()}

    def _tenant_of(self, key_id: str) -> str | None:
        """The tenant of a key; an id belongs to one tenant only."""
        tenants = self._configured()
        if self.identity.keys_file is not None:
            tenants |= {row.id: row.tenant for row in _rows(self.identity.keys_file)}
        return tenants.get(key_id)

    def _revoke_token(self, request: AdminRequest) -> Operation:
        """Revoke a subject, a token or a certificate, for every tenant or for one."""
        body = _read(_Revocation, request)
        name = body.name(self.ring)
        if name is None:
            raise InvalidRequest("Give exactly one of subject, token and certificate.")
        scoped = f"{body.tenant}/{name}" if body.tenant else name

        async def run() -> Any:
            await self.state.revoke(scoped, time.time() + timeouts.REVOKED_FOREVER)
            return {"name": name, "tenant": body.tenant}

        return Operation(tenant=body.tenant, target=name, changes=True, run=run)

    def _policy(self, request: AdminRequest) -> Operation:
        _read(_Nothing, request)

        async def run() -> Any:
            candidate = self.candidate.current.build.revision if self.candidate else None
            return {"live": self.policy.current.build.revision, "candidate": candidate}

        return Operation(tenant=None, run=run)

    def _reload(self, request: AdminRequest) -> Operation:
        _read(_Nothing, request)

        async def run() -> Any:
            self.refresh()
            return {"asked": True}

        return Operation(tenant=None, changes=True, run=run)

    def _deployments(self, request: AdminRequest) -> Operation:
        _read(_Nothing, request)

        async def run() -> Any:
            return {"deployments": await self.deployments.status()}

        return Operation(tenant=None, run=run)

    def _drain(self, request: AdminRequest, *, on: bool) -> Operation:
        _read(_Nothing, request)

        async def run() -> Any:
            await self.deployments.drain(request.name, on=on)
            return {request.name: (await self.deployments.status())[request.name]}

        return Operation(tenant=None, target=request.name, changes=True, run=run)

    def _path(self) -> Path:
        if self.identity.keys_file is None:
            raise NotFound("identity.keys_file is not set: this gateway stores no keys.")
        return self.identity.keys_file


def _read(form: type[_T], request: AdminRequest) -> _T:
    try:
        return form.model_validate(request.arguments)
    except ValidationError as error:
        faulty = {str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}
        names = ", ".join(sorted(faulty & form.model_fields.keys())) or "other parameters"
        known = ", ".join(form.model_fields) or "none"
        # Only names of our own parameters are quoted: the others are the caller's text.
        raise InvalidRequest(
            f"Missing, malformed or unknown: {names}. Parameters: {known}."
        ) from None


def _rows(path: Path) -> Collection[Row]:
    try:
        return read(path)
    except ConfigError:
        raise _no_file() from None


async def _on_file(work: Callable[[], Any]) -> Any:
    """Use the key file, in a thread: reading, locking and syncing block."""
    try:
        return await asyncio.to_thread(work)
    except ConfigError:
        raise _no_file() from None


def _no_file() -> IdentityUnavailable:
    return IdentityUnavailable("The key file can't be read or written now.")


def _audit_tenant(request: AdminRequest) -> str:
    """The tenant under which an operation across tenants is recorded."""
    permitted = permitted_tenants(request.principal)
    own = request.principal.tenant
    # min: any of its tenants will do, but always the same one.
    return own if permitted is None or own in permitted else min(permitted)


def _can_access(request: AdminRequest, tenant: str) -> bool:
    permitted = permitted_tenants(request.principal)
    return permitted is None or tenant in permitted

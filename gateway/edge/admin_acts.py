"""What each act of the admin API does, over the parts that exist. Who may do it is decided before."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field, ValidationError

from gateway.audit.record import MalformedRecord
from gateway.audit.search import Query, facts_in, search_all
from gateway.audit.store import StoreError, log_files
from gateway.edge.admin_api import Act, Asked, Planned
from gateway.errors import (
    AuditUnavailable,
    ConfigError,
    IdentityUnavailable,
    InvalidRequest,
    NotFound,
)
from gateway.identity.certificates.certificates import certificate_name
from gateway.identity.keys.key_file import Row, changing, mark_revoked, mint, read, told
from gateway.identity.keys.revocations import FOREVER_SECONDS
from gateway.identity.roles import reach
from gateway.identity.tokens.subjects import revoked_name, user_names
from gateway.identity.tokens.tokens import token_name
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
        """The one that is given, as revocations name it."""
        names = [
            self.subject and revoked_name(ring, self.subject),
            self.token and token_name(self.token),
            self.certificate and certificate_name(self.certificate),
        ]
        given = [name for name in names if name]
        return given[0] if len(given) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """The parts that administrators act on."""

    store: Path
    identity: Identity
    ring: KeyRing
    state: State
    policy: LivePolicy
    candidate: LivePolicy | None
    deployments: Deployments
    refresh: Callable[[], None]

    def table(self) -> Mapping[str, Planned]:
        """What each operation does."""
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
            "deployments.drain": lambda asked: self._drain(asked, on=True),
            "deployments.resume": lambda asked: self._drain(asked, on=False),
        }

    def _search(self, asked: Asked) -> Act:
        query = _read(_Search, asked)
        tenants = reach(asked.principal)

        async def perform() -> Any:
            wanted = query.model_dump(exclude={"user"})
            users = self._users(query)
            return {"records": await self._found(Query(**wanted, users=users, tenants=tenants))}

        return Act(tenant=query.tenant or _own(asked), perform=perform)

    def _users(self, query: _Search) -> frozenset[str] | None:
        if query.user is None:
            return None
        known = {row.tenant for row in self.identity.on_behalf_of}
        return user_names(self.ring, {query.tenant} if query.tenant else known, query.user)

    def _show(self, asked: Asked) -> Act:
        _read(_Nothing, asked)

        async def perform() -> Any:
            query = Query(
                request_id=asked.name, tenants=reach(asked.principal), limit=_MOST_RECORDS
            )
            records = (await self._found(query))[::-1]
            if not records:
                raise NotFound("No record of this request is here.")
            names = {record["facts_hash"] for record in records if record["facts_hash"]}
            paths = log_files(self.store)
            documents = {name: await asyncio.to_thread(facts_in, paths, name) for name in names}
            return {"records": records, "facts": documents}

        return Act(tenant=_own(asked), target=asked.name, perform=perform)

    async def _found(self, query: Query) -> list[dict[str, Any]]:
        try:
            return await asyncio.to_thread(search_all, log_files(self.store), query)
        except (StoreError, MalformedRecord):
            raise AuditUnavailable("The audit log can't be read now. Try again later.") from None

    def _keys(self, asked: Asked) -> Act:
        _read(_Nothing, asked)

        async def perform() -> Any:
            rows = await _on_file(lambda: read(self._path()))
            return {"keys": [told(row) for row in rows if _sees(asked, row.tenant)]}

        return Act(tenant=_own(asked), perform=perform)

    def _create(self, asked: Asked) -> Act:
        """A key without roles: those are granted by who holds the configuration."""
        wanted = _read(_NewKey, asked)

        def add() -> dict[str, Any]:
            with changing(self._path()) as rows:
                if wanted.id in {row.id for row in rows} | self._configured().keys():
                    raise InvalidRequest("A key of that id exists already.", param="id")
                key, row = self._mint(wanted)
                rows.append(row)
            return {"key": key, "row": told(row)}

        return Act(
            tenant=wanted.tenant, target=wanted.id, changes=True, perform=lambda: _on_file(add)
        )

    def _mint(self, wanted: _NewKey) -> tuple[str, Row]:
        now = datetime.now(UTC).replace(microsecond=0)
        return mint(
            self.ring,
            key_id=wanted.id,
            tenant=wanted.tenant,
            app=wanted.app,
            groups=wanted.groups,
            expires=None if wanted.days is None else now + timedelta(days=wanted.days),
        )

    def _revoke(self, asked: Asked) -> Act:
        _read(_Nothing, asked)
        key_id, tenant = asked.name, self._tenant_of(asked.name)
        if tenant is None or not _sees(asked, tenant):
            raise NotFound("No key of that id is here.")

        async def perform() -> Any:
            prefixes: list[str] = []
            if self.identity.keys_file is not None:
                prefixes = await _on_file(lambda: self._mark(key_id))
            for name in (key_id, *prefixes):
                await self.state.revoke(name, time.time() + FOREVER_SECONDS)
            return {"id": key_id, "prefixes": prefixes}

        return Act(tenant=tenant, target=key_id, changes=True, perform=perform)

    def _mark(self, key_id: str) -> list[str]:
        with changing(self._path()) as rows:
            return mark_revoked(rows, key_id)

    def _configured(self) -> dict[str, str]:
        """The callers of the configuration, and whose they are."""
        return {caller.id: caller.tenant for caller in self.identity.callers().values()}

    def _tenant_of(self, key_id: str) -> str | None:
        """Whose key it is; an id is used once."""
        tenants = self._configured()
        if self.identity.keys_file is not None:
            tenants |= {row.id: row.tenant for row in _rows(self.identity.keys_file)}
        return tenants.get(key_id)

    def _revoke_token(self, asked: Asked) -> Act:
        """A subject, a token or a certificate, everywhere, or as far as it speaks for one tenant."""
        wanted = _read(_Revocation, asked)
        name = wanted.name(self.ring)
        if name is None:
            raise InvalidRequest("Give one of subject, token and certificate.")
        scoped = f"{wanted.tenant}/{name}" if wanted.tenant else name

        async def perform() -> Any:
            await self.state.revoke(scoped, time.time() + FOREVER_SECONDS)
            return {"name": name, "tenant": wanted.tenant}

        return Act(tenant=wanted.tenant, target=name, changes=True, perform=perform)

    def _policy(self, asked: Asked) -> Act:
        _read(_Nothing, asked)

        async def perform() -> Any:
            on_trial = self.candidate.current.build.revision if self.candidate else None
            return {"live": self.policy.current.build.revision, "candidate": on_trial}

        return Act(tenant=None, perform=perform)

    def _reload(self, asked: Asked) -> Act:
        _read(_Nothing, asked)

        async def perform() -> Any:
            self.refresh()
            return {"asked": True}

        return Act(tenant=None, changes=True, perform=perform)

    def _deployments(self, asked: Asked) -> Act:
        _read(_Nothing, asked)

        async def perform() -> Any:
            return {"deployments": await self.deployments.standing()}

        return Act(tenant=None, perform=perform)

    def _drain(self, asked: Asked, *, on: bool) -> Act:
        _read(_Nothing, asked)

        async def perform() -> Any:
            await self.deployments.drain(asked.name, on=on)
            return {asked.name: (await self.deployments.standing())[asked.name]}

        return Act(tenant=None, target=asked.name, changes=True, perform=perform)

    def _path(self) -> Path:
        if self.identity.keys_file is None:
            raise NotFound("identity.keys_file is not set: this gateway keeps no keys.")
        return self.identity.keys_file


def _read(form: type[_T], asked: Asked) -> _T:
    try:
        return form.model_validate(asked.given)
    except ValidationError as error:
        faulty = {str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}
        names = ", ".join(sorted(faulty & form.model_fields.keys())) or "an unknown one"
        known = ", ".join(form.model_fields) or "none"
        raise InvalidRequest(
            f"Missing, malformed or unknown: {names}. Parameters: {known}."
        ) from None


def _rows(path: Path) -> Collection[Row]:
    try:
        return read(path)
    except ConfigError:
        raise _no_file() from None


async def _on_file(work: Callable[[], Any]) -> Any:
    """Work on the key file, in a thread."""
    try:
        return await asyncio.to_thread(work)
    except ConfigError:
        raise _no_file() from None


def _no_file() -> IdentityUnavailable:
    return IdentityUnavailable("The key file can't be read or written now.")


def _own(asked: Asked) -> str:
    """The tenant under which an act on whatever is reached is recorded."""
    reached = reach(asked.principal)
    own = asked.principal.tenant
    return own if reached is None or own in reached else min(reached)


def _sees(asked: Asked, tenant: str) -> bool:
    reached = reach(asked.principal)
    return reached is None or tenant in reached

"""Replies that are kept for later calls: sealed, for a time, and found by the credential, and the user, that got them alone."""

import re
import secrets
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Final

from gateway.dialects.responses.stored_conversation import (
    StoredConversation,
    deleted,
    response,
    with_history,
)
from gateway.errors import NotFound, PreviousNotFound, StateUnavailable, UnsupportedField
from gateway.settings.state import State
from gateway.state.vault import StoredVault
from gateway.types import Call, Event, Principal, ReplyStored

RETRIEVE: Final = "responses.retrieve"
DELETE: Final = "responses.delete"
"""The operations on a kept reply."""

_ID: Final = re.compile(r"resp_[0-9a-f]{32}")
_FIELD: Final = "previous_response_id"


class Conversations:
    """The kept replies of one gateway, and of all that share its state store and its key ring.

    Args:
        vault: seals them.
        settings: how long each is kept, and how large it may be.
    """

    def __init__(self, vault: StoredVault, settings: State) -> None:
        self._vault = vault
        self._seconds = settings.replies_seconds
        self._max_bytes = settings.reply_bytes

    async def with_history(self, principal: Principal, call: Call) -> Call:
        """The call with all that it goes on from, and with an id if its reply is to be kept.

        Raises:
            UnsupportedField: nothing is kept here.
            PreviousNotFound: the reply that it names is not kept for this credential.
            InvalidRequest: the conversation is more than one request may hold.
            StateUnavailable: the store did not answer.
        """
        if call.previous_response_id is not None:
            call = with_history(call, await self._previous(principal, call.previous_response_id))
        if not call.keep or not self._seconds:
            return call
        return replace(call, reply_id=f"resp_{secrets.token_hex(16)}")

    async def storing(
        self, principal: Principal, call: Call, events: AsyncGenerator[list[Event], None]
    ) -> AsyncGenerator[list[Event], None]:
        """The same events, and one more at the end if the reply was kept.

        A reply that could not be kept (the store is away or full, it is too long) is a reply all the same.
        """
        memory = StoredConversation(call)
        async with aclosing(events):
            async for batch in events:
                for event in batch:
                    memory.add(event)
                yield batch
        if memory.complete and await self._store(principal, call.reply_id, memory.document()):
            yield [ReplyStored()]

    async def retrieve(self, principal: Principal, reply_id: str) -> bytes:
        """The reply as it was given.

        Raises:
            NotFound: none of that id is kept for this credential.
            StateUnavailable: the store did not answer.
        """
        return response(await self._get_or_fail(principal, reply_id))

    async def delete(self, principal: Principal, reply_id: str) -> bytes:
        """Forget a reply, and say so. Later ones hold the conversation themselves.

        Raises:
            NotFound: none of that id is kept for this credential.
            StateUnavailable: the store did not answer.
        """
        await self._get_or_fail(principal, reply_id)
        await self._vault.delete(principal.tenant, _scope(principal), reply_id)
        return deleted(reply_id)

    async def _previous(self, principal: Principal, reply_id: str) -> bytes:
        if not self._seconds:
            raise UnsupportedField(
                f"{_FIELD}: nothing is kept here, so send the earlier items again in `input`.",
                param=_FIELD,
            )
        found = await self._find(principal, reply_id)
        if found is None:
            raise PreviousNotFound(
                "The previous response is not found: it expired, was deleted or not stored, or belongs to another "
                "key. Send the earlier items again in `input`.",
                param=_FIELD,
            )
        return found

    async def _get_or_fail(self, principal: Principal, reply_id: str) -> bytes:
        found = await self._find(principal, reply_id)
        if found is None:
            raise NotFound("No response of that id is kept for this key.", param="response_id")
        return found

    async def _find(self, principal: Principal, reply_id: str) -> bytes | None:
        if not self._seconds or not _ID.fullmatch(reply_id):
            return None
        return await self._vault.get(principal.tenant, _scope(principal), reply_id)

    async def _store(self, principal: Principal, reply_id: str, document: bytes) -> bool:
        if len(document) > self._max_bytes:
            return False
        scope = _scope(principal)
        try:
            await self._vault.put(
                principal.tenant, scope, reply_id, document, seconds=self._seconds
            )
        except StateUnavailable:
            return False
        return True


def _scope(principal: Principal) -> str:
    """What one user of an application got is found neither by another nor without one."""
    return f"replies:{principal.credential_id}:{principal.user}"

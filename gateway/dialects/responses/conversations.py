"""Replies stored for later calls: encrypted, for a limited time, readable only with the credential and user that received them.

Unlike the dialect, which does no I/O, this module uses the state store. It is here because only the Responses API has stored
replies; the pipeline calls it after parsing and around the events of the reply, and the dialect never does.
"""

import re
import secrets
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
"""The operations on a stored reply."""

_ID: Final = re.compile(r"resp_[0-9a-f]{32}")
_FIELD: Final = "previous_response_id"


class Conversations:
    """The stored replies of one gateway, and of all gateways that share its state store and key ring.

    Args:
        vault: encrypts the replies and stores them.
        settings: how long a reply is stored, and how large it may be.
    """

    def __init__(self, vault: StoredVault, settings: State) -> None:
        self._vault = vault
        self._seconds = settings.replies_seconds
        self._max_bytes = settings.reply_bytes

    async def with_history(self, principal: Principal, call: Call) -> Call:
        """The call with the conversation that it continues, and with an id if its reply is to be stored.

        Raises:
            UnsupportedField: replies are not stored by this gateway.
            PreviousNotFound: the previous reply is not stored for this credential.
            InvalidRequest: the conversation is larger than a request may be.
            StateUnavailable: the store did not answer.
        """
        if call.previous_response_id is not None:
            call = with_history(call, await self._previous(principal, call.previous_response_id))
        if not call.keep or not self._seconds:
            return call
        return replace(call, reply_id=f"resp_{secrets.token_hex(16)}")

    def collector(self, principal: Principal, call: Call) -> "ReplyCollector | None":
        """What collects the reply to a call, if :meth:`with_history` gave it an id: then it is to be stored."""
        return ReplyCollector(self, principal, call) if call.reply_id else None

    async def store(self, principal: Principal, reply_id: str, document: bytes) -> bool:
        """Store a reply; returns whether it was stored: not if it is too long, or the store is unavailable or full."""
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

    async def retrieve(self, principal: Principal, reply_id: str) -> bytes:
        """The response object as the caller received it.

        Raises:
            NotFound: no reply with that id is stored for this credential.
            StateUnavailable: the store did not answer.
        """
        return response(await self._get_or_fail(principal, reply_id))

    async def delete(self, principal: Principal, reply_id: str) -> bytes:
        """Delete a reply; returns the API's confirmation. Later replies hold their own copy of the conversation.

        Raises:
            NotFound: no reply with that id is stored for this credential.
            StateUnavailable: the store did not answer.
        """
        # Read first: the store does not report whether there was something to delete.
        await self._get_or_fail(principal, reply_id)
        await self._vault.delete(principal.tenant, _scope(principal), reply_id)
        return deleted(reply_id)

    async def _previous(self, principal: Principal, reply_id: str) -> bytes:
        if not self._seconds:
            raise UnsupportedField(
                f"{_FIELD}: responses are not stored here, so send the earlier items again in `input`.",
                param=_FIELD,
            )
        found = await self._find(principal, reply_id)
        if found is None:
            raise PreviousNotFound(
                "The previous response was not found: it expired, was deleted, was not stored, or belongs to another "
                "key. Send the earlier items again in `input`.",
                param=_FIELD,
            )
        return found

    async def _get_or_fail(self, principal: Principal, reply_id: str) -> bytes:
        found = await self._find(principal, reply_id)
        if found is None:
            raise NotFound("No response with that id is stored for this key.", param="response_id")
        return found

    async def _find(self, principal: Principal, reply_id: str) -> bytes | None:
        # Only ids in our own form reach the store.
        if not self._seconds or not _ID.fullmatch(reply_id):
            return None
        return await self._vault.get(principal.tenant, _scope(principal), reply_id)


class ReplyCollector:
    """Collects one reply from the events that the caller gets, and stores it at its end.

    Args:
        conversations: stores it.
        principal: who receives it.
        call: the request, with the id of the reply.
    """

    def __init__(self, conversations: Conversations, principal: Principal, call: Call) -> None:
        self._conversations = conversations
        self._principal = principal
        self._call = call
        self._conversation = StoredConversation(call)

    def add(self, event: Event) -> None:
        """Add an event of the reply."""
        self._conversation.add(event)

    async def store(self) -> list[Event]:
        """Store the reply; ``ReplyStored`` if that succeeded. A reply that could not be stored is still delivered."""
        # Only a complete reply: one that was cut can't be continued.
        if not self._conversation.complete:
            return []
        document = self._conversation.document()
        stored = await self._conversations.store(self._principal, self._call.reply_id, document)
        return [ReplyStored()] if stored else []


def _scope(principal: Principal) -> str:
    """The name space of one user of an application: other users, and calls without a user, can't read it."""
    return f"replies:{principal.credential_id}:{principal.user}"

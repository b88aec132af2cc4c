"""``GET`` and ``DELETE`` of a stored reply: requests without a body and with an id in the path."""

import time
from typing import Final

from gateway.dialects.base import Dialect
from gateway.dialects.responses.conversations import DELETE, RETRIEVE
from gateway.edge.endpoint import new_request_id, no_body, peer_of, send_answer
from gateway.edge.guards import Receive, Scope, Send
from gateway.inbound import Inbound
from gateway.pipeline import Pipeline

_OPERATIONS: Final = {"GET": RETRIEVE, "DELETE": DELETE}


class StoredReply:
    """Serves a stored reply to the credential that received it."""

    def __init__(self, pipeline: Pipeline, dialect: Dialect) -> None:
        self._pipeline = pipeline
        self._dialect = dialect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        answer = await self._pipeline.stored_reply(
            Inbound(
                request_id=new_request_id(),
                dialect=self._dialect,
                operation=_OPERATIONS[scope["method"]],
                headers=scope["headers"],
                body=no_body,
                received=time.time(),
                peer=peer_of(scope),
                reply_id=scope["path_params"]["reply"],
            )
        )
        await send_answer(answer, send)

"""What the edge and the pipeline exchange holds text of users, which must not be printed."""

from gateway.dialects.openai.chat import OpenAIChat
from gateway.identity.credential import Peer
from gateway.inbound import Inbound


async def body() -> bytes:
    return b"Tanaka"


def test_no_user_text_is_in_its_repr() -> None:
    inbound = Inbound(
        request_id="req_1",
        dialect=OpenAIChat(),
        operation="chat.completions",
        headers=(),
        body=body,
        received=0.0,
        peer=Peer(address="127.0.0.1", certificate=None),
        model="Tanaka",
        reply_id="Tanaka",
    )
    assert "Tanaka" not in repr(inbound)

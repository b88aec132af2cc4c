"""Permission to send can't be made up."""

from typing import Any, cast

import pytest

from gateway.cleared import Cleared
from gateway.types import MaskedCall
from tests.parts.samples import decision, deployment
from tests.redact.samples import vault

MASKED = MaskedCall(
    dialect="openai",
    operation="chat.completions",
    model="m",
    stream=False,
    document={"secret": "Tanaka"},
    neutral={"secret": "Tanaka"},
    redactions={},
)


@pytest.mark.parametrize("seal", [None, object(), "seal", True])
def test_permission_can_not_be_made_up(seal: object) -> None:
    with pytest.raises(TypeError):
        Cleared(
            cast(Any, seal),
            call=MASKED,
            vault=vault(),
            decision=decision({"r1-a": True}),
            deployment=deployment(),
        )

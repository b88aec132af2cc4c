"""The test values and requests of the walkthrough. All values are fictitious; the card and the My Number have valid check digits."""

from pathlib import Path
from typing import Any

NAME = "Kenji Tanaka"
EMAIL = "kenji.tanaka@example.co.jp"
PHONE = "+81 90-1234-5678"
CARD = "4111 1111 1111 1111"
API_KEY = "ghp_" + "0aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY"
JP_NAME = "田中健二"
MY_NUMBER = "1234 5678 9018"
JP_MOBILE = "080-9876-5432"

TEST_VALUES = (NAME, "Tanaka", EMAIL, PHONE, CARD, API_KEY, JP_NAME, MY_NUMBER, JP_MOBILE)
"""None of these may reach the model, in any encoding that :mod:`gateway.demo.leaks` finds."""

IN_HOUSE = "smollm2"
R1_ALIAS = "deepseek-reasoner"
DEEPSEEK_CLOUD = "r1-hosted-elsewhere"
OTHER_CLOUD = "cloud-chat"

ENGLISH = (
    "Repeat this sentence exactly, with nothing else: "
    f"Dear {NAME}, we wrote to {EMAIL}, called {PHONE} and charged {CARD}."
)
GREETING = f"Please write a short greeting for {NAME}."
JAPANESE = (
    "次の文をそのまま繰り返してください: "
    f"{JP_NAME}様のマイナンバーは{MY_NUMBER}、携帯番号は{JP_MOBILE}です。"
)
TOOL_DIALOGUE: list[dict[str, Any]] = [
    {"role": "user", "content": "Why does the deployment fail? Read the log of the last job."},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": "call_1",
                "type": "function",
                "function": {"name": "read_log", "arguments": '{"job": "deploy"}'},
            }
        ],
    },
    {
        "role": "tool",
        "tool_call_id": "call_1",
        "content": f"step 3: git push failed\nGITHUB_TOKEN={API_KEY}\nexit code 128",
    },
]


def configuration(
    *, folder: Path, policies: Path, port: int, admin_port: int, model_url: str
) -> dict[str, Any]:
    """The demonstration's ``sekisho.yaml``.

    ``smollm2`` is used instead of an in-house DeepSeek-R1. The second deployment claims to be in-house too, and points to
    the DeepSeek cloud with a spelling that would evade a comparison of names.
    """
    return {
        "listen": {"port": port},
        "admin": {"port": admin_port},
        "keys": {"ring_file": str(folder / "ring.json")},
        "audit": {"store": f"sqlite:///{folder / 'audit.db'}"},
        "policy": {"engine": "embedded", "path": str(policies)},
        "identity": {
            "keys": [
                {
                    "id": "demo",
                    "key_env": "SEKISHO_DEMO_KEY",
                    "tenant": "demo",
                    "app": "walkthrough",
                }
            ]
        },
        "models": {
            IN_HOUSE: {"aliases": [R1_ALIAS], "deployments": ["in-house"]},
            DEEPSEEK_CLOUD: {"deployments": ["disguised"]},
            OTHER_CLOUD: {"deployments": ["public-cloud"]},
        },
        "deployments": {
            "in-house": _deployment(model_url, "self", "in-house", IN_HOUSE),
            "disguised": _deployment(
                "https://API.DeepSeek.com.:443/v1", "self", "in-house", "deepseek-r1"
            ),
            "public-cloud": _deployment(
                "https://api.openai.com/v1", "openai", "public-cloud", IN_HOUSE
            ),
        },
    }


def _deployment(base_url: str, operator: str, zone: str, weights: str) -> dict[str, Any]:
    return {
        "kind": "openai",
        "base_url": base_url,
        "model": IN_HOUSE,
        "operator": operator,
        "zone": zone,
        "datacentre": "JP" if zone == "in-house" else "US",
        "weights": weights,
    }

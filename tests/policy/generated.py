"""Facts that nobody thought of: from a seed, mostly of the right form, with rows and values at their edges."""

import random
from collections.abc import Iterator
from typing import Any

import orjson

from gateway.policy.compile.build import Build, revision

_ZONES = ("in-house", "device", "trusted-cloud", "public-cloud", "basement", "")
_ENTITIES = (
    "PERSON",
    "JP_MY_NUMBER",
    "SECRET_KEY",
    "SECRET_",
    "PATIENT_ID",
    "",
    "個人",
    "ＳＥＣＲＥＴ_X",
)
_ODD: dict[type, tuple[Any, ...]] = {
    str: ("", "é", "\u2028", "a" * 200, "*", "self"),
    int: (0, -1, 10**9, 168),
    float: (0.0, -1.0, 0.2000000001, 1e300),
    type(None): (None,),
    bool: (True, False),
    list: ([], ["x"], ["", "MIT"]),
    dict: ({}, {"SECRET_": {}}),
}
_KINDS: tuple[Any, ...] = (None, "", -1, 1.5, True, [], {}, "x")


def enriched(shipped: Build) -> Build:
    """The shipped rules over data in which every kind of row is used."""
    data = {name: value for name, value in shipped.data.items() if name != "sekisho_revision"}
    default = data["apps"]["default"]
    apps = {
        "billing": {**default, "models": ["m1"], "purpose": "evaluation", "hours": [1, 2, 3, 40]},
        "press": {**default, "max_bias": 0.2},
        "search": {**default, "tools": False, "max_output_tokens": 100, "reasoning": "redact"},
        "legal": {
            **default,
            "reasoning_groups": ["ml"],
            "when_in_house_only": "reroute",
            "when_harvesting": "deny",
            "reroute_to": "m1",
        },
    }
    only = {"in-house": "placeholder", "device": "in-house-only", "public-cloud": "in-house-only"}
    treatment = {
        **data["entities"]["treatment"],
        "prefixes": [
            {
                "prefix": "PATIENT_",
                "zones": {**only, "trusted-cloud": "hash", "device": "surrogate"},
            },
            *data["entities"]["treatment"]["prefixes"],
        ],
    }
    exceptions = {
        name: {"rule": rule, "apps": [app], "operators": ["self", "openai"]}
        for name, rule, app in (
            ("e1", "hours", "billing"),
            ("e2", "secrets", "search"),
            ("e3", "jp-gov-2025-02-06", "legal"),
        )
    }
    packs = sorted(data["packs"])
    modes = {
        "enforce": [*data["modes"]["enforce"], "jp-gov-2025-02-06"],
        "shadow": ["us-ndaa-1532"],
        "off": [
            name
            for name in packs
            if name not in ("no-deepseek-cloud", "us-ndaa-1532", "jp-gov-2025-02-06")
        ],
    }
    return revision(
        shipped.modules,
        {
            **data,
            "apps": {"default": default, "apps": apps, "groups": {"ml": {"models": ["m1", "m2"]}}},
            "entities": {**data["entities"], "treatment": treatment},
            "exceptions": exceptions,
            "modes": modes,
        },
    )


def documents(build: Build, count: int, *, seed: int = 1) -> Iterator[bytes]:
    """So many facts documents; one in eight has a field that is missing or holds something odd."""
    dice = random.Random(seed)
    for _ in range(count):
        known = _facts(build, dice)
        if dice.random() < 0.125:
            place, name = _field(known, dice)
            odd = dice.choice(_ODD[type(place[name])])
            if dice.random() < 0.5:
                del place[name]
            else:
                place[name] = odd
        yield orjson.dumps(known)


def ill_typed(build: Build, count: int, *, seed: int = 1) -> Iterator[bytes]:
    """Facts in which a field is of another kind: no request makes such, and no engine may allow one."""
    dice = random.Random(seed)
    for _ in range(count):
        known = _facts(build, dice)
        place, name = _field(known, dice)
        place[name] = dice.choice([odd for odd in _KINDS if type(odd) is not type(place[name])])
        yield orjson.dumps(known)


def _field(known: dict[str, Any], dice: random.Random) -> tuple[dict[str, Any], str]:
    """A field of the facts, or of a candidate."""
    place = dice.choice([known, *known["candidates"]])
    return place, dice.choice([n for n in place if n not in ("deployment", "candidates")])


def _facts(build: Build, dice: random.Random) -> dict[str, Any]:
    names = dice.sample(("a", "b", "c", "d"), dice.choice((0, 1, 1, 2, 2, 3, 4)))
    kinds = dice.sample(_ENTITIES, dice.choice((0, 0, 1, 1, 2, 3)))
    return {
        "tenant": "acme",
        "app": dice.choice(("billing", "search", "legal", "press", "nobody", "")),
        "groups": dice.choice(([], ["ml"], ["finance", "ml"], ["finance"])),
        "dialect": "openai",
        "operation": "chat.completions",
        "model": dice.choice(("m1", "m1", "m2", "m3", "")),
        "stream": dice.random() < 0.5,
        "tools": dice.choice(("0", "0", "1", "2-9", "10+", "11")),
        "findings": {kind: {"user": dice.choice(("1", "2-9", "10+"))} for kind in kinds},
        "unscannable": dice.choice(([], [], [], ["image"], ["audio", "file"], ["hologram"])),
        "modalities": ["text"],
        "purpose": dice.choice(("", "", "evaluation", "distillation", "assistance", "(unlisted)")),
        "max_output_tokens": dice.choice((0, 1, 99, 100, 101, 10**9)),
        "hour": dice.choice((0, 1, 3, 40, 167, 168)),
        "exceptions": dice.choice(([], [], ["e1"], ["e1", "e2", "e3"], ["nothing"])),
        "candidates": [_candidate(build, dice, name) for name in names],
    }


def _candidate(build: Build, dice: random.Random, name: str) -> dict[str, Any]:
    operator = dice.choice(
        ("self", "self", "openai", "deepseek", *build.data["operators"], "nobody")
    )
    weights = dice.choice(("deepseek-r1", *build.data["models"], "nothing"))
    if dice.random() < 0.5:
        operator, weights = "self", "deepseek-r1"
    row = build.data["models"].get(weights, {})
    own = "" if operator == "self" else operator
    return {
        "deployment": name,
        "zone": dice.choice(_ZONES[:1] * 3 + _ZONES)
        if operator == "self"
        else dice.choice(_ZONES[2:4] * 3 + _ZONES),
        "host": dice.choice(("10.0.0.5", "api.openai.com", "")),
        "host_operator": dice.choice((own, own, own, own, own, own, "deepseek", "")),
        "operator": operator,
        "operator_country": build.data["operators"].get(operator, {}).get("country", ""),
        "datacentre_country": dice.choice(("JP", "JP", "JP", "JP", "US", "CN", "")),
        "developer": row.get("developer", ""),
        "developer_country": row.get("developer_country", ""),
        "weights": weights,
        "lineage": dice.choice(([row.get("developer", "")], ["Perplexity", "DeepSeek"], [])),
        "licences": dice.choice((*[row.get("licences", [])] * 5, [], ["none"])),
        "provenance": dice.choice(
            ("declared", "declared", "declared", "verified", "verified", "verified", "mismatch", "")
        ),
        "manifest": "",
        "output_use": dice.choice(("allowed", "conditional", "forbidden", "unknown")),
        "bias": dice.choice((None, 0.0, 0.19, 0.2, 0.21, 1.0, -0.1)),
        "bias_days": dice.choice((None, 0, 90, 91, -1)),
        "rerouted": dice.random() < 0.2,
        "harvest": dice.choice(("off", "off", "off", "off", "below", "over", "unknown", "")),
    }

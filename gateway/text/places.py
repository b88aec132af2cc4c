"""What a text of a request is, and which values are replaced there.

Spreading, masking and the wire check ask :func:`may_replace` alone. What it permits at a place is searched for there, replaced
there, and must not be there when the request is sent; what it does not permit is left alone by all three.

A :data:`gateway.types.Place` is one of

- ``prose``: what people and models write;
- ``literal``: a string of data, such as an argument of a tool, a label or a value in a schema;
- ``number``: a JSON number;
- ``key``: an object key of data;
- ``identifier``: the name of a parameter or of a schema's property;
- ``tool_name``: the name of a tool or of an output format;
- ``signed``: a text that the provider signed.
"""

import re
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from gateway.types import Place

Evidence: TypeAlias = Literal["proven", "form", "guess"]
"""What a value rests on.

``proven``: a check digit, the form of a credential, a list or rule of the operator. ``form``: its form alone, which no ordinary
word has. ``guess``: context, a label or a network.
"""

FIXED: Final[frozenset[Place]] = frozenset({"identifier", "tool_name"})
"""Names that vendors and validators check: nothing can replace a value in them, so one there refuses the call."""

INSIDE_JSON: Final[Mapping[str, Place]] = {"string": "literal", "number": "number", "key": "key"}
"""The place of each kind of literal of a JSON document in a string (``text.embedded_json``)."""

_EVERY: Final[frozenset[Evidence]] = frozenset({"proven", "form", "guess"})
_NO_GUESS: Final[frozenset[Evidence]] = frozenset({"proven", "form"})

_ACCEPTED: Final[Mapping[Place, frozenset[Evidence]]] = {
    "prose": _EVERY,
    "literal": _EVERY,
    "number": _EVERY,
    "signed": _EVERY,
    "key": _NO_GUESS,
    "identifier": _NO_GUESS,
    "tool_name": _NO_GUESS,
}

_FORMS: Final[Mapping[str, re.Pattern[str]]] = {
    # An address is only found by its form; it may be written with escapes, so the form is not compared again.
    "EMAIL_ADDRESS": re.compile(""),
    "PHONE_NUMBER": re.compile(r"\s*(?:[+＋]|00|００)\s*\(?[0-9０-９]"),
    "URL": re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^/?#\s]*@"),
    # After a label any word is taken for a password: one with digits and letters, or with other characters, is none.
    "SECRET_PASSWORD": re.compile(r"(?=.*[0-9])(?=.*[^\W\d_]).{6}|.*[^\w.-]", re.DOTALL),
}
"""The entities of which the form of a value can be evidence, and the beginning that proves it."""

_GUESSES: Final = frozenset(
    "ADDRESS AGE CONFIDENTIAL_MARK DATE_OF_BIRTH DATE_TIME DOMAIN_NAME DRIVER_LICENSE GOVERNMENT_ID ID_NUM IP_ADDRESS "
    "JP_ADDRESS JP_BANK_ACCOUNT JP_DRIVER_LICENSE JP_HEALTH_INSURANCE JP_PASSPORT JP_PENSION_NUMBER JP_POSTAL_CODE "
    "JP_RESIDENCE_CARD LICENSE_PLATE LOCATION NRP ORGANIZATION PERSON TAX_ID US_DRIVER_LICENSE US_PASSPORT USERNAME".split()
)
"""Entities whose values rest on context. Values of every other entity are proven: what an operator adds is meant to be found."""

_BARE_NAME: Final = re.compile(r"[@$]?[A-Za-z_][A-Za-z0-9_.$/:-]*")
"""The form of an identifier. A key that has it may be one; any other key is text."""


def may_replace(value: str, entity: str, place: Place) -> bool:
    """Whether ``value``, found as ``entity``, is searched for and replaced at ``place``.

    A guess is left alone in the names of tools and parameters, and in a key where it has the form of an identifier: the first
    name ``Max`` is not the parameter ``max``.
    """
    evidence = _evidence(value, entity)
    if evidence in _ACCEPTED[place]:
        return True
    return place == "key" and _BARE_NAME.fullmatch(value) is None


def _evidence(value: str, entity: str) -> Evidence:
    form = _FORMS.get(entity)
    if form is not None:
        return "form" if form.match(value) else "guess"
    return "guess" if entity in _GUESSES else "proven"

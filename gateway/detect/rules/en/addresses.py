"""Street addresses by their form, in Latin script: number, street, unit, city, state and code.

Street kinds are those of USPS Publication 28 (appendix C1) and the commonest of other European countries; United
Kingdom postcodes have the form of BS 7666; states are those of Publication 28 (appendix B).
"""

import re
from collections.abc import Iterator
from typing import Final

from presidio_analyzer import EntityRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts

_NAME: Final = "street-address"
_SCORE: Final = 0.85
_STREET_SUFFIXES: Final = (
    "Street St Road Rd Avenue Ave Av Lane Ln Drive Dr Boulevard Blvd Court Ct Place Pl Way Terrace Ter Crescent Cres "
    "Close Square Sq Squares Parkway Pkwy Highway Hwy Circle Cir Trail Trl Alley Row Grove Gardens Gdns Walk Walks "
    "Mews Parade Quay Wharf Loop Pike Bypass Expressway Freeway Turnpike Crossing Crossroad Crossroads Causeway Plaza "
    "Esplanade Embankment Heights Hill Hills Park Overpass Underpass Stravenue Throughway Viaduct"
).split()
_COMMON_WORD_SUFFIXES: Final = (
    "Branch Bridge Brook Brooks Burg Burgs Camp Canyon Cape Center Centers Cliff Cliffs Club Common Commons Corner "
    "Corners Course Cove Coves Creek Crest Curve Dale Dam Divide Estate Estates Extension Extensions Fall Falls Ferry "
    "Field Fields Flat Flats Ford Fords Forest Forge Forges Fork Forks Fort Garden Gateway Glen Glens Green Greens "
    "Harbor Harbors Haven Hollow Inlet Island Islands Isle Junction Junctions Key Keys Knoll Knolls Lake Lakes Land "
    "Landing Light Lights Loaf Lock Locks Lodge Mall Manor Manors Meadow Meadows Mill Mills Mission Motorway Mount "
    "Mountain Mountains Neck Orchard Oval Pass Passage Path Pine Pines Plain Plains Point Points Port Ports Prairie "
    "Radial Ramp Ranch Rapid Rapids Rest Ridge Ridges River Roads Route Rue Run Shoal Shoals Shore Shores Skyway "
    "Spring Springs Spur Spurs Station Stream Streets Summit Trace Track Trafficway Tunnel Union Unions Valley Valleys "
    "View Views Village Villages Ville Vista Wall Well Wells"
).split()
_STATES: Final = (
    "Alabama Alaska Arizona Arkansas California Colorado Connecticut Delaware Florida Georgia Hawaii Idaho Illinois "
    "Indiana Iowa Kansas Kentucky Louisiana Maine Maryland Massachusetts Michigan Minnesota Mississippi Missouri "
    "Montana Nebraska Nevada New_Hampshire New_Jersey New_Mexico New_York North_Carolina North_Dakota "
    "Ohio Oklahoma Oregon Pennsylvania Rhode_Island South_Carolina South_Dakota Tennessee Texas Utah Vermont "
    "Virginia Washington West_Virginia Wisconsin Wyoming"
).split()
_CAPITAL: Final = r"[A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪİĶĻŁŃŅŇŌŐŒŘŚŞŠŢŤŪŮŰŹŻŽ]"
_ANY_CAPITAL: Final = re.compile(_CAPITAL)
_WORD: Final = rf"(?:St\. )?{_CAPITAL}[^\W\d_]*(?:['’.-][^\W\d_]+)*"
_NUMBER: Final = r"[0-9]{1,6}[A-Za-z]?(?:[-/][0-9]{1,4}[A-Za-z]?)?"
_UNIT: Final = (
    r"(?:(?:[Aa]pt|[Ss]te|[Ss]uite|[Uu]nit|[Ff]lat|[Aa]partment|[Rr]oom|[Ff]loor|APT|STE|SUITE|UNIT|FLAT)\.? ?#?[0-9]{1,5}[A-Za-z]?"
    r"|#[0-9]{1,5}[A-Za-z]?)(?!\w)"
)
# The line may break here, also in quoted mail, where ">" follows.
_GAP: Final = r"[ \t]*(?:,[ \t]*|\n[> \t]*|[ \t])"
_MAX_ABBREVIATION: Final = 4
# Only abbreviations may end with a full stop: "on Elm Street." is the end of a sentence.
_STREET_SUFFIX_PATTERN: Final = "|".join(
    kind if len(kind) > _MAX_ABBREVIATION else rf"{kind}\b\.?" for kind in _STREET_SUFFIXES
)
# Not a street but a sentence: "3 The Street", "12 January …".
_NOT: Final = r"(?! (?:The|A|An|Of|And|January|February|March|April|May|June|July|August|September|October|November|December)\b)"
_ANY_SUFFIX_PATTERN: Final = "|".join((*_STREET_SUFFIXES, *_COMMON_WORD_SUFFIXES))
_STATE: Final = "|".join(_STATES).replace("_", " ")
_CODES: Final = "A[LKZR]|C[AOT]|D[CE]|FL|GA|HI|I[DLNA]|K[SY]|LA|M[EDAINSOT]|N[EVHJMYCD]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[TA]|W[AVIY]"
_KINDS_BEFORE: Final = "Rue|Avenue|Boulevard|Chemin|Via|Viale|Corso|Piazza|Calle|Avenida|Rua|Travessa|Strada|Ulica|Jalan"
_KINDS_AFTER: Final = "utca|út|tér|ulica|sokak|Caddesi"
_ENDINGS: Final = "straat|laan|steenweg|plein|straße|strasse|gasse|allee|vej|gade|gatan|vägen|veien|gata|katu|kuja|utca|götu|gata|stræti"
_HOUSE: Final = re.compile(r"[0-9](?<![\w.,:/$€£#-].)[0-9]{0,5}(?![0-9])")
_FROM_HOUSE: Final = tuple(
    re.compile(form)
    for form in (
        # 12 Elm Street; 4100 N 3rd Ave Apt. 4
        (
            rf"{_NUMBER}(?: [0-9]{{1,5}})?{_NOT}(?: (?:[NSEW]{{1,2}}\.?|{_WORD}|[0-9]{{1,3}}(?:st|nd|rd|th))){{1,4}}?"
            rf" (?:{_STREET_SUFFIX_PATTERN})(?![\w'’])(?:(?: [NSEW]{{1,2}}(?!\w))?{_GAP}{_UNIT})?"
        ),
        # 4507 Jason Track: a suffix that is also an ordinary word needs a number of three digits or more
        rf"[0-9]{{3,6}}{_NOT}(?: {_WORD}){{1,3}}? (?:{_ANY_SUFFIX_PATTERN})(?![\w'’])(?:{_GAP}{_UNIT})?",
        # 20789 Allika 46, Suite 501: any words before a unit
        rf"{_NUMBER}(?: {_WORD}){{1,4}}(?: [0-9]{{1,5}}\.?)?{_GAP}{_UNIT}",
    )
)
# These patterns begin with a set and look behind it: the engine searches for a set several times as fast as for a
# look-behind. The slow ones are tried only near digits, of which every address has some.
_DIGITS: Final = re.compile("[0-9][0-9]*")
_ZIP: Final = 5
_BEFORE: Final = 72
"""Maximum length of an address before its digits."""
_AFTER: Final = 16
"""Maximum length of an address after the first of its digits."""
# Hafnarstræti 5; Rue de la Loi 16; Erzsébet tér 19
_FOREIGN: Final = re.compile(
    rf"(?<!\w)(?:[0-9]{{1,6}} )?(?:{_CAPITAL}[^\W\d_]*(?:{_ENDINGS})"
    rf"|(?:{_KINDS_BEFORE})(?: (?:de|du|des|da|do|del|della|la|l['’]))*(?: {_WORD}){{1,3}}"
    rf"|{_WORD} (?:{_KINDS_AFTER})),? [0-9]{{1,5}}[a-zA-Z]?(?![\w%])"
)
_PO_BOX: Final = re.compile(
    r"(?<!\w)(?:(?:[0-9]{1,6} )?(?:P\.? ?O\.?|Post Office) Box [0-9]{1,6}"
    r"|(?:PSC|Unit|CMR) [0-9]{1,6},? Box [0-9]{1,6}\s+(?:APO|FPO|DPO) A[AEP] [0-9]{5})(?!\w)"
)
# Springfield, IL 62704; North Judithbury, Connecticut 29158
_CITY_STATE_ZIP: Final = re.compile(
    rf"(?<!\w){_WORD}(?: {_WORD}){{0,3}}{_GAP}(?:{_CODES}|{_STATE}),? [0-9]{{5}}(?:-[0-9]{{4}})?(?![\w-])"
)
# SW1A 1AA
_POSTCODE: Final = re.compile(
    r"(?<!\w)(?:[A-PR-UWYZ][0-9][0-9A-HJKPSTUW]?|[A-PR-UWYZ][A-HK-Y][0-9][0-9ABEHMNPRVWXY]?)"
    r" [0-9][ABD-HJLNP-UW-Z]{2}(?!\w)"
)
# ZIP: 8592; my zip code is 610
_LABELLED: Final = re.compile(
    r"[ZzPp](?<!\w.)(?i:(?:(?<=z)ip|(?<=p)ost(?:al)?)[ -]?(?:code)?)(?::| is|=| number)[ \t]*([0-9A-Z][0-9A-Z -]{1,9}[0-9A-Z])(?![\w-])"
)
# A line of a letterhead with nothing but a unit.
_LINE: Final = re.compile(rf"[^\w\n#]*({_UNIT})[ \t]*$", re.MULTILINE)
_FOREIGN_KINDS: Final = tuple(f"{_KINDS_BEFORE}|{_KINDS_AFTER}|{_ENDINGS}".split("|"))


class AddressRecognizer(EntityRecognizer):
    """Street addresses, or those parts of them that their form alone identifies."""

    def __init__(self, language: str) -> None:
        super().__init__(supported_entities=["LOCATION"], supported_language=language, name=_NAME)

    def load(self) -> None:
        """Nothing to load."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts
    ) -> list[RecognizerResult]:
        del entities, nlp_artifacts
        return [
            RecognizerResult(
                entity_type="LOCATION",
                start=start,
                end=end,
                score=_SCORE,
                recognition_metadata={RecognizerResult.RECOGNIZER_NAME_KEY: _NAME},
            )
            for start, end in addresses(text)
        ]


def addresses(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of addresses; they may overlap and repeat."""
    yield from (match.span(1) for match in _LABELLED.finditer(text))
    yield from _lines(text)
    if _ANY_CAPITAL.search(text):
        yield from _capitalised(text)


def _capitalised(text: str) -> Iterator[tuple[int, int]]:
    """Addresses that contain a word with a capital letter."""
    for house in _HOUSE.finditer(text):
        for form in _FROM_HOUSE:
            if match := form.match(text, house.start()):
                yield match.span()
    # Substrings first: they cost far less than the patterns that they spare.
    foreign = any(kind in text for kind in _FOREIGN_KINDS)
    if "Box" in text:
        yield from (match.span() for match in _PO_BOX.finditer(text))
    for digits in _DIGITS.finditer(text):
        start, end = digits.span()
        if foreign:
            yield from _near(_FOREIGN, text, start, end)
        if end - start == _ZIP:
            yield from _near(_CITY_STATE_ZIP, text, start, end)
        elif end - start == 1 and text[start - 1 : start] == " ":
            yield from _near(_POSTCODE, text, start, end)


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Units on a line of their own."""
    start = 0
    while True:
        # Line by line: a search would try every position of a long line.
        if match := _LINE.match(text, start):
            yield match.span(1)
        start = text.find("\n", start) + 1
        if not start:
            return


def _near(form: re.Pattern[str], text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    if match := form.search(text, max(0, start - _BEFORE), end + _AFTER):
        yield match.span()

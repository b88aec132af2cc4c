from gateway.detect.rules.en.addresses import AddressRecognizer
from gateway.detect.rules.en.language import ENGLISH
from gateway.detect.rules.en.names import AnnouncedNameRecognizer


def test_english_reads_every_text_in_latin_script_with_the_networks() -> None:
    assert ENGLISH.code == "en"
    assert ENGLISH.script is None
    assert ENGLISH.networks


def test_its_recognisers_are_made_for_the_language_that_is_asked_for() -> None:
    made = ENGLISH.recognizers("ja")
    assert [type(each) for each in made] == [AnnouncedNameRecognizer, AddressRecognizer]
    assert {each.supported_language for each in made} == {"ja"}

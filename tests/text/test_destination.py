"""A URL has one destination, whatever its spelling."""

import pytest

from gateway.text.destination import destination, is_subdomain, normal_host, provider_name


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://api.deepseek.com/v1", "api.deepseek.com", 443),
        ("https://API.DeepSeek.COM./v1", "api.deepseek.com", 443),
        ("https://api.deepseek.com.:443/v1", "api.deepseek.com", 443),
        ("http://api.deepseek.com:8080", "api.deepseek.com", 8080),
        ("https://r1.corp@api.deepseek.com/v1", "api.deepseek.com", 443),
        ("https://r1.corp:443@api.deepseek.com/v1", "api.deepseek.com", 443),
        ("https://ａｐｉ.deepseek。com/v1", "api.deepseek.com", 443),
        ("https://\u0430pi.deepseek.com/v1", "xn--pi-6kc.deepseek.com", 443),
        ("https://münchen.example", "xn--mnchen-3ya.example", 443),
        ("http://0x7f.1/v1", "127.0.0.1", 80),
        ("http://2130706433/v1", "127.0.0.1", 80),
        ("http://0177.0.0.1/v1", "127.0.0.1", 80),
        ("http://１２７.0.0.1/v1", "127.0.0.1", 80),
        ("http://[::ffff:127.0.0.1]/v1", "127.0.0.1", 80),
        ("http://[2001:DB8:0::1]:8000/v1", "2001:db8::1", 8000),
    ],
)
def test_T38_the_host_is_the_one_that_would_be_reached(url: str, host: str, port: int) -> None:
    read = destination(url)
    assert (read.host, read.port) == (host, port)
    assert read.userinfo == ("@" in url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.deepseek.com",
        "ftp://api.deepseek.com",
        "file:///etc/passwd",
        "https://",
        "https://good.example\\@api.deepseek.com/",
        "https://good.example /v1",
        "https://good.example\t/v1",
        "https://good.example/v1?x=1",
        "https://httpbin.org#.openai.azure.com",
        "https://api%2edeepseek.com/v1",
        "https://256.256.256.256.256/",
        "https://good.example:99999/",
        "https://[::1",
        "https://-bad-.example\u200b-/",
    ],
)
def test_T35_an_ambiguous_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        destination(url)


@pytest.mark.parametrize(
    ("host", "below"),
    [
        ("deepseek.com", True),
        ("api.deepseek.com", True),
        ("a.b.deepseek.com", True),
        ("evil-deepseek.com", False),
        ("deepseek.com.evil", False),
        ("xdeepseek.com", False),
        ("com", False),
    ],
)
def test_suffixes_match_label_by_label(host: str, below: bool) -> None:
    assert is_subdomain(normal_host(host), "deepseek.com") is below


def test_the_origin_can_be_connected_to() -> None:
    assert destination("http://[::1]:80/v1/").origin == "http://[::1]:80"
    assert destination("http://[::1]:80/v1/").path == "/v1"


@pytest.mark.parametrize(
    "spelled",
    [
        "deepseek",
        "DeepSeek",
        "DEEP-SEEK",
        "deepseek ",
        "Deep Seek",
        "deep_seek/fp8",
        "ｄｅｅｐｓｅｅｋ",
    ],
)
def test_B32_a_provider_has_one_name_however_it_is_spelled(spelled: str) -> None:
    assert provider_name(spelled) == "deepseek"

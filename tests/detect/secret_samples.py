"""Generated secrets in the formats of their issuers, and the contexts in which they occur.

Written apart from the detector's table, from the same public documentation, so that an error in one fails against the other.
"""

import re
import string
from collections.abc import Iterator
from random import Random
from typing import Final

_ALPHABETS: Final = {
    "w": string.ascii_letters + string.digits,
    "l": string.ascii_lowercase + string.digits,
    "U": string.ascii_uppercase + string.digits,
    "x": "0123456789abcdef",
    "X": "0123456789ABCDEF",
    "d": string.digits,
    "b": string.ascii_uppercase + "234567",
    "u": string.ascii_letters + string.digits + "_-",
    "s": string.ascii_letters + string.digits + "+/",
}

FORMATS: Final = """
AKIA{b16} ASIA{b16} ghp_{w36} gho_{w36} ghu_{w36} ghs_{w36} ghr_{w76} github_pat_{w22}_{w59} glpat-{u20} gldt-{u20} glrt-{u20}
glptt-{x40} glsoat-{u20} glcbt-1a_{u20} GR1348941{u20} ATBB{w32} ATATT3xFfGF0{u170}={X8} xoxb-{d12}-{d12}-{w24} xoxp-{d12}-{d12}-{d12}-{x32}
xoxa-2-{d12}-{d12}-{x32} xoxe.xoxp-1-{w163} xapp-1-A{U10}-{d13}-{x64} sk_live_{w24} sk_test_{w99} rk_live_{w24} whsec_{w32}
sk-ant-api03-{u93}AA sk-ant-admin01-{u93}AA sk-{w20}T3BlbkFJ{w20} sk-proj-{u74}T3BlbkFJ{u74} sk-svcacct-{u74}T3BlbkFJ{u74} sk-or-v1-{x64}
lsv2_pt_{x32}_{x10} gsk_{w52} xai-{w80} pplx-{w48} r8_{w37} pcsk_{w6}_{w63} AIza{u35} ya29.{u160} GOCSPX-{u28} hf_{w34} api_org_{w34}
npm_{w36} pypi-AgEIcHlwaS5vcmc{u150} rubygems_{x48} cio{w32} oy2{l43} CLOJARS_{l60} dckr_pat_{u27} dckr_oat_{u32} dop_v1_{x64} doo_v1_{x64}
dor_v1_{x64} dapi{x32} dapi{x32}-3 HRKU-{x8}-{x4}-{x4}-{x4}-{x12} HRKU-AA{u58} lin_api_{w40} secret_{w43} ntn_{w46} PMAK-{x24}-{x34}
pul-{x40} sntrys_{s120} sntryu_{x64} {w14}.atlasv1.{u67} hvs.{u92} hvb.{u150} glsa_{w32}_{x8} glc_{s120} NRAK-{U27} NRII-{u32} NRJS-{x19}
dt0c01.{U24}.{U64} dp.pt.{w43} dp.st.dev.{w43} pscale_tkn_{u43} pscale_pw_{u43} sbp_{x40} sb_secret_{u31} nfp_{w40} fm2_{s200} fo1_{u43}
v1.0-{x24}-{x146} tskey-auth-{w16}CNTRL-{w32} tskey-api-{w11}CNTRL-{w32} SG.{u22}.{u43} xkeysib-{x64}-{w16} key-{x32} {x32}-us12 SK{x32}
{d10}:AA{u33} M{u23}.{u6}.{u38} sq0atp-{u22} sq0csp-{u43} EAAA{u60} EAA{w150} shpat_{x32} shpss_{x32} shpca_{x32} shppa_{x32}
access_token$production${l16}${x32} access-sandbox-{x8}-{x4}-{x4}-{x4}-{x12} FLWSECK_TEST-{l32}-X EZAK{w54} shippo_live_{x40} duffel_live_{u43}
figd_{u40} pat{w14}.{x64} CFPAT-{u43} tfp_{u44}_{w14} rdme_{l70} pnu_{w36} sgp_{x40} sqp_{x40} squ_{x40} bkua_{x40} CCIPAT_{w22}_{x40}
AKCp{w69} API-{U29} waka_{x8}-{x4}-{x4}-{x4}-{x12} A3-{U6}-{U11}-{U5}-{U5}-{U5} AGE-SECRET-KEY-1{U58} p8e-{u32} {w3}8Q~{w34} {w76}AZDO{w4}
{w42}AzSe{w6} AQVN{u36} ddp_{w36} aio_{w28} ico-{w32} tk-us-{u48} LTAI{w20} AKID{w32} eyJ{u40}.eyJ{u120}.{u43} AIzaSy{u33}
""".split()
"""``{w36}`` is 36 characters of an alphabet; see ``_ALPHABETS``."""

PLACES: Final = (
    "{}",
    "Here is the key: {} and please keep it safe.",
    "use {}, it still works",
    "鍵は{}です。",
    "export SERVICE_KEY={}",
    "SERVICE_KEY='{}'",
    'client = Client(key="{}", timeout=5)',
    '{{"credential":"{}","ttl":60}}',
    "2026-03-01T10:00:00Z ERROR auth failed key={} status=401",
    "curl -H 'Authorization: Bearer {}' https://api.example.com/v1",
    "https://api.example.com/v1/items?key={}&page=2",
    "  service_key: {}  # prod",
    "- SERVICE_KEY={}",
    "({})",
    "<key>{}</key>",
    "`{}`",
)

KEYWORD_CONTEXTS: Final = (
    "My password is {}",
    "the password for the build server is {}.",
    "Reset password {} for ann registered to ann@example.com",
    "Login as ann with password {}; docs at the wiki.",
    "password: {}",
    "DB_PASSWORD={}",
    'password = "{}"',
    "  'passwd' => '{}',",
    '{{"client_secret": "{}"}}',
    '{{\\"password\\": \\"{}\\"}}',
    "spring.datasource.password={}",
    "Server=db;Database=x;User Id=sa;Password={};Encrypt=yes",
    "machine api.example.com login ann password {}",
    "mysql --user=root --password={} shop",
    "X-Api-Key: {}",
    "aws_secret_access_key = {}",
    "Bearer {}",
    "パスワードは{}です。",
    "暗証番号とパスワード：{}",
    "the access token is {}",
    "Security token {} was issued to ann.",
    "postgres://app:{}@db.internal:5432/shop",
)


def fill(template: str, random: Random) -> str:
    """A secret in this format."""
    return re.sub(
        r"\{([a-zA-Z])([0-9]+)\}",
        lambda part: "".join(random.choices(_ALPHABETS[part[1]], k=int(part[2]))),
        template,
    )


def tokens(count: int, seed: int = 1) -> Iterator[tuple[str, str, str]]:
    """Format, secret and a text that contains it; each format in turn."""
    random = Random(seed)  # samples that are the same each time
    for index in range(count):
        template = FORMATS[index % len(FORMATS)]
        secret = fill(template, random)
        if secret[-1] in "-_+/":
            secret = secret[:-1] + "a"
        yield template, secret, random.choice(PLACES).format(secret)


def passwords(count: int, seed: int = 2) -> Iterator[tuple[str, str, str]]:
    """Context, password and a text that contains it."""
    random = Random(seed)  # samples that are the same each time
    for index in range(count):
        place = KEYWORD_CONTEXTS[index % len(KEYWORD_CONTEXTS)]
        symbols = "" if "{}@" in place else "!#$%^*+_"
        secret = "".join(random.choices(_ALPHABETS["w"] + symbols, k=random.randint(10, 20)))
        secret = random.choice(string.ascii_letters) + secret + random.choice(string.digits) + "k"
        yield place, secret, place.format(secret)

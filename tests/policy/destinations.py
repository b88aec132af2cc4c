"""Destinations by name, with the packs under which each is refused.

The hosts, aliases, aggregator routes and disguises that are known of DeepSeek and its kin. A row is a
name, a base URL, the operator that the deployment declares, its weights, zone and data centre; a section says
which packs refuse its rows, and whether the shipped rules do so without any pack.
"""

from dataclasses import dataclass

PACKS = (
    "no-deepseek-cloud",
    "jp-gov-2025-02-06",
    "us-ndaa-1532",
    "kr-pipc",
    "au-pspf",
    "tw-moda",
    "it-garante",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where a call might go, and which packs must refuse it; ``base``: the rules alone refuse it."""

    name: str
    url: str
    operator: str = "self"
    weights: str = "deepseek-r1"
    zone: str = "in-house"
    datacentre: str = "JP"
    base: bool
    packs: frozenset[str]


ALL = frozenset(PACKS)
NDAA = frozenset({"us-ndaa-1532"})
NONE = frozenset[str]()

_HOSTS = """api chat platform api-docs www cdn hif-leim hif-dliq status download fe-static
beta anything.at.all""".split()

_SPELLINGS = {
    "upper case": "https://API.DEEPSEEK.COM/v1",
    "mixed case": "https://Api.DeepSeek.com/v1",
    "trailing dot": "https://api.deepseek.com./v1",
    "trailing dot and port": "https://api.deepseek.com.:8443/v1",
    "another port": "https://api.deepseek.com:8080/v1",
    "plain http": "http://api.deepseek.com/v1",
    "user part": "https://r1.corp@api.deepseek.com/v1",
    "user and password": "https://r1.corp:x@api.deepseek.com/v1",
    "full-width letters": "https://ａｐｉ.ｄｅｅｐｓｅｅｋ.ｃｏｍ/v1",
    "ideographic full stop": "https://api。deepseek。com/v1",
    "half-width full stop": "https://api｡deepseek｡com/v1",
    "circled letters": "https://ⓐⓟⓘ.deepseek.com/v1",
    "another vendor's name below it": "https://api.openai.com.deepseek.com/v1",
    "an address's look below it": "https://10-0-0-5.deepseek.com/v1",
    "the beta path": "https://api.deepseek.com/beta",
    "the Anthropic path": "https://api.deepseek.com/anthropic",
    "the search path": "https://api.deepseek.com/v1/tools/search",
    "the web chat's path": "https://chat.deepseek.com/api/v0/chat",
    "a long s for an s": "https://api.deepſeek.com/v1",
    "a zero-width space": "https://api.deepseek\u200b.com/v1",
    "a soft hyphen": "https://api.deep\u00adseek.com/v1",
}

_UNREADABLE = {
    "backslash": "https://api.openai.com\\@api.deepseek.com/v1",
    "tab": "https://api.deep\tseek.com/v1",
    "query": "https://api.openai.com/v1?x=api.deepseek.com",
    "fragment": "https://httpbin.example#.openai.azure.com/v1",
    "no host": "https:///v1",
    "two ports": "https://api.openai.com:80:90/v1",
    "a number that is no address": "https://10.0.0.999/v1",
    "right-to-left override": "https://api.\u202ekeespeed.com/v1",
}

_LOOK_ALIKES = """evil-deepseek.com deepseek.com.evil.example deepseek.chat deepseekagi.org
deepseek-api.example api-deepseek.com xn--pi-7lc.deepseek-r1.example deepseek.ai.example
notdeepseek.com deepseekcom.example""".split()

_PRC = [
    ("volcengine", "https://ark.cn-beijing.volces.com/api/v3", "volcengine"),
    ("volcengine telemetry", "https://gator.volces.com/v1", "volcengine"),
    ("tencent, international", "https://tokenhub-intl.tencentcloudmaas.com/v1", "tencent"),
    ("tencent", "https://tokenhub.tencentcloudmaas.com/v1", "tencent"),
    ("dashscope", "https://dashscope.aliyuncs.com/compatible-mode/v1", "alibaba"),
    ("dashscope-intl", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "alibaba"),
    ("dashscope-us", "https://dashscope-us.aliyuncs.com/compatible-mode/v1", "alibaba"),
    ("modelscope", "https://api-inference.modelscope.cn/v1", "alibaba"),
    ("streamlake", "https://vanchin.streamlake.ai/v1", "streamlake"),
    ("siliconflow.cn", "https://api.siliconflow.cn/v1", "siliconflow"),
    ("siliconflow.com", "https://api.siliconflow.com/v1", "siliconflow"),
    ("moonshot", "https://api.moonshot.ai/v1", "moonshot"),
]

_AGGREGATORS = [
    ("openrouter", "https://openrouter.ai/api/v1"),
    ("huggingface-router", "https://router.huggingface.co/v1"),
    ("vercel", "https://ai-gateway.vercel.sh/v1"),
    ("helicone", "https://ai-gateway.helicone.ai"),
    ("nvidia-nim", "https://integrate.api.nvidia.com/v1"),
    ("together", "https://api.together.xyz/v1"),
    ("deepinfra", "https://api.deepinfra.com/v1/openai"),
    ("groq", "https://api.groq.com/openai/v1"),
    ("sambanova", "https://api.sambanova.ai/v1"),
    ("hyperbolic", "https://api.hyperbolic.xyz/v1"),
    ("lambda", "https://api.lambda.ai/v1"),
    ("wandb", "https://api.inference.wandb.ai/v1"),
    ("nebius", "https://api.studio.nebius.ai/v1"),
    ("nscale", "https://inference.api.nscale.com/v1"),
    ("perplexity", "https://api.perplexity.ai"),
    ("featherless", "https://api.featherless.ai/v1"),
    ("friendli", "https://api.friendli.ai/serverless/v1"),
    ("clarifai", "https://api.clarifai.com/v2/ext/openai/v1"),
    ("chutes", "https://llm.chutes.ai/v1"),
    ("nano-gpt", "https://nano-gpt.com/api/v1"),
    ("poe", "https://api.poe.com/v1"),
    ("xai", "https://api.x.ai/v1"),
    ("meta-llama-api", "https://api.llama.com/compat/v1"),
]

_NOBODY = """api.fireworks.ai api.novita.ai aihubmix.com llamagate.example kyma.example
inferenceapis.example api.baseten.co api.crusoe.ai api.replicate.com api.endpoints.anyscale.com
app.empower.dev api.galadriel.ai api.publicai.co api.synthetic.new api.stima.tech api.v0.dev
api.morphllm.com ollama.com some-litellm-proxy.example""".split()

_CLOUDS = [
    ("azure foundry", "https://res.services.ai.azure.com/models", "azure"),
    ("azure, version 1", "https://res.openai.azure.com/openai/v1", "azure"),
    ("azure serverless", "https://ep.swedencentral.models.ai.azure.com", "azure"),
    ("bedrock, us", "https://bedrock-runtime.us-east-1.amazonaws.com", "aws-bedrock"),
    ("bedrock, tokyo", "https://bedrock-runtime.ap-northeast-1.amazonaws.com", "aws-bedrock"),
    ("bedrock, stockholm", "https://bedrock-runtime.eu-north-1.amazonaws.com", "aws-bedrock"),
    ("vertex", "https://us-central1-aiplatform.googleapis.com/v1", "google-vertex"),
    ("vertex, global", "https://aiplatform.googleapis.com/v1", "google-vertex"),
    ("mistral", "https://api.mistral.ai/v1", "mistral"),
]

_DEEPSEEK_WEIGHTS = """deepseek-v3-base deepseek-r1 deepseek-r1-zero deepseek-r1-0528 deepseek-v3.1
deepseek-v4-flash deepseek-r1-distill-qwen-1.5b deepseek-r1-distill-qwen-7b
deepseek-r1-distill-qwen-14b deepseek-r1-distill-qwen-32b deepseek-r1-distill-llama-8b
deepseek-r1-distill-llama-70b deepseek-r1-0528-qwen3-8b""".split()
_DERIVED = ["r1-1776", "mai-ds-r1"]
_CHINESE = "qwen2.5-14b qwen2.5-32b qwen2.5-math-1.5b qwen2.5-math-7b qwen3-8b-base hunyuan".split()
_OTHERS = "smollm2 llama-3-8b llama-3.1-8b llama-3.3-70b-instruct s1-32b s1.1-32b".split()
_PLACES = {
    "a name": "http://r1.gpu.internal/v1",
    "an address": "http://10.0.0.5:8000/v1",
    "an IPv6 address": "http://[fd00::5]:8000/v1",
    "loopback": "http://127.0.0.1:8000/v1",
    "an address in hexadecimal": "http://0x0a000005/v1",
    "an address as one number": "http://167772165/v1",
}


def _rows() -> list[Destination]:
    cloud = "public-cloud"
    return [
        *(
            Destination(
                name=f"{host}.deepseek.com as {who}",
                url=f"https://{host}.deepseek.com/v1",
                operator=who,
                zone=zone,
                base=True,
                packs=ALL,
            )
            for host in _HOSTS
            for who, zone in (("deepseek", cloud), ("self", "in-house"))
        ),
        Destination(
            name="deepseek.com itself",
            url="https://deepseek.com",
            operator="deepseek",
            zone=cloud,
            base=True,
            packs=ALL,
        ),
        *(
            Destination(
                name=f"{name} as {who}", url=url, operator=who, zone=zone, base=True, packs=ALL
            )
            for name, url in _SPELLINGS.items()
            for who, zone in (("self", "in-house"), ("openai", cloud))
        ),
        *(
            Destination(
                name=f"unreadable: {name}", url=url, weights="smollm2", base=True, packs=NONE
            )
            for name, url in _UNREADABLE.items()
        ),
        *(
            Destination(
                name=f"look-alike {host}",
                url=f"https://{host}/v1",
                operator="deepseek",
                zone=cloud,
                base=True,
                packs=ALL,
            )
            for host in _LOOK_ALIKES
        ),
        *(
            Destination(
                name=f"{name}, {dc}",
                url=url,
                operator=who,
                zone=cloud,
                datacentre=dc,
                base=True,
                packs=_prc(who, dc),
            )
            for name, url, who in _PRC
            for dc in ("CN", "SG")
        ),
        *(
            Destination(name=f"{name} as self", url=url, base=True, packs=_as_self(who))
            for name, url, who in _PRC
        ),
        *(
            Destination(
                name=f"{who}, R1",
                url=url,
                operator=who,
                zone=cloud,
                datacentre="US",
                base=True,
                packs=NDAA,
            )
            for who, url in _AGGREGATORS
        ),
        *(
            Destination(
                name=f"{host}, nobody's",
                url=f"https://{host}/v1",
                operator="nobody",
                zone=cloud,
                base=True,
                packs=NDAA,
            )
            for host in _NOBODY
        ),
        *(
            Destination(
                name=f"{name}, R1",
                url=url,
                operator=who,
                zone=cloud,
                datacentre="US",
                base=False,
                packs=NDAA,
            )
            for name, url, who in _CLOUDS
        ),
        *(
            Destination(
                name=f"{name}, another model",
                url=url,
                operator=who,
                zone=cloud,
                weights="llama-3.1-8b",
                datacentre="US",
                base=False,
                packs=NONE,
            )
            for name, url, who in _CLOUDS
        ),
        Destination(
            name="azure in China",
            url="https://res.openai.azure.com/openai/v1",
            operator="azure",
            zone=cloud,
            datacentre="CN",
            base=True,
            packs=NDAA | {"tw-moda"},
        ),
        Destination(
            name="openai",
            url="https://api.openai.com/v1",
            operator="openai",
            zone=cloud,
            weights="openai-hosted",
            datacentre="US",
            base=False,
            packs=NONE,
        ),
        Destination(
            name="openai, named deepseek",
            url="https://api.openai.com/v1/deepseek",
            operator="openai",
            zone=cloud,
            weights="openai-hosted",
            base=False,
            packs=NONE,
        ),
        Destination(
            name="anthropic",
            url="https://api.anthropic.com",
            operator="anthropic",
            zone=cloud,
            weights="anthropic-hosted",
            datacentre="US",
            base=False,
            packs=NONE,
        ),
        Destination(
            name="gemini",
            url="https://generativelanguage.googleapis.com/v1beta/openai",
            operator="google-gemini",
            zone=cloud,
            weights="google-hosted",
            base=False,
            packs=NONE,
        ),
        Destination(
            name="a vendor called in-house",
            url="https://api.openai.com/v1",
            operator="openai",
            weights="openai-hosted",
            base=True,
            packs=NONE,
        ),
        Destination(
            name="unknown weights in-house",
            url="http://10.0.0.5/v1",
            weights="nobody-knows",
            base=True,
            packs=NONE,
        ),
        *(
            Destination(
                name=f"{weights} in-house",
                url="http://10.0.0.5/v1",
                weights=weights,
                base=False,
                packs=NDAA,
            )
            for weights in (*_DEEPSEEK_WEIGHTS, *_DERIVED, *_CHINESE)
        ),
        *(
            Destination(
                name=f"{weights} in-house",
                url="http://10.0.0.5/v1",
                weights=weights,
                base=False,
                packs=NDAA if weights.startswith("s1") else NONE,
            )
            for weights in _OTHERS
        ),
        *(
            Destination(name=f"R1 in-house at {place}", url=url, base=False, packs=NDAA)
            for place, url in _PLACES.items()
        ),
    ]


def _prc(who: str, datacentre: str) -> frozenset[str]:
    """Operators in China that serve DeepSeek weights, by the pack that says so."""
    found = {"us-ndaa-1532", "au-pspf"}
    if datacentre == "CN":
        found.add("tw-moda")
    if who == "volcengine":
        found.add("kr-pipc")
    return frozenset(found)


def _as_self(who: str) -> frozenset[str]:
    """In disguise: the weights and the host's operator are still seen."""
    return NDAA | {"kr-pipc"} if who == "volcengine" else NDAA


DESTINATIONS = _rows()

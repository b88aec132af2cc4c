"""Translates one request and its reply to and from a vendor's format, with litellm's transformation classes."""

import copy
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import orjson

from gateway.errors import UpstreamFailed, UpstreamRejected
from gateway.text.own_words import prefixed
from gateway.types import Json
from gateway.upstream.litellm.families import Family
from gateway.upstream.litellm.library import Library
from gateway.upstream.litellm.messages import readable_messages
from gateway.upstream.litellm.no_network import NoNetwork

_T = TypeVar("_T")
_GATEWAY_FIELDS: Final = frozenset(
    {"messages", "model", "stream", "stream_options", "user", "safety_identifier", "metadata", "store", "prompt_cache_key"}
)  # fmt: skip
"""Fields that are not sent: set by the gateway, or about the caller and of use only to OpenAI."""
_NATIVE: Final = {"anthropic": frozenset({"top_k", "thinking"}), "gemini": frozenset({"top_k"}), "vertex_ai": frozenset({"top_k"})}  # fmt: skip
"""Parameters that are not OpenAI's and that litellm passes on to these vendors unchanged."""
_MESSAGE_FIELDS: Final = ("content", "reasoning_content", "refusal", "tool_calls")
_SIGNATURE: Final = "__thought__"
"""Separates the id of a tool call from the signed thought that litellm appends to it for Gemini. Callers don't need it, and it makes ids too long."""


class Translation:
    """The translation of one call.

    Args:
        library: litellm.
        family: the vendor.
        model: the model name that is sent upstream.
        neutral: the masked request in OpenAI's form.
        stream: whether the reply is to be streamed.

    Raises:
        UpstreamRejected: the vendor's API can't express the request.
        UpstreamFailed: litellm failed.
    """

    def __init__(
        self, library: Library, family: Family, model: str, neutral: Mapping[str, Json], *, stream: bool
    ) -> None:  # fmt: skip
        self._library = library
        self._family = family
        self._model = model
        self._null_logger = _NullLogger()
        self._litellm_params: dict[str, Any] = {}
        self.document: Json = _without_network(
            lambda: self._request(copy.deepcopy(dict(neutral)), stream)
        )
        self._chunks = _without_network(self._iterator) if stream else None

    def whole(self, document: Json) -> Json:
        """A whole reply of the vendor in OpenAI's format."""
        return _without_network(lambda: _openai_document(self._reply(document), "message"))

    def chunk(self, document: Json) -> Json:
        """A part of the vendor's stream as a chunk in OpenAI's format; ``None`` when it has no content."""
        return _without_network(lambda: self._part(document))

    def _request(self, neutral: dict[str, Any], stream: bool) -> Json:
        openai_params = {
            k: v for k, v in neutral.items() if k not in _GATEWAY_FIELDS and v is not None
        }
        native = {
            k: openai_params.pop(k)
            for k in _NATIVE.get(self._family.provider, ())
            if k in openai_params
        }
        self._config = self._library.config(self._model, self._family.provider)
        unknown = openai_params.keys() - set(self._config.get_supported_openai_params(self._model))
        if unknown:
            names = ", ".join(sorted(unknown))
            raise UpstreamRejected(f"This deployment's vendor has no parameter {names}.", fallback=False)  # fmt: skip
        self._params = {
            **self._config.map_openai_params(openai_params, {}, self._model, False),
            **native,
        }
        self._json_mode = bool(self._params.pop("json_mode", False))
        self._messages = readable_messages(neutral["messages"], self._family)
        document = self._body()
        if self._family.provider == "mistral":
            # Only with an effort does litellm add it, and to certain models.
            _mark_prompt(document["messages"], self._config._get_mistral_reasoning_system_prompt())  # noqa: SLF001
        if stream and self._family.stream_field:
            document["stream"] = True
            if self._family.provider == "azure":
                document["stream_options"] = {"include_usage": True}
        return document

    def _body(self) -> Any:
        # Copies: litellm modifies its arguments, and the mapped parameters are needed again for the reply.
        params, messages = copy.deepcopy(self._params), copy.deepcopy(self._messages)
        if self._family.provider in ("gemini", "vertex_ai"):
            return self._library.gemini_body(
                messages=messages,
                model=self._model,
                optional_params=params,
                custom_llm_provider=self._family.provider,
                litellm_params=self._litellm_params,
                cached_content=None,
            )
        return self._config.transform_request(
            self._model, messages, params, self._litellm_params, {}
        )

    def _reply(self, document: Json) -> Any:
        if self._family.provider == "azure":
            return document
        reply = self._config.transform_response(
            model=self._model,
            raw_response=self._library.response(200, content=orjson.dumps(document)),
            model_response=self._library.reply(),
            logging_obj=self._null_logger,
            request_data={},
            messages=self._messages,
            optional_params=self._params,
            litellm_params=self._litellm_params,
            encoding=None,
            api_key="",
            json_mode=self._json_mode,
        )
        return reply.model_dump()

    def _iterator(self) -> Any:
        if self._family.provider == "azure":
            return None
        if self._family.provider in ("gemini", "vertex_ai"):
            return self._library.gemini_chunks(
                None, sync_stream=True, logging_obj=self._null_logger
            )
        if self._family.provider == "bedrock":
            return self._library.bedrock_chunks(self._model, json_mode=self._json_mode)
        if self._family.provider == "anthropic":
            return self._library.anthropic_chunks(
                None,
                sync_stream=True,
                json_mode=self._json_mode,
                tool_name_reverse_map=self._litellm_params.get(self._library.anthropic_names),
            )
        return self._config.get_model_response_iterator(
            streaming_response=None, sync_stream=True, json_mode=self._json_mode
        )

    def _part(self, document: Json) -> Json:
        if self._chunks is None:
            return document
        parse = getattr(self._chunks, "converse_chunk_parser", None) or self._chunks.chunk_parser
        part = parse(document)
        if part is None:
            return None
        chunk = _openai_document(part.model_dump(), "delta")
        # litellm sets "stop" in every part of Gemini's stream: a stream that was cut off would look complete.
        if "candidates" in document and not any(
            c.get("finishReason") for c in document["candidates"]
        ):
            for choice in chunk["choices"]:
                choice["finish_reason"] = None
        return chunk


def _mark_prompt(messages: list[dict[str, Any]], prompt: str) -> None:
    """Mark a prompt that litellm wrote before the first system turn as words that no caller wrote."""
    for message in messages:
        content = message.get("content")
        if isinstance(content, str) and content.startswith(prompt):
            message["content"] = prefixed(prompt, content[len(prompt) :])


class _NullLogger:
    """In place of litellm's logger of requests and replies; stores nothing."""

    def __init__(self) -> None:
        self.optional_params: dict[str, Any] = {}
        self.model_call_details: dict[str, Any] = {}

    def post_call(self, *_: object, **__: object) -> None: ...


def _without_network(translate: Callable[[], _T]) -> _T:
    """The result of ``translate``, run without network access.

    A fault of litellm becomes an error of the gateway without litellm's text, which may hold the request (T31).
    """
    guard = NoNetwork()
    try:
        with guard:
            translated = translate()
    except UpstreamRejected:
        raise
    except Exception:  # noqa: BLE001  # third-party code: whatever it raises, the call fails here
        if not guard.triggered:
            raise UpstreamFailed(
                "The request or the reply can't be translated to this vendor's API.", fallback=True
            ) from None
    else:
        # litellm may have caught the refusal of an image download and gone on without the image.
        if not guard.triggered:
            return translated
    raise UpstreamRejected(
        "This deployment takes images and files only within the request (data: URLs).",
        fallback=False,
    )


def _openai_document(document: dict[str, Any], key: str) -> Json:
    """The fields of litellm's document that OpenAI's has. litellm's additions repeat the text, some of it signed."""
    return {
        "id": document.get("id") or "",
        "model": document.get("model") or "",
        "created": document.get("created") or 0,
        "choices": [
            choice
            for given in document.get("choices") or ()
            if (choice := _choice(given, key))[key] or choice["finish_reason"]
        ],
        "usage": document.get("usage"),
    }


def _choice(choice: dict[str, Any], key: str) -> Json:
    given = choice.get(key) or {}
    message = {name: given[name] for name in _MESSAGE_FIELDS if given.get(name)}
    for call in message.get("tool_calls", ()):
        if call.get("id"):
            call["id"] = call["id"].partition(_SIGNATURE)[0]
    return {
        "index": choice.get("index") or 0,
        key: message,
        "finish_reason": choice.get("finish_reason") or None,
    }

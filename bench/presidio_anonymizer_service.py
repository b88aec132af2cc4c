"""Presidio's anonymizer over HTTP, like its official container; run with the Python of LiteLLM's environment.

.tools/litellm/bin/python bench/presidio_anonymizer_service.py PORT
"""

import sys
from typing import Any

import orjson
import uvicorn
from fastapi import FastAPI
from presidio_anonymizer import AnonymizerEngine
from presidio_anonymizer.entities import RecognizerResult


def app() -> FastAPI:
    """``POST /anonymize`` with its default operator, which inserts the kind of value."""
    engine = AnonymizerEngine()
    service = FastAPI()

    @service.post("/anonymize")
    def anonymize(body: dict[str, Any]) -> Any:
        spans = [
            RecognizerResult(r["entity_type"], r["start"], r["end"], r["score"])
            for r in body["analyzer_results"]
        ]
        return orjson.loads(engine.anonymize(body["text"], spans).to_json())

    @service.get("/health")
    def health() -> str:
        return "ok"

    return service


if __name__ == "__main__":
    uvicorn.run(app(), port=int(sys.argv[1]), log_level="warning")

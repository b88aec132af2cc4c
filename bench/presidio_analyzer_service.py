"""Stock Presidio's analyzer over HTTP, like its official container: ``python -m bench.presidio_analyzer_service PORT``."""

import sys
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import NlpEngineProvider

from gateway.detect.engine.nlp import MODEL


def app() -> FastAPI:
    """``POST /analyze`` with its default engine and spaCy's small English model."""
    models = [{"lang_code": "en", "model_name": MODEL}]
    provider = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models})
    analyzer = AnalyzerEngine(nlp_engine=provider.create_engine())
    service = FastAPI()

    @service.post("/analyze")
    def analyze(body: dict[str, Any]) -> list[dict[str, Any]]:
        found = analyzer.analyze(
            body["text"], body.get("language", "en"), entities=body.get("entities")
        )
        return [
            {"entity_type": r.entity_type, "start": r.start, "end": r.end, "score": r.score}
            for r in found
        ]

    @service.get("/health")
    def health(request: Request) -> str:
        del request
        return "ok"

    return service


if __name__ == "__main__":
    uvicorn.run(app(), port=int(sys.argv[1]), log_level="warning")

"""spaCy's English model, as both the teachers and the training use it."""

import spacy
from spacy.language import Language

from gateway.detect.engine.nlp import MODEL


def english() -> Language:
    """The tokenizer and the entity recogniser, which has token vectors of its own, and nothing else."""
    left_out = ["tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer", "senter"]
    return spacy.load(MODEL, exclude=left_out)

import numpy as np
import pytest
import spacy
from spacy.language import Language

from gateway.detect.networks.encoder import Encoder, HashEmbedding, Maxout, Tokens


@pytest.fixture(scope="module")
def english() -> Language:
    return spacy.blank("en")


def encoder(width: int = 8) -> Encoder:
    rng = np.random.default_rng(1)

    def weights(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return rng.normal(size=shape).astype(np.float32)

    def maxout(inputs: int) -> Maxout:
        return Maxout(weights(width, 3, inputs), weights(width, 3), weights(width), weights(width))

    tables = [HashEmbedding(seed, weights(50, width)) for seed in range(4)]
    return Encoder(tables, maxout(4 * width), [maxout(3 * width) for _ in range(4)])


def test_every_token_has_its_row_and_texts_do_not_overlap(english: Language) -> None:
    tokens = Tokens([english("Kenji met Kenji ."), english("Osaka")])
    assert tokens.lengths == [4, 1]
    assert tokens.places.tolist() == [4, 5, 6, 7, 12]
    assert tokens.padded == 17
    assert tokens.kinds.shape == (4, 4)
    assert tokens.index[0] == tokens.index[2]


def test_white_space_is_marked(english: Language) -> None:
    assert Tokens([english("a \n b")]).spaces.tolist() == [False, True, False]


def test_a_text_reads_the_same_alone_and_beside_others(english: Language) -> None:
    encode = encoder()
    one, two = english("Kenji lives in Osaka now"), english("Nobody else does")
    together = encode(Tokens([one, two]))
    assert np.allclose(together[:5], encode(Tokens([one])), atol=1e-5)
    assert np.allclose(together[5:], encode(Tokens([two])), atol=1e-5)


def test_four_neighbours_on_each_side_are_read_and_the_fifth_is_not(english: Language) -> None:
    encode = encoder()
    first = encode(Tokens([english("a b c d e f")]))
    other = encode(Tokens([english("z b c d e f")]))
    assert not np.allclose(first[4], other[4])
    assert np.allclose(first[5], other[5], atol=1e-5)

"""The tree against published roots, a direct reading of the definition, and properties."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.audit.proof.merkle import (
    EMPTY_ROOT,
    CompactRange,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

INPUTS = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
"""The eight inputs of the reference tests of Certificate Transparency, and their roots."""
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(bytes.fromhex(text)) for text in INPUTS]

trees = st.integers(1, 70).map(lambda size: [leaf_hash(b"%d" % n) for n in range(size)])


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size: int) -> None:
    assert root(LEAVES[:size]).hex() == ROOTS[size]


def test_published_inclusion_proof() -> None:
    """Leaf 5 of 8, from the same reference tests."""
    assert [node.hex() for node in inclusion_proof(5, LEAVES)] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


def test_the_empty_tree_and_the_prefixes() -> None:
    assert CompactRange().root() == EMPTY_ROOT == hashlib.sha256().digest()
    assert leaf_hash(b"x") == hashlib.sha256(b"\0x").digest()
    assert node_hash(b"l", b"r") == hashlib.sha256(b"\1lr").digest()


def definition(leaves: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1, read literally."""
    if len(leaves) == 1:
        return leaves[0]
    split = max(2**power for power in range(10) if 2**power < len(leaves))
    return node_hash(definition(leaves[:split]), definition(leaves[split:]))


@given(trees)
def test_the_range_gives_the_root_of_the_definition(leaves: list[bytes]) -> None:
    assert root(leaves) == definition(leaves)


@given(trees, st.data())
def test_a_range_goes_on_from_any_size(leaves: list[bytes], data: st.DataObject) -> None:
    split = data.draw(st.integers(0, len(leaves)))
    tree = CompactRange()
    for leaf in leaves[:split]:
        tree.append(leaf)
    stored = CompactRange(size=tree.size, hashes=list(tree.hashes))
    copy = stored.copy()
    for leaf in leaves[split:]:
        copy.append(leaf)
    assert copy.root() == root(leaves)
    assert stored.root() == root(leaves[:split])


@given(trees, st.data())
def test_inclusion_proofs_prove_their_leaf_alone(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    other = data.draw(st.integers(-1, len(leaves)))
    proof = inclusion_proof(index, leaves)
    assert verify_inclusion(leaves[index], index, len(leaves), proof, root(leaves))
    assert not verify_inclusion(leaf_hash(b"x"), index, len(leaves), proof, root(leaves))
    assert not verify_inclusion(leaves[index], index, len(leaves), (*proof, b""), root(leaves))
    assert not verify_inclusion(leaves[index], index, len(leaves), proof, EMPTY_ROOT)
    if other != index:
        assert not verify_inclusion(leaves[index], other, len(leaves), proof, root(leaves))
    if proof:
        assert not verify_inclusion(leaves[index], index, len(leaves), proof[:-1], root(leaves))


@given(trees, st.data())
def test_consistency_proofs_prove_their_prefix_alone(
    leaves: list[bytes], data: st.DataObject
) -> None:
    first = data.draw(st.integers(1, len(leaves)))
    old, new, size = root(leaves[:first]), root(leaves), len(leaves)
    proof = consistency_proof(first, leaves)
    assert verify_consistency(first, size, old, new, proof)
    assert not verify_consistency(first, size, EMPTY_ROOT, new, proof)
    assert not verify_consistency(first, size, old, EMPTY_ROOT, proof)
    assert not verify_consistency(first, size, old, new, (*proof, old))
    assert not verify_consistency(0, size, old, new, proof)
    assert not verify_consistency(size + 1, size, old, new, proof)
    if proof:
        assert not verify_consistency(first, size, old, new, proof[:-1])
        assert not verify_consistency(first, size, old, new, ())


def test_proofs_of_what_does_not_exist() -> None:
    with pytest.raises(IndexError):
        inclusion_proof(8, LEAVES)
    with pytest.raises(IndexError):
        consistency_proof(9, LEAVES)
    with pytest.raises(IndexError):
        consistency_proof(0, LEAVES)


@pytest.mark.parametrize(("size", "hashes"), [(1, []), (2, LEAVES[:2]), (1, [b"short"])])
def test_a_range_that_does_not_fit_its_size_is_refused(size: int, hashes: list[bytes]) -> None:
    with pytest.raises(ValueError, match="compact range"):
        CompactRange(size=size, hashes=hashes)

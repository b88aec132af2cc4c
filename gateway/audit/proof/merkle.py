"""Merkle tree hashing and proofs, as defined by RFC 6962 and RFC 9162 (section 2 of each).

The hash is SHA-256. Leaves and nodes are hashed with different prefixes, so that neither can be
mistaken for the other. :class:`CompactRange` is the state that a log needs to append records:
one hash for each perfect subtree, so at most 64 of them. Proofs are computed from the leaf hashes.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """``SHA-256(0x00 || leaf)``."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """``SHA-256(0x01 || left || right)``."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(slots=True, kw_only=True)
class CompactRange:
    """The roots of the perfect subtrees that make up a tree of ``size`` leaves, largest first.

    Raises:
        ValueError: when the number of hashes does not fit the size.
    """

    size: int = 0
    hashes: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        if len(self.hashes) != self.size.bit_count():
            raise ValueError("a compact range has one hash for each bit set in its size")
        if any(len(node) != HASH_BYTES for node in self.hashes):
            raise ValueError("a hash of a compact range has 32 bytes")

    def append(self, leaf: bytes) -> None:
        """Add a leaf hash."""
        node = leaf
        size = self.size
        # Each low bit that is set is a subtree as large as the new node: both merge, like a carry in binary addition.
        while size & 1:
            node = node_hash(self.hashes.pop(), node)
            size >>= 1
        self.hashes.append(node)
        self.size += 1

    def root(self) -> bytes:
        """The hash of the whole tree."""
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            root = node_hash(left, root)
        return root

    def copy(self) -> "CompactRange":
        """An independent copy."""
        return CompactRange(size=self.size, hashes=self.hashes.copy())


def root(leaves: Iterable[bytes]) -> bytes:
    """The hash of the tree over these leaf hashes."""
    tree = CompactRange()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


def inclusion_proof(index: int, leaves: Sequence[bytes]) -> tuple[bytes, ...]:
    """The nodes on the path from leaf ``index`` to the root (RFC 9162, 2.1.3.1).

    Raises:
        IndexError: when the tree has no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError("no such leaf")
    if len(leaves) == 1:
        return ()
    split = _split(len(leaves))
    if index < split:
        return (*inclusion_proof(index, leaves[:split]), root(leaves[split:]))
    return (*inclusion_proof(index - split, leaves[split:]), root(leaves[:split]))


def consistency_proof(first: int, leaves: Sequence[bytes]) -> tuple[bytes, ...]:
    """The nodes that prove that the first tree is a prefix of this one (RFC 9162, 2.1.4.1).

    ``first`` is the number of its leaves.

    Raises:
        IndexError: when ``first`` is not from 1 to the number of leaves.
    """
    if not 0 < first <= len(leaves):
        raise IndexError("no such tree")
    return _subproof(first, leaves, whole=True)


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected_root: bytes
) -> bool:
    """Whether the proof proves the leaf hash at ``index`` of the tree (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    position, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            node = node_hash(sibling, node)
            # Where a node is the last of its level it has no sibling, and the
            # proof no hash for that level.
            shift = _trailing_zeros(position)
            position, last = position >> shift, last >> shift
        else:
            node = node_hash(node, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and node == expected_root


def verify_consistency(
    first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the proof proves that the first tree is a prefix of the second (RFC 9162, 2.1.4.2)."""
    if first == second:
        return not proof and first_root == second_root
    if not 0 < first < second:
        return False
    # A first tree of a power of two is itself a node of the second: the proof leaves it out (step 2).
    nodes = list(proof) if first & (first - 1) else [first_root, *proof]
    if not nodes:
        return False
    # The trailing ones of `first - 1`: levels below the largest subtree
    # that both trees share (step 4).
    shift = _trailing_zeros(~(first - 1))
    position, last = (first - 1) >> shift, (second - 1) >> shift
    return _climb(nodes, position, last) == (first_root, second_root)


def _climb(nodes: Sequence[bytes], position: int, last: int) -> tuple[bytes, bytes] | None:
    """The roots of both trees of a consistency proof; ``None`` when it does not fit the sizes."""
    old = new = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            return None
        if position & 1 or position == last:
            old, new = node_hash(node, old), node_hash(node, new)
            shift = _trailing_zeros(position)
            position, last = position >> shift, last >> shift
        else:
            new = node_hash(new, node)
        position, last = position >> 1, last >> 1
    return (old, new) if last == 0 else None


def _subproof(first: int, leaves: Sequence[bytes], *, whole: bool) -> tuple[bytes, ...]:
    if first == len(leaves):
        return () if whole else (root(leaves),)
    split = _split(len(leaves))
    if first <= split:
        return (*_subproof(first, leaves[:split], whole=whole), root(leaves[split:]))
    return (*_subproof(first - split, leaves[split:], whole=False), root(leaves[:split]))


def _split(size: int) -> int:
    """The largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def _trailing_zeros(number: int) -> int:
    return (number & -number).bit_length() - 1 if number else 0

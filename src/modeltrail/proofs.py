"""What can be shown to somebody who does not trust the store? A checkpoint of the log, and that a fact is in it."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from modeltrail.domain.values import Instant
from modeltrail.merkle import leaf_hash, root_from_path

HexHash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 hash as 64 lower-case hexadecimal digits."""


class Document(BaseModel):
    """What is kept outside of the store, as one JSON object."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def to_json(self) -> str:
        """Its JSON text, one line."""
        return self.model_dump_json()

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """The document of a JSON text. Raises ValueError where it is none."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]
            place = ".".join(str(step) for step in problem["loc"]) or "the text"
            raise ValueError(f"this is no {cls.__name__} in JSON: {place}: {problem['msg']}") from None


class Checkpoint(Document):
    """The log at one time: how many facts it held and the root of their tree. Keep it where its keeper cannot write."""

    size: int = Field(ge=0)
    root: HexHash
    time: Instant


class InclusionProof(Document):
    """That a fact is at a position of the log of this size and root: its bytes, its leaf, the path to the root."""

    position: int = Field(ge=1)
    size: int = Field(ge=1)
    root: HexHash
    leaf: HexHash
    path: tuple[HexHash, ...]
    body: str


def flaw(proof: InclusionProof, checkpoint: Checkpoint | None = None) -> str | None:
    """Why a proof does not hold, null where it does: against its own root, or against a checkpoint of the same size.

    Without a checkpoint from elsewhere it only shows that the proof is consistent in itself.
    """
    body = proof.body.encode("utf-8", "surrogatepass")
    if leaf_hash(body).hex() != proof.leaf:
        return "the leaf is not the hash of the body"
    if _stated_position(body) != proof.position:
        return f"the body does not say that it is at position {proof.position}"
    path = [bytes.fromhex(step) for step in proof.path]
    root = root_from_path(bytes.fromhex(proof.leaf), proof.position - 1, proof.size, path)
    if root is None or root.hex() != proof.root:
        return "the path does not lead to the root"
    if checkpoint is not None and (checkpoint.size, checkpoint.root) != (proof.size, proof.root):
        return f"the checkpoint is of another log: size {checkpoint.size}, root {checkpoint.root}"
    return None


def _stated_position(body: bytes) -> object:
    try:
        members = from_json(body)
    except ValueError:
        return None
    return members.get("position") if isinstance(members, dict) else None

"""Where rows came from: when they became known, by which payload, when they were stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.observation import KnownBasis
from pipeline.store.arrow import column, compressed, numbers, plain, stream
from pipeline.store.rows import Indices, Integers

BASES = tuple(KnownBasis)
Mask = npt.NDArray[np.bool_]


class Origin(NamedTuple):
    """Of all rows of one batch."""

    known_us: int
    payload_sha256: str
    part: int
    basis: KnownBasis
    stored_us: int


@dataclass(frozen=True, slots=True, eq=False)
class Origins:
    """Many origins in columns; `payload` is a place in `payloads`, `basis` one in BASES."""

    known_us: Integers
    stored_us: Integers
    part: Integers
    basis: Integers
    payload: Integers
    payloads: tuple[str, ...]

    @classmethod
    def of(cls, origins: Sequence[Origin]) -> Self:
        """Return some origins in columns."""
        payloads = tuple(dict.fromkeys(o.payload_sha256 for o in origins))
        place = {sha256: i for i, sha256 in enumerate(payloads)}
        number = {basis: i for i, basis in enumerate(BASES)}
        columns = [
            (o.known_us, o.stored_us, o.part, number[o.basis], place[o.payload_sha256])
            for o in origins
        ]
        known, stored, part, basis, payload = np.array(columns, np.int64).reshape(-1, 5).T
        return cls(known, stored, part, basis, payload, payloads)

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Return the origins of all parts, one after another."""
        starts = np.cumsum([0, *(len(part.payloads) for part in parts)])
        shifted = [part.payload + start for part, start in zip(parts, starts, strict=False)]
        return cls(
            known_us=_joined([part.known_us for part in parts]),
            stored_us=_joined([part.stored_us for part in parts]),
            part=_joined([part.part for part in parts]),
            basis=_joined([part.basis for part in parts]),
            payload=_joined(shifted),
            payloads=tuple(sha256 for part in parts for sha256 in part.payloads),
        )

    @classmethod
    def read(cls, content: bytes) -> Self:
        """Return the origins that `content` was made of."""
        batch = plain(content)
        payload, basis = batch.column("payload_sha256"), batch.column("known_basis")
        bases = np.array([BASES.index(KnownBasis(b)) for b in basis.dictionary.to_pylist()])
        return cls(
            known_us=numbers(batch.column("known_at")),
            stored_us=numbers(batch.column("stored_at")),
            part=numbers(batch.column("part")).astype(np.int64),
            basis=bases[numbers(basis.indices)],
            payload=numbers(payload.indices).astype(np.int64),
            payloads=tuple(payload.dictionary.to_pylist()),
        )

    def __len__(self) -> int:
        return len(self.known_us)

    @property
    def content(self) -> bytes:
        """The origins as they are kept: a compressed Arrow stream."""
        columns = {
            "known_at": column(self.known_us),
            "known_basis": _named(self.basis, [str(basis) for basis in BASES]),
            "payload_sha256": _named(self.payload, list(self.payloads)),
            "part": column(self.part.astype(np.int32)),
            "stored_at": column(self.stored_us),
        }
        return compressed(stream(pa.RecordBatch.from_pydict(columns)))

    def ranks(self, rows: Integers) -> Integers:
        """Return for origins by number their ranks by payload hash and part, equal if the same."""
        used, places = np.unique(rows, return_inverse=True)
        keys = [
            (self.payloads[p], n)
            for p, n in zip(self.payload[used].tolist(), self.part[used].tolist(), strict=True)
        ]
        rank = {key: i for i, key in enumerate(sorted(set(keys)))}
        return np.array([rank[key] for key in keys], np.int64)[places]

    def of_payload(self, sha256: str) -> Mask:
        """Tell which origins are a payload's."""
        wanted = [i for i, one in enumerate(self.payloads) if one == sha256]
        found: Mask = np.isin(self.payload, wanted)
        return found

    def of_basis(self, basis: KnownBasis) -> Mask:
        """Tell which origins are of a basis."""
        found: Mask = self.basis == BASES.index(basis)
        return found

    def without_doubles(self) -> tuple[Self, Integers]:
        """Return the distinct origins in order, and which of them each one is."""
        names = sorted(set(self.payloads))
        place = {sha256: i for i, sha256 in enumerate(names)}
        payload = np.array([place[one] for one in self.payloads], np.int64)[self.payload]
        columns = np.stack([self.known_us, payload, self.part, self.basis, self.stored_us], axis=1)
        distinct, number = np.unique(columns, axis=0, return_inverse=True)
        known, payload, part, basis, stored = distinct.T
        return type(self)(known, stored, part, basis, payload, tuple(names)), number.reshape(-1)

    def take(self, rows: Indices | Mask) -> Self:
        """Return some origins, in the order of `rows`."""
        return type(self)(
            self.known_us[rows],
            self.stored_us[rows],
            self.part[rows],
            self.basis[rows],
            self.payload[rows],
            self.payloads,
        )


def _joined(columns: Sequence[Integers]) -> Integers:
    return np.concatenate(columns) if columns else np.empty(0, np.int64)


def _named(numbers: Integers, names: list[str]) -> Any:  # noqa: ANN401 - pyarrow publishes no types
    return pa.DictionaryArray.from_arrays(
        column(numbers.astype(np.int32)), pa.array(names, pa.string())
    )

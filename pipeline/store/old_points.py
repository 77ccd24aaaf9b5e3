"""Points as batches held them before there were series lists: every row with its names.

Such batches are never written now. They stay readable until a compaction has rewritten them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.store.blob import NO_MEMBER, Columns, plain_values
from pipeline.store.series_list import SeriesList, same


def read(batch: Any) -> tuple[SeriesList, Columns, Columns]:  # noqa: ANN401 - pyarrow has no types
    """Return the series of an old batch, and the columns of what it observed and what it forecast.

    Parameters
    ----------
    batch : Arrow record batch of station_id, variable, interval_s, valid_time, reference_time,
        member, value and flag
    """
    names = (batch.column(name).to_pylist() for name in ("station_id", "variable", "interval_s"))
    distinct, code = SeriesList.coded(*names)
    series = same(tuple(sorted(distinct.series)))
    columns = {
        "series": series.places(distinct)[code].astype(np.uint32),
        "valid_time": _integers(batch.column("valid_time")),
        "value": plain_values(np.asarray(batch.column("value").to_numpy(zero_copy_only=False))),
        "flag": batch.column("flag").to_numpy(),
        "reference_time": _integers(pc.fill_null(batch.column("reference_time").cast("int64"), 0)),
        "member": _integers(pc.fill_null(batch.column("member").cast("int64"), NO_MEMBER)),
    }
    order = np.lexsort((columns["series"], columns["valid_time"]))
    observed = batch.column("reference_time").is_null().to_numpy(zero_copy_only=False)[order]
    forecast = {name: column[order][~observed] for name, column in columns.items()}
    past = {
        name: column[order][observed]
        for name, column in columns.items()
        if name not in {"reference_time", "member"}
    }
    return series, past, forecast


def _integers(column: Any) -> Any:  # noqa: ANN401 - pyarrow publishes no types
    return column.cast(pa.int64()).to_numpy(zero_copy_only=False)

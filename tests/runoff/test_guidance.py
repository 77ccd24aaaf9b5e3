"""Flash-flood guidance: what it says brings the flow does, and a millimetre less does not."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.runoff.gr4h import Parameters, State, simulate
from pipeline.runoff.guidance import MOST_MM, SLOWEST_H, guidance_mm

DURATIONS = (1, 3, 6, 24)
PET = np.array([0.05])
catchments = st.tuples(
    st.floats(30, 800),
    st.floats(10, 300),
    st.floats(0.5, 12),
    st.floats(0, 0.95),
    st.floats(0, 0.6),
)
runoffs = st.floats(0.05, 20)


def of(catchment) -> tuple[Parameters, State]:
    x1, x3, x4, production, routing = catchment
    parameters = Parameters(*(np.array([x]) for x in (x1, 0.0, x3, x4)))
    return parameters, State.filled(parameters, production, routing)


def guidance(catchment, *runoff_mm: float) -> np.ndarray:
    return guidance_mm(*of(catchment), PET, np.array(runoff_mm)[:, None], DURATIONS)[:, :, 0]


def peak(catchment, depth: float, hours: int) -> float:
    rain = np.zeros((hours + SLOWEST_H, 1))
    rain[:hours] = depth / hours
    return simulate(rain, np.full(rain.shape, PET), *of(catchment))[0].max()


@given(catchments, runoffs)
@settings(max_examples=60)
def test_the_rain_that_it_states_brings_the_flow_and_less_does_not(catchment, runoff):
    for hours, depth in zip(DURATIONS, guidance(catchment, runoff)[:, 0], strict=True):
        if np.isnan(depth):
            assert peak(catchment, MOST_MM, hours) < runoff
        else:
            assert peak(catchment, depth + 0.051, hours) >= runoff
            assert depth == 0.0 or peak(catchment, depth - 0.151, hours) < runoff


@given(catchments, runoffs, st.floats(1, 3))
@settings(max_examples=60)
def test_wetter_stores_never_need_more_rain_and_a_higher_flow_never_less(catchment, runoff, more):
    lower, higher = np.nan_to_num(guidance(catchment, runoff, more * runoff), nan=np.inf).T
    assert (higher >= lower).all()
    *soil, production, routing = catchment
    wetter = (*soil, min(0.99, 1.2 * production), min(0.9, 1.2 * routing))
    assert (np.nan_to_num(guidance(wetter, runoff)[:, 0], nan=np.inf) <= lower).all()


def test_a_flow_that_comes_anyway_needs_no_rain_and_one_beyond_all_rain_has_none():
    wet = (100.0, 50.0, 2.0, 0.9, 0.6)
    found = guidance(wet, 0.01, 900.0, np.nan)
    assert (found[:, 0] == 0.0).all()
    assert np.isnan(found[:, 1:]).all()


def test_each_catchment_has_the_guidance_that_it_has_alone():
    each = [(100.0, 50.0, 2.0, 0.5, 0.3), (300.0, 20.0, 5.0, 0.8, 0.1)]
    x1, x3, x4, *_ = np.array(each).T
    together = Parameters(x1, np.zeros(2), x3, x4)
    begun = State.filled(together, 1.0, 1.0)
    begun.production[:] *= [0.5, 0.8]
    begun.routing[:] *= [0.3, 0.1]
    levels = np.array([[0.5, 0.7], [2.0, 4.0]])
    found = guidance_mm(together, begun, np.full(2, PET), levels, DURATIONS)
    for i, one in enumerate(each):
        assert np.array_equal(found[:, :, i], guidance(one, *levels[:, i]))

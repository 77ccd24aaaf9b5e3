"""The rainfall-runoff kernel: equal to an independent one, and never losing its way in blocks."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import SchemaError
from pipeline.runoff.gr4h import Parameters, State, ahead, hydrographs, simulate

HOURS = 60


def plain_gr4h(rain, pet, x1, x2, x3, x4, s, r):
    """Return the runoff of one catchment, by convolution and in the paper's own order of steps."""

    def sh1(t):
        return min(1.0, t / x4) ** 1.25

    def sh2(t):
        if t <= x4:
            return 0.5 * (t / x4) ** 1.25
        return 1.0 - 0.5 * (2.0 - t / x4) ** 1.25 if t < 2 * x4 else 1.0

    effective, runoff = [], []
    for hour, (p, e) in enumerate(zip(rain, pet, strict=True)):
        pn, en = max(p - e, 0.0), max(e - p, 0.0)
        ps = es = 0.0
        if pn > 0:
            ps = x1 * (1 - (s / x1) ** 2) * math.tanh(pn / x1)
            ps /= 1 + s / x1 * math.tanh(pn / x1)
        elif en > 0:
            es = s * (2 - s / x1) * math.tanh(en / x1)
            es /= 1 + (1 - s / x1) * math.tanh(en / x1)
        s += ps - es
        perc = s * (1 - (1 + (4 / 21 * s / x1) ** 4) ** -0.25)
        s -= perc
        effective.append(perc + pn - ps)
        q9 = sum(0.9 * effective[hour - j] * (sh1(j + 1) - sh1(j)) for j in range(hour + 1))
        q1 = sum(0.1 * effective[hour - j] * (sh2(j + 1) - sh2(j)) for j in range(hour + 1))
        f = x2 * (r / x3) ** 3.5
        r = max(0.0, r + q9 + f)
        qr = r * (1 - (1 + (r / x3) ** 4) ** -0.25)
        r -= qr
        runoff.append(qr + max(0.0, q1 + f))
    return runoff


sets = st.tuples(
    st.floats(10, 800), st.floats(-3, 3), st.floats(5, 300), st.floats(0.5, 12),
    st.floats(0, 0.95), st.floats(0, 0.95),
)  # fmt: skip
mm = st.lists(st.floats(0, 60), min_size=HOURS, max_size=HOURS)
seeds = st.integers(0, 2**32 - 1)


def parameters(*each):
    return Parameters(*(np.array(column, float) for column in zip(*each, strict=True)))


def weather(seed, catchments):
    chance = np.random.default_rng(seed)
    rain = chance.gamma(0.2, 12.0, (HOURS, catchments)) * (chance.random((HOURS, 1)) < 0.5)
    return rain, chance.uniform(0.0, 0.3, rain.shape)


@settings(max_examples=40)
@given(sets, sets, seeds)
def test_the_kernel_equals_an_independent_one_to_a_millionth_of_a_millimetre(one, two, seed):
    rain, pet = weather(seed, 2)
    of = parameters(one[:4], two[:4])
    state = State.filled(of, 0.0, 0.0)
    state.production[:] = [one[4] * one[0], two[4] * two[0]]
    state.routing[:] = [one[5] * one[2], two[5] * two[2]]
    got, _ = simulate(rain, pet, of, state)
    for c, (x1, x2, x3, x4, s, r) in enumerate((one, two)):
        want = plain_gr4h(rain[:, c], pet[:, c], x1, x2, x3, x4, s * x1, r * x3)
        assert got[:, c] == pytest.approx(want, abs=1e-6, rel=1e-9)


@settings(max_examples=40)
@given(sets, sets, seeds, st.integers(1, HOURS - 1))
def test_a_block_of_hours_gives_the_bytes_of_its_parts(one, two, seed, cut):
    rain, pet = weather(seed, 2)
    of = parameters(one[:4], two[:4])
    start = State.filled(of, one[4], one[5])
    whole, end = simulate(rain, pet, of, start)
    first, between = simulate(rain[:cut], pet[:cut], of, start)
    second, after = simulate(rain[cut:], pet[cut:], of, between)
    assert np.concatenate([first, second]).tobytes() == whole.tobytes()
    for name in ("production", "routing", "routed", "direct"):
        assert getattr(after, name).tobytes() == getattr(end, name).tobytes()


@settings(max_examples=30)
@given(sets, seeds, st.integers(0, HOURS - 7))
def test_what_is_foreseen_is_what_comes_if_the_rain_comes_so(one, seed, hour):
    rain, pet = weather(seed, 1)
    pet[:] = 0.1
    of = parameters(one[:4])
    start = State.filled(of, one[4], one[5])
    future = np.stack([np.roll(rain, -k, axis=0) for k in range(1, 7)], axis=1)
    runoff, _ = simulate(rain, pet, of, start)
    foreseen = ahead(rain, pet, future, of, start)
    assert foreseen[hour, :, 0] == pytest.approx(runoff[hour + 1 : hour + 7, 0], rel=1e-12)


@settings(max_examples=40)
@given(sets, seeds, st.integers(0, HOURS - 1), st.floats(0, 40))
def test_more_rain_never_makes_less_runoff(one, seed, hour, more):
    rain, pet = weather(seed, 1)
    of = parameters((one[0], abs(one[1]), *one[2:4]))
    start = State.filled(of, one[4], one[5])
    wetter = rain.copy()
    wetter[hour] += more
    before, after = simulate(rain, pet, of, start)[0], simulate(wetter, pet, of, start)[0]
    assert (after >= before - 1e-9).all()


@given(st.lists(st.floats(0.5, 96), min_size=1, max_size=5))
def test_all_water_leaves_the_hydrographs(x4):
    for ordinates in hydrographs(np.array(x4)):
        assert ordinates.sum(axis=1) == pytest.approx(np.ones(len(x4)))
        assert (ordinates >= 0).all()


@pytest.mark.parametrize("hole", ["rain", "pet"])
def test_missing_rain_is_refused_and_not_taken_for_dry(hole):
    rain, pet = weather(1, 1)
    (rain if hole == "rain" else pet)[5] = np.nan
    of = parameters((100, 0, 50, 3))
    with pytest.raises(SchemaError, match="missing"):
        simulate(rain, pet, of, State.filled(of, 0.3, 0.3))


@pytest.mark.parametrize(
    "bad", [(0, 0, 50, 3), (100, math.nan, 50, 3), (100, 0, -1, 3), (100, 0, 50, 0.2)]
)
def test_parameters_that_the_equations_cannot_take_are_refused(bad):
    with pytest.raises(SchemaError, match="out of bounds"):
        parameters((100, 0, 50, 3), bad)

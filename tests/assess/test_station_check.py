"""What is shown of raw bytes: few lines, about the station, safe on a terminal."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.station_check import LINES, WIDTH, excerpt


@given(st.binary(max_size=400), st.sampled_from([(), ("R01",), ("R01", "x")]))
def test_an_excerpt_is_short_and_printable_whatever_came(content, names):
    lines = [*excerpt(content, names)]
    assert len(lines) <= LINES
    for line in lines:
        assert len(line) <= WIDTH
        assert line.isprintable()


def test_the_last_lines_that_name_the_station_are_shown():
    content = "".join(f"R0{n % 2},{n}\n" for n in range(20)).encode()
    assert [*excerpt(content, ("R01",))] == ["R01,13", "R01,15", "R01,17", "R01,19"]
    assert [*excerpt(content, ("R07",))] == []
    assert [*excerpt(b"1\n2\n", ())] == ["1", "2"]


def test_of_one_long_line_the_part_around_the_name_is_shown():
    (line,) = excerpt(b"a" * 5000 + b"R01: \x1b[31m4.2" + b"z" * 5000, ("R01",))
    assert "R01:  [31m4.2" in line
    assert len(line) == WIDTH

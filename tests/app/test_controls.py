"""What a link may say, and what becomes of the rest."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ce_core.bugs import BUGS
from pages.shared import controls
from pages.shared.controls import Settings

finite = st.floats(-controls.LARGEST, controls.LARGEST, allow_nan=False).map(lambda v: v + 0.0)
names = st.text(min_size=1, max_size=controls.MAX_NAME_LENGTH)


def is_name(text: str) -> bool:
    try:
        return controls.name(text) == text
    except ValueError:
        return False


@st.composite
def settings(draw: st.DrawFn) -> Settings:
    count = draw(st.integers(controls.MIN_CLASSES, controls.MAX_CLASSES))
    return Settings(
        logits=tuple(draw(st.lists(finite | st.just(-math.inf), min_size=count, max_size=count))),
        target=draw(st.integers(0, count - 1)),
        format=draw(st.sampled_from(controls.FORMATS)),
        names=tuple(
            draw(st.lists(names.filter(is_name), min_size=count, max_size=count, unique=True))
        ),
        shift=draw(finite),
        reach=draw(st.sampled_from(controls.REACHES)),
        counts=tuple(
            draw(
                st.lists(st.integers(0, controls.MAX_COUNT), min_size=count, max_size=count).filter(
                    any
                )
            )
        ),
        model=controls.share(
            controls.first_model(count), draw(st.integers(0, count - 1)), draw(st.floats(0.0, 1.0))
        ),
        x=draw(finite),
        other=draw(finite),
        temperature=draw(st.floats(0.01, 100.0)),
        cell=draw(st.sampled_from(controls.CELLS)),
        smoothing=draw(st.floats(0.0, 1.0)) + 0.0,
        rate=draw(st.floats(0.001, 100.0)),
        step=draw(st.integers(0, controls.MAX_STEP)),
        bug=draw(st.sampled_from(list(BUGS))),
        dose=draw(finite),
        repaired=draw(st.integers(0, 1)),
    )


PAGES = ("pipeline", "likelihood", "sigmoid", "softmax", "overflow", "gradient", "bugs")


@given(settings(), st.sampled_from(PAGES))
@example(Settings(names=('a,"b"', "'", "\\")), "pipeline")
@example(Settings(names=("<img src=x>", "*a*, $b$", "\u05d0\u200d")), "gradient")
@example(Settings(logits=(0.1 + 0.2, 1e-300, -1e300)), "sigmoid")
def test_a_link_that_the_app_wrote_reads_back_exactly(wanted: Settings, page: str) -> None:
    query = {key: [text] for key, text in controls.write(wanted, page).items()}
    assert controls.read(query) == (wanted, [])


texts = st.text() | st.sampled_from(
    [
        "nan",
        "inf",
        "-inf",
        "1e999",
        "1_0",
        "٣",
        "0x10",
        "1,2,",
        ",",
        '"',
        "<script>",
        "\u202e",
        "-0",
    ]
)


@given(
    st.dictionaries(
        st.sampled_from([p.key for p in controls.PARAMETERS]) | st.text(),
        st.lists(texts, min_size=1, max_size=3),
    )
)
@example({"logits": ["9" * 100_000]})
@example({"logits": ["1," * 50_000]})
@example({"names": ['"' * 99_999]})
@example({"names": ["a\nb,c,d"]})
@example({"target": ["9" * 5000]})
def test_any_link_gives_valid_settings_and_names_what_it_left_out(
    query: dict[str, list[str]],
) -> None:
    result, ignored = controls.read(query)
    written = {k: [v] for k, v in controls.write(result, "pipeline").items()}
    assert controls.read(written) == (result, [])
    refused = {part.key for part in ignored}
    # A part that is not named was taken: it is what its text says.
    for key in {"logits", "shift"} & set(query) - refused:
        numbers = [float(part) + 0.0 for part in query[key][0].split(",")]
        assert numbers == list(np.ravel(getattr(result, key)))
    for key in {"target", "format", "reach"} & set(query) - refused:
        assert query[key][0] == controls.plain(getattr(result, key)).zfill(len(query[key][0]))
    for key, values in query.items():
        if key not in {p.key for p in controls.PARAMETERS} or len(values) > 1:
            assert key in refused
    default, _ = controls.read({})
    for parameter in controls.PARAMETERS:
        if parameter.key not in query and parameter.default is None:
            assert getattr(result, parameter.key) == getattr(default, parameter.key)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("logits", "1"),
        ("logits", ",".join("0" * 11)),
        ("logits", "1,nan"),
        ("logits", "1,inf"),
        ("logits", "1,1e301"),
        ("logits", "1;2"),
        ("logits", "1,١"),
        ("logits", "1,1_0"),
        ("logits", ""),
        ("names", "cat,cat,dog"),
        ("names", "cat,dog"),
        ("names", "cat,,dog"),
        ("names", f"cat,dog,{'x' * 21}"),
        ("names", "cat,dog,a\u202eb"),
        ("names", 'cat,dog,"x'),
        ("names", "cat,dog,\u200d"),
        ("names", "cat,dog,\u3164"),
        ("names", "cat,dog,\u2800"),
        ("names", "cat,dog,\ufe0f"),
        ("target", "3"),
        ("target", "-1"),
        ("target", "1.0"),
        ("format", "float8_e5m2"),
        ("format", "Float32"),
        ("shift", "-inf"),
        ("shift", ""),
        ("reach", "20"),
        ("reach", "10.0"),
    ],
)
def test_a_broken_part_is_refused_and_the_others_are_kept(key: str, text: str) -> None:
    query = {"logits": ["3,2,1"], "format": ["float16"], key: [text]}
    result, ignored = controls.read(query)
    assert [(part.key, part.text, part.expected) for part in ignored] == [(key, text, key)]
    if key != "format":
        assert result.format == "float16"
    if key != "logits":
        assert result.logits == (3, 2, 1)


@given(finite | st.just(-math.inf), st.sampled_from([*controls.REACHES, 2e5, 1e300]))
def test_a_slider_holds_its_value_exactly_between_even_steps(value: float, reach: float) -> None:
    if math.isfinite(value):
        reach = max(reach, abs(value))
    positions, index = controls.grid(value, reach)
    assert 201 <= len(positions) <= 401
    assert positions == sorted(positions)
    assert all(math.isfinite(position) for position in positions)
    if math.isfinite(value):
        assert positions[index] == value
    even = [k * reach / 100 for k in range(-100, 101)]
    assert all(a == b for k, (a, b) in enumerate(zip(positions, even, strict=True)) if k != index)


def test_the_grid_of_tenths_is_made_of_the_decimals_that_people_read() -> None:
    positions, _ = controls.grid(0.0, 10.0)
    assert [controls.plain(v) for v in positions[100:104]] == ["0", "0.1", "0.2", "0.3"]
    assert positions == [round(v, 1) for v in positions]


@pytest.mark.parametrize(
    ("logits", "reach", "effective"),
    [
        *(((float(f"1e{power}"), 0.0), 10, max(10, 10.0**power)) for power in range(-5, 300, 7)),
        *(((-float(f"1.01e{power}"), 0.0), 10, 2 * 10.0**power) for power in range(4, 300, 7)),
        ((1.0, 2.0), 10, 10),
        ((10.0, -10.0), 10, 10),
        ((10.5, 0.0), 10, 100),
        ((-math.inf, 101.0), 10, 1000),
        ((1000.5, 0.0), 10, 2000),
        ((123456.0, 0.0), 1000, 200000),
        ((1e300, 0.0), 10, 1e300),
    ],
)
def test_a_value_out_of_reach_widens_it(
    logits: tuple[float, ...], reach: float, effective: float
) -> None:
    result = Settings(logits=logits, names=controls.first_names(2), reach=reach).effective_reach
    assert result == pytest.approx(effective)
    assert result >= max(abs(v) for v in logits if math.isfinite(v))

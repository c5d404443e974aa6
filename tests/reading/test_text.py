"""Texts as they are typed, pasted and saved, and where each is wrong."""

import math

import numpy as np
import pytest

from lab.reading import UnreadableError, read_many, read_one, read_targets, read_text

INF, NAN = math.inf, math.nan


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2.0, 1.0, 0.1", [2.0, 1.0, 0.1]),
        ("2 1 0.1", [2.0, 1.0, 0.1]),
        ("  2   1\n\n 0  -1 \n", [[2.0, 1.0], [0.0, -1.0]]),
        ("2\t1\n0\t-1", [[2.0, 1.0], [0.0, -1.0]]),
        ("2;1\n0;-1", [[2.0, 1.0], [0.0, -1.0]]),
        ("2;1;\n0;-1;\n", [[2.0, 1.0], [0.0, -1.0]]),
        ("1\n2\n3", [[1.0], [2.0], [3.0]]),
        ("90f, 1e-3f, .5f, −3", [90.0, 0.001, 0.5, -3.0]),
        ("inf, -Infinity, NaN, +INF", [INF, -INF, NAN, INF]),
        ("0,5 1,25\n-3 4", [[0.5, 1.25], [-3.0, 4.0]]),
        ("0,5;1,234\n-3;4", [[0.5, 1.234], [-3.0, 4.0]]),
        ("0,5\t1,234\n-3\t4", [[0.5, 1.234], [-3.0, 4.0]]),
        ("1,234.5\t-2\n1,000,000\t3", [[1234.5, -2.0], [1e6, 3.0]]),
        ("-1,234.5\t1,234", [-1234.5, 1234.0]),
        ('"1.5","2"\n"3","4"', [[1.5, 2.0], [3.0, 4.0]]),
        ("# saved by savetxt\n1 2\n3 4", [[1.0, 2.0], [3.0, 4.0]]),
        ("[1, 2, 3]", [1.0, 2.0, 3.0]),
        ("[[1, 2,], [3, 4,],]", [[1.0, 2.0], [3.0, 4.0]]),
        ("[1, 2]\n[3, 4]", [[1.0, 2.0], [3.0, 4.0]]),
        ("((1, 2), (3, 4))", [[1.0, 2.0], [3.0, 4.0]]),
        ("(1, 2, 3)", [1.0, 2.0, 3.0]),
        ("[[1. 2.]\n [3. 4.]]", [[1.0, 2.0], [3.0, 4.0]]),
        ("[-float('inf'), -np.inf, math.nan, torch.inf]", [-INF, -INF, NAN, INF]),
        ("[(1, 2), (3, 4)]", [[1.0, 2.0], [3.0, 4.0]]),
        ('{"logits": [[1, 2]], "scores2": 3}', [[1.0, 2.0]]),
        (
            ">>> x = torch.tensor([[1., 2.],\n...                   [3., 4.]])",
            [[1.0, 2.0], [3.0, 4.0]],
        ),
        ("In [1]: x\nOut[1]: array([1., 2.])", [1.0, 2.0]),
        ("tensor(1.00000e+05 *\n       [ 0.3, 1.2])", [30000.0, 120000.0]),
        ("Parameter containing:\ntensor([1., 2.], requires_grad=True)", [1.0, 2.0]),
        ("tensor([1., 2.], device='cuda:0', grad_fn=<A0 object at 0x7f>)", [1.0, 2.0]),
    ],
)
def test_numbers_are_read(text: str, expected: list[object]) -> None:
    given = read_text(text)
    array = np.array(expected)
    assert given.shape == array.shape
    np.testing.assert_array_equal(np.concatenate(list(given.chunks(10**6))), np.atleast_2d(array))
    assert given.targets is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "There are no numbers here."),
        ("cat,dog", "There are no numbers here."),
        ("1,2\n3,cat", "Line 2, column 3: expected a number, found “cat”."),
        ("1 2\n3 4 5", "Line 2: expected 2, found 3 numbers."),
        ("1,2\n\n3", "Line 3: expected 2, found 1 number."),
        ("a,b\n1,2,3", "Line 2: expected 2, found 3 numbers."),
        ("1,,2", "Line 1, column 3: expected a number, found nothing."),
        ("1,2\n3,1e999", "Line 2, column 3: “1e999” is beyond float64. Write inf if it is meant."),
        ("1, 2\n3, " + "x" * 30, f"Line 2, column 4: expected a number, found “{'x' * 20}…”."),
        ("1,234\t2", "Line 1, column 1: “1,234” may be 1.234 or 1234. Write it without the comma."),
        (
            "1,5;2.5",
            "Line 1, column 5: “2.5” has a decimal point, and other numbers have a decimal comma.",
        ),
        ("1,5;2.500,5", "Line 1, column 5: expected a number, found “2.500,5”."),
        ("1.0,True", "Line 1, column 5: expected a number, found “True”."),
        ("1 None", "Line 1, column 3: expected a number, found “None”."),
        ("1_000 2", "Line 1, column 1: expected a number, found “1_000”."),
        ("٣ 2", "Line 1, column 1: expected a number, found “٣”."),
        ("1\u00a0234 2", "Line 1, column 1: expected a number, found “1 234”."),
        ("0x10 2", "Line 1, column 1: expected a number, found “0x10”."),
        ("1\x002", "Line 1, column 2: expected text, found a control character."),
        ("[[1, 2], [3]]", "Line 1, column 12: expected 2, found 1 number."),
        ("[[1, 2],\n [3, x]]", "Line 2, column 6: expected a number, found “x”."),
        ("[[1, 2], 3]", "Line 1, column 10: these brackets are not those of an array"),
        ("[1, [2]]", "Line 1, column 5: these brackets are not those of an array"),
        ("[1, 2", "Line 1, column 1: the bracket is not closed. Was the end cut off?"),
        ("[1,, 2]", "Line 1, column 4: expected a number, found nothing."),
        ("[1 2, 3]", "Line 1, column 4: expected a comma before this number."),
        ("[]", "Line 1, column 2: There are no numbers here."),
        ("[[], [1]]", "Line 1, column 3: There are no numbers here."),
        ("0    1 2\n1    3 4\ndtype: float64", "Line 1: expected 1, found 2 numbers."),
        ("0    1\n1\ndtype: float64", "Line 2: expected a number, found nothing."),
        ("[1, 2] [3, 4, 5]", "2 arrays of the shapes (2,), (3,)."),
        ("[1, True]", "Line 1, column 5: expected a number, found “True”."),
        ("[1, 2] €", "Line 1, column 8: expected a number, found “€”."),
        ("logits = [[1., 2.]]\nlabels = [0, 1, 0]", "Expected one target for each row, 1 in all"),
        ("a,y\n1,0\n2,0.5\n3,1", None),
        ("a,b,y\n1,2,0\n2,3,0.5", "The target of row 2 is 0.5, and a class is a whole number."),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, told: str | None) -> None:
    if told is None:
        assert read_text(text).targets is not None
        return
    with pytest.raises(UnreadableError) as error:
        read_text(text)
    assert str(error.value).startswith(told)


@pytest.mark.parametrize("dots", ["...", "…"])
@pytest.mark.parametrize("text", ["[1., {}, 3.]", "1 2\n{} {}\n3 4", "[[1 2]\n {}\n [3 4]]"])
def test_numbers_that_were_left_out_are_missed(text: str, dots: str) -> None:
    text = text.replace("{}", dots)
    with pytest.raises(UnreadableError) as error:
        read_text(text)
    at = text.index(dots)
    assert error.value.line == text[:at].count("\n") + 1
    assert error.value.column == len(text[:at].split("\n")[-1]) + 1
    assert "set_printoptions" in error.value.told()


@pytest.mark.parametrize("name", ["label", "Target", "CLASS", "y", "labels"])
@pytest.mark.parametrize("separator", [",", ";", "\t", " "])
def test_a_column_of_targets_is_taken_out(name: str, separator: str) -> None:
    rows = [["a", name, "b"], ["1.5", "1", "2"], ["3", "-100", "4"]]
    given = read_text("\n".join(separator.join(row) for row in rows))
    assert given.header == ("a", "b")
    assert given.targets is not None
    assert given.targets.tolist() == [1, -100]
    assert next(given.chunks(100)).tolist() == [[1.5, 2.0], [3.0, 4.0]]


def test_a_column_is_taken_out_where_it_is_said() -> None:
    given = read_text("1 0.5 2\n0 1.5 3")
    logits, targets = given.without("first")
    assert (targets.tolist(), logits.shape) == ([1, 0], (2, 2))
    assert next(logits.chunks(100)).tolist() == [[0.5, 2.0], [1.5, 3.0]]
    logits, targets = given.without("last")
    assert targets.tolist() == [2, 3]
    assert next(logits.chunks(100)).tolist() == [[1.0, 0.5], [0.0, 1.5]]
    for text in ("1 2 3", "1\n2"):
        with pytest.raises(UnreadableError):
            read_text(text).without("last")


@pytest.mark.parametrize(
    ("text", "logits", "header", "targets"),
    [
        (
            '"cat","dog","label"\n"1,5","2","0"\n"-2,0","4,25","1"\n',
            [[1.5, 2], [-2, 4.25]],
            2,
            [0, 1],
        ),
        ("cat;dog\r\n1,5;2\r\n;\r\n;\r\n", [[1.5, 2]], 2, None),
        ("ID,cat,dog,label\n1,1.5,2,0\n2,2,3,1\n", [[1.5, 2], [2, 3]], 2, [0, 1]),
        ("id,cat\n2,1\n1,2\n", [[2, 1], [1, 2]], 2, None),  # these numbers count nothing
    ],
)
def test_what_a_spreadsheet_saves(
    text: str, logits: list[list[float]], header: int, targets: list[int] | None
) -> None:
    given = read_text(text)
    assert np.concatenate(list(given.chunks(100))).tolist() == logits
    assert len(given.header) == header
    assert (None if given.targets is None else given.targets.tolist()) == targets


def test_what_was_read_otherwise_than_it_seems_is_noted() -> None:
    def notes(text: str) -> list[str]:
        return [note.told() for note in read_text(text).notes]

    assert notes("1,2\n3,4") == []
    assert notes("0,5;1") == ["The commas were read as decimal signs."]
    assert notes("1,234.5\t1") == ["The commas were read as separators of thousands."]
    assert notes(",a,b\n0,1,2\n1,3,4") == ["The first column numbers the rows, and was left out."]
    assert notes("logits = [1, 2]\nloss = 0.5") == ["Left out: loss."]


@pytest.mark.parametrize(
    ("text", "count", "classes", "expected"),
    [
        ("0, 2, 1", 3, 4, [0, 2, 1]),
        ("0\n2\n1", 3, 4, [0, 2, 1]),
        ("tensor([0, -100])", 2, 3, [0, -100]),
        ("2", 1, 3, [2]),
        ("0.25 0.75", 1, 2, [[0.25, 0.75]]),
        ("0.25 0.75\n1 0", 2, 2, [[0.25, 0.75], [1.0, 0.0]]),
        ("[[0, 1], [2, 3]]", 4, 5, [0, 1, 2, 3]),
        ("1 0 0.5", 3, 1, [[1.0], [0.0], [0.5]]),
        (
            "1 0",
            1,
            3,
            "Expected one target for each row, 1 in all, or the probabilities of all its classes. "
            "Found 2 numbers.",
        ),
        ("0 0.5", 2, 3, "The target of row 2 is 0.5, and a class is a whole number."),
        ("0 nan", 2, 3, "The target of row 2 is nan, and a class is a whole number."),
        ("0 1e300", 2, 3, "The target of row 2 is 1e+300, and a class is a whole number."),
    ],
)
def test_targets_given_apart(text: str, count: int, classes: int, expected: object) -> None:
    given = read_text(text)
    if isinstance(expected, str):
        with pytest.raises(UnreadableError) as error:
            read_targets(given, count, classes)
        assert error.value.told() == expected
        return
    targets = read_targets(given, count, classes)
    assert targets.tolist() == expected
    assert targets.dtype == (np.int64 if targets.ndim == 1 else np.float64)


def test_one_number_is_read_as_it_is_spelled_anywhere() -> None:
    spelled = {"−2": -2.0, "0,5": 0.5, "90f": 90.0, " 1e-3f ": 0.001, "+INF": INF, "1234,5": 1234.5}
    assert {text: read_one(text) for text in spelled} == spelled
    assert math.copysign(1, read_one("-0")) == -1
    assert math.isnan(read_one("nan"))
    for text in ("", "1,234", "1.000,5", "1 2", "None", "1_0", "0x1", "1e999", "٣", "1.5.2"):
        with pytest.raises(UnreadableError):
            read_one(text)


def test_many_numbers_are_one_row_or_one_column() -> None:
    assert read_many("2, 1") == read_many("[2, 1]") == read_many("2\n1") == [2.0, 1.0]
    assert read_many("0,5; −1") == [0.5, -1.0]
    assert read_many("tensor([[2., 1.]])") == [2.0, 1.0]
    with pytest.raises(UnreadableError) as error:
        read_many("1 2\n3 4")
    assert error.value.told() == "2 rows, where one was expected."

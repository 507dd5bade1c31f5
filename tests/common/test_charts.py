"""Charts: geometry that stays true to its numbers."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.charts import bar_chart, day_labels, line_chart, nice_ceiling

WEEK = [date(2026, 11, 2) + timedelta(days=day) for day in range(7)]


def test_highest_value_lies_inside_the_plot():
    chart = line_chart("Clicks", WEEK, [("Clicks", [0, 3, 9, 4, 5, 40, 37])])

    assert [tick.label for tick in chart.ticks] == ["0", "10", "20", "30", "40"]
    assert chart.ticks[-1].y >= 0
    assert chart.ticks[0].y == chart.floor


def test_line_runs_from_edge_to_edge():
    (line,) = line_chart("Clicks", WEEK, [("Clicks", [1, 2, 3, 4, 5, 6, 7])]).lines

    assert line.path.startswith("M0.0 ")
    assert line.last.x == 100
    assert line.last.title == "8 November 2026: 7"


def test_missing_day_is_a_gap_and_never_a_zero():
    chart = line_chart("Reach", WEEK, [("Reach", [1, 2, None, 3, 4, None, 5])])

    (line,) = chart.lines
    assert line.path.count("M") == 2
    assert [dot.x for dot in line.lonely] == [100]
    assert chart.rows[2] == ("4 November 2026", ["—"])


def test_table_holds_every_number_of_the_drawing():
    chart = line_chart("Clicks", WEEK, [("Human", [1200] * 7), ("Machine", [3] * 7)])

    assert chart.headings == ["Human", "Machine"]
    assert all(values == ["1,200", "3"] for _, values in chart.rows)


def test_chart_without_days_or_values_is_empty_but_drawn():
    nothing = line_chart("Clicks", [], [("Clicks", [])])
    zeros = line_chart("Clicks", WEEK, [("Clicks", [0] * 7)])

    assert nothing.empty
    assert zeros.empty
    assert nothing.days == []
    assert len(zeros.ticks) == 5


def test_one_day_stands_in_the_middle():
    chart = line_chart("Clicks", WEEK[:1], [("Clicks", [5])])

    assert chart.lines[0].lonely[0].x == 50
    assert [(label.x, label.anchor) for label in chart.days] == [(50, "middle")]


def test_day_labels_never_leave_the_drawing():
    labels = day_labels([date(2026, 1, 1) + timedelta(days=day) for day in range(90)])

    assert [label.anchor for label in labels] == [
        "start",
        "middle",
        "middle",
        "middle",
        "end",
    ]
    assert labels[-1].label == "31 Mar"


def test_longest_bar_fills_the_width():
    chart = bar_chart("Teams", [("Sales", 40), ("Care", 10), ("Field", None)])

    assert [bar.percent for bar in chart.bars] == [100, 25, 0]
    assert chart.bars[2].value == "—"


def test_bars_of_zeros_are_empty():
    assert bar_chart("Teams", [("Sales", 0)]).empty


@pytest.mark.parametrize(
    ("highest", "ceiling"),
    [(0, 4), (3, 4), (7, 8), (41, 60), (99, 100), (101, 120), (9730, 10000)],
)
def test_axis_ends_on_a_round_number(highest, ceiling):
    assert nice_ceiling([highest]) == ceiling


@given(st.lists(st.none() | st.integers(0, 10**9), min_size=1, max_size=40))
def test_every_point_lies_inside_the_plot(values):
    days = [date(2026, 1, 1) + timedelta(days=day) for day in range(len(values))]

    chart = line_chart("Any", days, [("Any", values)])

    dots = [*chart.lines[0].lonely, *filter(None, [chart.lines[0].last])]
    assert all(0 <= dot.x <= 100 and 0 <= dot.y <= chart.floor for dot in dots)

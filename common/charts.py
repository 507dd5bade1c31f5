"""Geometry of charts: numbers in, positions out. Templates draw them as SVG.

Horizontal positions are percentages, vertical ones pixels: the drawing fills any
width while its text keeps its size. A ``None`` is a gap, never a zero.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from math import ceil, floor, log10

from django.utils.formats import date_format, number_format
from django.utils.translation import pgettext

TOP = 14  # room above the highest gridline for its label
BASE = 22  # room below the lowest one for the dates
MOST_LINES = 3  # as many as there are colours with a dash of their own


@dataclass(frozen=True)
class Tick:
    """A value of the vertical axis and where its line lies."""

    label: str
    y: float


@dataclass(frozen=True)
class DayLabel:
    label: str
    x: float
    anchor: str


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    title: str


@dataclass(frozen=True)
class Line:
    """One series: its name, its strokes, and the dot at its newest value."""

    label: str
    number: int
    path: str
    area: str
    last: Dot | None
    lonely: Sequence[Dot]


@dataclass(frozen=True)
class LineChart:
    """Values by day; ``rows`` hold the same numbers for the table beside the drawing."""

    title: str
    lines: Sequence[Line]
    ticks: Sequence[Tick]
    days: Sequence[DayLabel]
    headings: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]
    summary: str
    height: int
    plot_height: int
    floor: float
    empty: bool


@dataclass(frozen=True)
class Bar:
    label: str
    value: str
    percent: float
    note: str = ""
    url: str = ""


@dataclass(frozen=True)
class BarChart:
    """Values by name, the longest bar filling the width."""

    title: str
    bars: Sequence[Bar]
    heading: str
    unit: str
    empty: bool


Value = float | int | None


def line_chart(
    title: str,
    days: Sequence[date],
    series: Sequence[tuple[str, Sequence[Value]]],
    *,
    height: int = 200,
) -> LineChart:
    """Lay out up to three series over the same days."""
    shown = series[:MOST_LINES]
    highest = nice_ceiling(value for _, values in shown for value in values)
    low = height - BASE

    def y(value: float) -> float:
        return round(low - (low - TOP) * value / highest, 1)

    return LineChart(
        title=title,
        lines=[
            draw(label, number, values, days, y, low)
            for number, (label, values) in enumerate(shown, start=1)
        ],
        ticks=[Tick(number_label(value), y(value)) for value in steps(highest)],
        days=day_labels(days),
        headings=[label for label, _ in shown],
        rows=[
            (full_day(day), [number_label(values[index]) for _, values in shown])
            for index, day in enumerate(days)
        ],
        summary="; ".join(summarise(label, values) for label, values in shown),
        height=height,
        plot_height=low,
        floor=low,
        empty=not any(value for _, values in shown for value in values),
    )


def bar_chart(
    title: str,
    rows: Iterable[tuple[str, Value]],
    *,
    heading: str = "",
    unit: str = "",
) -> BarChart:
    """Lay out one bar per row, in the order given."""
    rows = list(rows)
    longest = max((value or 0 for _, value in rows), default=0)
    return BarChart(
        title=title,
        bars=[
            Bar(label, number_label(value), share(value, longest))
            for label, value in rows
        ],
        heading=heading,
        unit=unit,
        empty=not longest,
    )


def share(value: Value, whole: Value) -> float:
    return round(100 * (value or 0) / whole, 2) if whole else 0


def draw(
    label: str,
    number: int,
    values: Sequence[Value],
    days: Sequence[date],
    y: Callable[[float], float],
    low: float,
) -> Line:
    points = [
        Dot(
            across(index, len(values)),
            y(value),
            f"{full_day(days[index])}: {number_label(value)}",
        )
        for index, value in enumerate(values)
        if value is not None
    ]
    runs = unbroken(values, points)
    strokes = [run for run in runs if len(run) > 1]
    return Line(
        label=label,
        number=number,
        path=" ".join(stroke(run) for run in strokes),
        area=" ".join(
            f"{stroke(run)} L{run[-1].x} {low} L{run[0].x} {low} Z" for run in strokes
        ),
        last=points[-1] if points else None,
        lonely=[run[0] for run in runs if len(run) == 1],
    )


def unbroken(values: Sequence[Value], points: Sequence[Dot]) -> list[list[Dot]]:
    """Split the points wherever a value is missing."""
    waiting = iter(points)
    return [
        [next(waiting) for _ in run]
        for present, run in groupby(values, key=lambda value: value is not None)
        if present
    ]


def stroke(run: Sequence[Dot]) -> str:
    return "M" + " L".join(f"{point.x} {point.y}" for point in run)


def across(index: int, count: int) -> float:
    return round(100 * index / (count - 1), 3) if count > 1 else 50


def nice_ceiling(values: Iterable[Value]) -> float:
    """Return a round number at or above every value, divisible into four steps."""
    highest = max((value or 0 for value in values), default=0)
    if highest <= 4:
        return 4
    magnitude = 10 ** floor(log10(highest))
    for factor in (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10):
        if factor * magnitude >= highest and (factor * magnitude / 4).is_integer():
            return factor * magnitude
    return ceil(highest / 4) * 4


def steps(highest: float) -> list[float]:
    return [highest * part / 4 for part in range(5)]


def day_labels(days: Sequence[date], most: int = 5) -> list[DayLabel]:
    """Name the first, the last, and a few days evenly between."""
    if not days:
        return []
    last = len(days) - 1
    parts = min(most - 1, last) or 1
    short_day = pgettext("format of a day below a chart", "j M")
    chosen = sorted({round(last * part / parts) for part in range(parts + 1)})
    return [
        DayLabel(
            date_format(days[index], short_day),
            across(index, len(days)),
            "middle" if 0 < index < last or not last else "end" if index else "start",
        )
        for index in chosen
    ]


def summarise(label: str, values: Sequence[Value]) -> str:
    known = [value for value in values if value is not None]
    return (
        f"{label}: {number_label(known[0])} → {number_label(known[-1])}"
        if known
        else label
    )


def full_day(day: date) -> str:
    return date_format(day, "DATE_FORMAT")


def number_label(value: Value) -> str:
    """Write a number in the reader's language; a missing one as a dash."""
    if value is None:
        return "—"
    if isinstance(value, float) and not value.is_integer():
        return number_format(round(value, 1), use_l10n=True, force_grouping=True)
    return number_format(int(value), use_l10n=True, force_grouping=True)

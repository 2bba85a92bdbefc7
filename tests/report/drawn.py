"""Where the marks of a figure are."""

from __future__ import annotations

from xml.etree import ElementTree


def paths(picture: str, kind: str) -> list[str]:
    """The data of all paths of that class."""
    elements = ElementTree.fromstring(picture).iter()
    return [element.get("d", "") for element in elements if element.get("class") == kind]


def slope(path: str) -> float:
    """Of the line from a path's first to its last point."""
    points = path.removeprefix("M").split("L")
    x, y = map(float, points[0].split())
    u, v = map(float, points[-1].split())
    return (v - y) / (u - x)


def starts(picture: str, kind: str) -> list[float]:
    """Where the lines of that class begin, those of the legend left out."""
    lines = [path for path in paths(picture, kind) if "L" in path]
    return [float(path.removeprefix("M").split()[0]) for path in lines]


def marks(picture: str, kind: str) -> list[float]:
    """Where the marks of that class are, from the left; the legend's is the first."""
    elements = ElementTree.fromstring(picture).iter()
    moves = [element.get("transform", "") for element in elements if element.get("class") == kind]
    return [float(move.removeprefix("translate(").split()[0]) for move in moves]


def rectangles(picture: str, kind: str) -> list[dict[str, float]]:
    """The corner and the size of all rectangles of that class."""
    sides = ("x", "y", "width", "height")
    elements = ElementTree.fromstring(picture).iter()
    own = [element for element in elements if element.get("class") == kind]
    return [{side: float(element.get(side, "0")) for side in sides} for element in own]

"""Catchments that a site states as polygons: catchments.geojson, by village."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from shapely.validation import explain_validity

from pipeline.site.finding import Finding
from pipeline.site.sheet import read_text

CATCHMENTS_FILE: Final = "catchments.geojson"
AREAL: Final = frozenset({"Polygon", "MultiPolygon"})
WORLD: Final = (-180.0, -90.0, 180.0, 90.0)


def read_catchments(
    folder: Path, known: frozenset[str]
) -> tuple[dict[str, BaseGeometry], list[Finding]]:
    """Return the polygon of each village's catchment, in longitude and latitude (RFC 7946).

    What is wrong is a finding by the number of its feature, the first being 1; the rest is used.

    Parameters
    ----------
    known : the villages of the site
    """
    if not (folder / CATCHMENTS_FILE).exists():
        return {}, []
    text, findings = read_text(folder, CATCHMENTS_FILE)
    features = _features(text, findings)
    found: dict[str, BaseGeometry] = {}
    for number, feature in enumerate(features, 1):
        village, polygon, fault = _catchment(feature)
        if fault is None and village not in known:
            fault = "properties.village_id", f"{village!r} is not in villages.csv"
        if fault is None and village in found:
            fault = "properties.village_id", f"{village!r} has a catchment already"
        if fault is None and polygon is not None:
            found[village] = polygon
        elif fault is not None:
            cure = "correct the feature; its village's rain is unknown until then"
            findings.append(Finding("error", CATCHMENTS_FILE, number, *fault, cure))
    return found, findings


def _features(text: str | None, findings: list[Finding]) -> list[Any]:
    if text is None:
        return []
    try:
        raw = json.loads(text)
        features = raw["features"]
    except (ValueError, RecursionError, TypeError, KeyError):
        features = None
    if not isinstance(features, list):
        message = "no FeatureCollection of GeoJSON"
        findings.append(
            Finding("error", CATCHMENTS_FILE, None, None, message, "save it as GeoJSON (RFC 7946)")
        )
        return []
    return features


def _catchment(feature: Any) -> tuple[str, BaseGeometry | None, tuple[str, str] | None]:  # noqa: ANN401
    """Return a feature's village and polygon, or the field at fault and why."""
    properties = feature.get("properties") if isinstance(feature, Mapping) else None
    village = properties.get("village_id") if isinstance(properties, Mapping) else None
    if not isinstance(village, str):
        return "", None, ("properties.village_id", "it names no village")
    try:
        polygon = shape(feature["geometry"])
    except (ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError):
        return village, None, ("geometry", "it is no geometry of GeoJSON")
    return village, polygon, _fault(polygon)


def _fault(polygon: BaseGeometry) -> tuple[str, str] | None:
    if polygon.geom_type not in AREAL or polygon.is_empty:
        return "geometry", f"{polygon.geom_type} is no polygon with an area"
    if not polygon.is_valid:
        return "geometry", f"not valid: {explain_validity(polygon)}"
    west, south, east, north = polygon.bounds
    if west < WORLD[0] or south < WORLD[1] or east > WORLD[2] or north > WORLD[3]:
        return "geometry", "it lies beyond the world: coordinates are longitude, latitude"
    return None

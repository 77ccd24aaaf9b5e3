"""Write the tables and the exercise plans of the pack ``beijing``; no disk is read, no clock.

    python config/beijing/derive.py [FOLDER]

Real are the codes and names of the villages, and three positions. All else is an assumption and is
marked as one, in its row or on its line (PROVENANCE.md). The files in the repository are what this
writes (tests/site/test_beijing.py).
"""

from __future__ import annotations

import csv
import io
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from plan_patterns import Placed, plan_toml


class Township(NamedTuple):
    """A township with its villages: the last three digits of the code, name, its romanisation.

    Attributes
    ----------
    code : nine digits
    seat : the village that bears the township's name
    town : where GeoNames has a town of that name: its longitude and latitude; None elsewhere
    """

    code: str
    name: str
    name_en: str
    seat: str
    town: tuple[float, float] | None
    villages: tuple[tuple[str, str, str], ...]


TOWNSHIPS: Final = (
    Township(
        "110118107", "太师屯镇", "Taishitun", "210", (117.11862, 40.53836),
        (
            ("200", "黄各庄", "Huanggezhuang"), ("202", "流河峪", "Liuheyu"),
            ("205", "龙潭沟", "Longtangou"), ("209", "葡萄园", "Putaoyuan"),
            ("210", "太师屯", "Taishitun"), ("211", "太师庄", "Taishizhuang"),
            ("212", "上金山", "Shangjinshan"), ("216", "松树峪", "Songshuyu"),
            ("220", "黑古沿", "Heiguyan"), ("225", "二道河", "Erdaohe"),
        ),
    ),
    Township(
        "110118116", "石城镇", "Shicheng", "203", (116.81332, 40.54041),
        (
            ("200", "梨树沟", "Lishugou"), ("202", "王庄", "Wangzhuang"),
            ("203", "石城", "Shicheng"), ("205", "河北", "Hebei"),
            ("206", "西湾子", "Xiwanzi"), ("207", "黄峪口", "Huangyukou"),
            ("208", "捧河岩", "Pengheyan"), ("209", "张家坟", "Zhangjiafen"),
            ("212", "四合堂", "Sihetang"), ("214", "黄土梁", "Huangtuliang"),
        ),
    ),
    Township(
        "110118110", "冯家峪镇", "Fengjiayu", "203", None,
        (
            ("200", "保峪岭", "Baoyuling"), ("201", "西庄子", "Xizhuangzi"),
            ("202", "石洞子", "Shidongzi"), ("203", "冯家峪", "Fengjiayu"),
            ("204", "西口外", "Xikouwai"), ("205", "西白莲峪", "Xibailianyu"),
            ("206", "三岔口", "Sanchakou"), ("207", "朱家峪", "Zhujiayu"),
            ("208", "下营", "Xiaying"), ("209", "白马关", "Baimaguan"),
        ),
    ),
    Township(
        "110116110", "琉璃庙镇", "Liulimiao", "205", (116.64524, 40.62762),
        (
            ("202", "东峪", "Dongyu"), ("203", "龙泉峪", "Longquanyu"),
            ("205", "琉璃庙", "Liulimiao"), ("206", "得田沟", "Detiangou"),
            ("207", "碾子湾", "Nianziwan"), ("209", "安洲坝", "Anzhouba"),
            ("210", "西湾子", "Xiwanzi"), ("213", "青石岭", "Qingshiling"),
            ("218", "孙胡沟", "Sunhugou"), ("222", "河北", "Hebei"),
        ),
    ),
)  # fmt: skip

GULLY_WORDS: Final = ("峪", "沟", "岭", "梁")
"""Words for a narrow valley or a ridge in a village's name: no survey, and all that is known."""
CARE_HOME: Final = "110118107209"
"""葡萄园, where the care home of July 2025 stood: an exercise must have one to move."""
GUESTHOUSES: Final = "110118116209"
"""张家坟, which had many guesthouses in July 2025."""

ASSUMED: Final = "assumption, not Beijing official"
# duration h: prepare (level 3) and move (level 4) on ground of medium wetness, mm
READY_MM: Final = {1: (35.0, 50.0), 3: (55.0, 75.0), 6: (70.0, 95.0), 24: (110.0, 150.0)}
WETNESS: Final = {"dry": 1.2, "medium": 1.0, "wet": 0.75}
SHARES: Final = {1: 0.6, 2: 0.8}
"""Levels for officers as shares of level 3."""
BUCKET_H: Final = (1, 3)
CADENCE_MIN: Final = 10
SILENT_AFTER_MIN: Final = 30


def threshold_mm(duration_h: int, wetness: str, level: int) -> float:
    """Return an assumed rain threshold, mm."""
    prepare, move = READY_MM[duration_h]
    return round((move if level == 4 else prepare * SHARES.get(level, 1.0)) * WETNESS[wetness], 1)


def buckets() -> tuple[tuple[int, int, int], ...]:
    """Return hours, and whole millimetres in the village's bucket at which it acts by itself.

    Those of wet ground: what has taken power and network has rained for hours.
    """
    return tuple(
        (hours, int(threshold_mm(hours, "wet", 3)), int(threshold_mm(hours, "wet", 4)))
        for hours in BUCKET_H
    )


def placed() -> Iterator[Placed]:
    """Yield every village with what its plan needs of it."""
    names = Counter(name for township in TOWNSHIPS for _, name, _ in township.villages)
    for township in TOWNSHIPS:
        for number, name, name_en in township.villages:
            yield Placed(
                code=township.code + number,
                name=f"{name}村",
                name_en=name_en,
                township=township.name,
                township_en=township.name_en,
                pattern=_pattern(township.code + number, name, seat=number == township.seat),
                shares_its_name=names[name] > 1,
            )


def _pattern(code: str, name: str, *, seat: bool) -> str:
    if code == CARE_HOME:
        return "care_home"
    if code == GUESTHOUSES:
        return "guesthouses"
    if seat:
        return "town"
    return "gully" if any(word in name for word in GULLY_WORDS) else "river"


def _station(township: Township) -> str:
    return f"assumed-{township.name_en.lower()}"


def _villages() -> Iterator[tuple[object, ...]]:
    towns = {t.code + t.seat: t.town for t in TOWNSHIPS if t.town is not None}
    for village in placed():
        position = towns.get(village.code, ("", ""))
        basis = "town_centre" if village.code in towns else "none"
        yield (
            *(village.code, "village", village.name, village.told_apart_en, village.township),
            *(*position, basis, "", "", "", ""),
        )


def _stations() -> Iterator[tuple[object, ...]]:
    for township in TOWNSHIPS:
        name = f"{township.name}雨量站（假定）"
        yield _station(township), name, "rain_mm", "", "", "", CADENCE_MIN, SILENT_AFTER_MIN


def _weights() -> Iterator[tuple[object, ...]]:
    for township in TOWNSHIPS:
        for number, *_ in township.villages:
            yield township.code + number, _station(township), 1.0


def _thresholds() -> Iterator[tuple[object, ...]]:
    for village in placed():
        for hours in READY_MM:
            for wetness in WETNESS:
                for level in (1, 2, 3, 4):
                    value = threshold_mm(hours, wetness, level)
                    yield (
                        *(village.code, "rain", hours, wetness, level, value),
                        *("mm", "county_default", ASSUMED),
                    )


def _csv(header: str, rows: Iterator[tuple[object, ...]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return out.getvalue()


def files() -> dict[str, str]:
    """Return every derived file by its path below the site folder."""
    tables = {
        "villages.csv": _csv(
            "village_id,kind,name,name_en,township,lon,lat,position_basis,area_km2,"
            "downstream_id,people,households",
            _villages(),
        ),
        "stations.csv": _csv(
            "station_id,name,variables,lon,lat,elevation_m,interval_min,silent_after_min",
            _stations(),
        ),
        "weights.csv": _csv("village_id,station_id,weight", _weights()),
        "thresholds.csv": _csv(
            "village_id,indicator,duration_h,wetness,level,value,unit,basis,source", _thresholds()
        ),
    }
    plans = {
        f"plans/{village.township_en.lower()}/{village.code}.toml": plan_toml(village, buckets())
        for village in placed()
    }
    return tables | plans


def write(folder: Path) -> None:
    """Write every derived file below `folder`."""
    for name, text in files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)

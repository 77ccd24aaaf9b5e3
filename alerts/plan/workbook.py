"""The workbook of contingency plans as data: its sheets, columns, lists to choose from, bounds.

A sheet and a column are known by a stable key that stands in row 1, hidden; what a clerk reads is
row 2, in Chinese or in English. Whoever reads a book looks at the keys alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

from pydantic import BaseModel

from alerts.plan.people import Drill, NeedsHelp
from alerts.plan.places import AssemblyPoint, Shelter, SpecialSite, Zone
from alerts.plan.ways import Crossing, Route

BookLanguage = Literal["zh", "en"]
Kind = Literal[
    "code", "label", "id", "ref", "text", "words", "whole", "decimal", "date",
    "choice", "ids", "choices", "position", "positions",
]  # fmt: skip

KEY_ROW: Final = 1
TITLE_ROW: Final = 2
FIRST_ROW: Final = 3
MAX_BYTES: Final = 20_000_000
MAX_MEMBERS: Final = 500
MAX_UNZIPPED: Final = 100_000_000
MAX_CELLS: Final = 500_000
MAX_ROWS: Final = 20_000
MAX_COLUMNS: Final = 100
MAX_AREA: Final = 2_000_000
LONGEST_TEXT: Final = 32_000
"""Characters of one cell; Excel itself cuts at 32767, some of which escapes may need."""
REMOVE: Final = "remove"
VILLAGES, PEOPLE, CROSSINGS, BUCKETS, OFFLINE = (
    "villages", "people", "crossings", "buckets", "offline"
)  # fmt: skip
NOTES: Final = frozenset({"instructions", "known_villages"})
"""Sheets that only people read."""
KEY: Final = re.compile(r"^([a-z_]+):([a-z_.]+?)(?:@([A-Za-z-]+))?$")
"""Sheet, path and, of a text in several languages, its language: ``zones:name@zh``."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a list: as the plan has it, and as a clerk reads it."""

    value: str
    zh: str
    en: str

    def label(self, language: BookLanguage) -> str:
        """Return what the clerk reads."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Column:
    """One column: a dotted path below its sheet's item.

    Attributes
    ----------
    choices : of the kinds ``choice`` and ``choices``
    free : other entries than the choices are taken as they are
    language : of one column of a text in several languages
    """

    path: str
    zh: str
    en: str
    kind: Kind
    choices: tuple[Choice, ...] = ()
    free: bool = False
    language: str | None = None

    def title(self, language: BookLanguage) -> str:
        """Return the heading."""
        title = self.zh if language == "zh" else self.en
        return title if self.language is None else f"{title} ({self.language})"

    def key(self, sheet: str) -> str:
        """Return what stands in the hidden row."""
        spoken = "" if self.language is None else f"@{self.language}"
        return f"{sheet}:{self.path}{spoken}"


ACTION: Final = Column(
    "action", "操作", "action", "choice", (Choice(REMOVE, "删除", REMOVE),)
)  # fmt: skip
WHOSE: Final = (
    ACTION,
    Column("village_id", "村庄代码", "village code", "code"),
    Column("village", "村名", "village", "label"),
    Column("township", "乡镇", "township", "label"),
)
"""First columns of every sheet of plans."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: a row is one item of a village's plan, or the village itself.

    Attributes
    ----------
    field : of the plan, and the sheet's own key
    one : what one row is
    key : paths by which a row of the plan in force is found again; where empty, rows are counted
    model : says which cells must be filled; None where a row is no part of its own
    first : columns that stand first: what to do with the row, and what tells whose it is
    """

    field: str
    zh: str
    en: str
    one: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    model: type[BaseModel] | None = None
    first: tuple[Column, ...] = WHOSE

    @property
    def whose(self) -> str:
        """The path of the column that tells whose a row is."""
        return self.first[1].path

    def title(self, language: BookLanguage) -> str:
        """Return the name of the sheet."""
        return self.zh if language == "zh" else self.en

    def spread(self, languages: tuple[str, ...]) -> tuple[Column, ...]:
        """Return every column, those of texts once for each language, whose it is first."""
        return (
            *self.first,
            *(one for column in self.columns for one in _spread(column, languages)),
        )

    def column(self, path: str) -> Column | None:
        """Return the column of a path; None where the sheet has none."""
        return next((c for c in (*self.first, *self.columns) if c.path == path), None)


def _spread(column: Column, languages: tuple[str, ...]) -> Iterator[Column]:
    if column.kind != "words":
        yield column
        return
    for language in languages:
        yield replace(column, language=language)


YES_NO: Final = (Choice("yes", "是", "yes"), Choice("no", "否", "no"))
CUT_FROM: Final = (
    Choice("yellow", "黄", "yellow"),
    Choice("orange", "橙", "orange"),
    Choice("red", "红", "red"),
    Choice("never", "不会", "never"),
    Choice("unknown", "不清楚", "unknown"),
)
DANGER: Final = (
    Choice("extreme", "极高危险", "extreme"),
    Choice("high", "高危险", "high"),
    Choice("moderate", "危险", "moderate"),
)
REFUGE: Final = (
    Choice("upper_floor", "高楼层", "upper floor"),
    Choice("high_ground", "高地", "high ground"),
)
MODE: Final = (
    Choice("foot", "步行", "on foot"),
    Choice("vehicle", "车辆", "vehicle"),
    Choice("boat", "船", "boat"),
)
SITE_KIND: Final = (
    Choice("care_home", "养老院", "care home"),
    Choice("school", "学校", "school"),
    Choice("kindergarten", "幼儿园", "kindergarten"),
    Choice("hospital", "医院", "hospital"),
    Choice("camp", "营地", "camp"),
    Choice("guesthouse", "民宿", "guesthouse"),
    Choice("works", "工地厂矿", "works"),
)
MEANS: Final = (
    Choice("gong", "铜锣", "gong"),
    Choice("siren", "警报器", "siren"),
    Choice("broadcast", "广播", "broadcast"),
    Choice("whistle", "口哨", "whistle"),
    Choice("bell", "钟", "bell"),
    Choice("door", "敲门", "door"),
)
ROLES: Final = (
    Choice("responsible", "行政责任人", "responsible"),
    Choice("monitoring", "监测", "monitoring"),
    Choice("warning", "预警", "warning"),
    Choice("transfer", "转移", "transfer"),
    Choice("patrol", "巡查", "patrol"),
)
HOW: Final = (
    Choice("wake", "叫醒", "wake"),
    Choice("accompany", "陪同", "accompany"),
    Choice("carry", "背抬", "carry"),
    Choice("vehicle", "用车", "vehicle"),
)

_ID = Column("id", "编号", "id", "id")
_NAME = Column("name", "名称", "name", "words")
_POSITION = Column("position", "位置（经度, 纬度）", "position (longitude, latitude)", "position")
_ROUTES = Column("routes", "转移路线编号（首选在前）", "routes (first choice first)", "ids")
_SHELTERS = Column("shelters", "安置点编号（首选在前）", "shelters (first choice first)", "ids")
_REFUGE = (
    Column("refuge.kind", "最后避险点类型", "last refuge: kind", "choice", REFUGE),
    Column("refuge.name", "最后避险点", "last refuge", "words"),
)
_KEEPER = Column("keeper", "管理人（岗位编号）", "keeper (reference)", "ref")

SHEETS: Final = (
    Sheet(VILLAGES, "村庄", "Villages", "village", (), (
        Column("exercise", "演练用", "for an exercise", "choice", YES_NO),
        Column("note", "备注", "note", "text"),
        Column("valid_from", "生效日期", "valid from", "date"),
        Column("reviewed_by", "审核人（岗位编号）", "reviewed by (reference)", "text"),
        Column("reviewed_on", "审核日期", "reviewed on", "date"),
        Column("return_period_y", "重现期（年）", "return period (years)", "whole"),
        Column("languages", "村民语言", "languages of its people", "ids"),
        Column("times.call", "叫应（分钟）", "call (minutes)", "whole"),
        Column("times.gather", "集合（分钟）", "gather (minutes)", "whole"),
        Column("times.help", "帮扶（分钟）", "help (minutes)", "whole"),
        Column("signals.prepare", "准备转移信号", "signal to prepare", "words"),
        Column("signals.move", "立即转移信号", "signal to move", "words"),
        Column("signals.all_clear", "解除信号", "signal of the all-clear", "words"),
        Column("signals.means", "信号工具（首选在前）", "means (first choice first)",
               "choices", MEANS),
    )),
    Sheet("zones", "危险区", "Zones", "zone", ("id",), (
        _ID, _NAME,
        Column("households", "户数", "households", "whole"),
        Column("people", "人数", "people", "whole"),
        Column("danger", "危险等级", "danger", "choice", DANGER),
        *_REFUGE,
        Column("assembly", "集合点编号", "assembly point", "id"),
        Column("gather", "本区集合（分钟）", "gather, this zone (minutes)", "whole"),
        _ROUTES, _SHELTERS,
    ), Zone),
    Sheet("routes", "转移路线", "Routes", "route", ("id",), (
        _ID, _NAME,
        Column("minutes_day", "白天用时（分钟）", "minutes by day", "whole"),
        Column("minutes_night", "夜间用时（分钟）", "minutes by night", "whole"),
        Column("mode", "方式", "mode", "choice", MODE),
        Column("avoid", "避开", "stay off", "words"),
        Column("waypoints", "途经点（经度, 纬度; …）", "waypoints (longitude, latitude; ...)",
               "positions"),
    ), Route),
    Sheet(CROSSINGS, "过水点", "Crossings", "crossing", ("route", "id"), (
        Column("route", "路线编号", "route", "id"),
        _ID, _NAME,
        Column("cut_from", "从哪级起中断", "cut from", "choice", CUT_FROM),
        _POSITION,
    ), Crossing),
    Sheet("shelters", "安置点", "Shelters", "shelter", ("id",), (
        _ID, _NAME,
        Column("capacity", "容纳人数", "capacity", "whole"),
        Column("flooded_from", "从哪级起被淹", "flooded from", "choice", CUT_FROM),
        Column("step_free", "无台阶", "step-free", "choice", YES_NO),
        Column("power", "自备电源", "power of its own", "choice", YES_NO),
        _KEEPER, _POSITION,
    ), Shelter),
    Sheet("assembly_points", "集合点", "Assembly points", "assembly point", ("id",), (
        _ID, _NAME, _POSITION,
    ), AssemblyPoint),
    Sheet("special_sites", "重点场所", "Special sites", "special site", ("id",), (
        _ID, _NAME,
        Column("kind", "类型", "kind", "choice", SITE_KIND, free=True),
        Column("people_day", "白天人数", "people by day", "whole"),
        Column("people_night", "夜间人数", "people by night", "whole"),
        Column("staff_night", "夜间工作人员", "staff by night", "whole"),
        Column("guests_max", "核定最多客人", "guests at most", "whole"),
        Column("times_help", "帮扶（分钟）", "help (minutes)", "whole"),
        Column("team", "帮扶队伍（岗位编号）", "team (reference)", "ref"),
        Column("vehicles", "车辆数", "vehicles", "whole"),
        *_REFUGE, _KEEPER, _ROUTES, _SHELTERS, _POSITION,
    ), SpecialSite),
    Sheet(PEOPLE, "责任人", "People", "person in that role", ("role",), (
        Column("role", "岗位", "role", "choice", ROLES),
        Column("ref", "人员编号（不写电话）", "reference (never a phone number)", "ref"),
    )),
    Sheet("needs_help", "需帮助人员", "People who need help", "person who needs help", ("ref",), (
        Column("ref", "人员编号（不写电话）", "reference (never a phone number)", "ref"),
        Column("place", "所在危险区编号", "zone", "id"),
        Column("how", "帮助方式（不写原因）", "how (never why)", "choice", HOW),
        Column("helper", "帮扶人编号", "helper (reference)", "ref"),
        Column("deputy", "后备帮扶人编号", "deputy (reference)", "ref"),
    ), NeedsHelp),
    Sheet(OFFLINE, "断电断网", "Offline", "offline rule", (), (
        Column("works", "仍可用的手段", "what still works", "words"),
        Column("shelter", "全村安置点编号", "shelter for all", "id"),
        Column("mark_prepare", "准备转移水位标记", "mark to prepare", "words"),
        Column("mark_move", "立即转移水位标记", "mark to move", "words"),
    )),
    Sheet(BUCKETS, "简易雨量", "Buckets", "bucket", (), (
        Column("hours", "时段（小时）", "hours", "decimal"),
        Column("prepare_mm", "准备转移雨量（毫米）", "rain to prepare (mm)", "decimal"),
        Column("move_mm", "立即转移雨量（毫米）", "rain to move (mm)", "decimal"),
    )),
    Sheet("drills", "演练", "Drills", "drill", (), (
        Column("on", "日期", "day", "date"),
        Column("people", "参加人数", "people", "whole"),
        Column("minutes", "用时（分钟）", "minutes", "whole"),
        Column("night", "夜间", "by night", "choice", YES_NO),
    ), Drill),
)  # fmt: skip
BY_FIELD: Final = {sheet.field: sheet for sheet in SHEETS}

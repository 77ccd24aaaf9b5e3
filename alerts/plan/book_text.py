"""What people read in a workbook beside its columns: the instructions, in Chinese and English."""

from __future__ import annotations

from typing import Final

from alerts.plan.workbook import BookLanguage

INSTRUCTIONS_TITLE: Final[dict[BookLanguage, str]] = {"zh": "说明", "en": "Instructions"}
KNOWN_TITLE: Final[dict[BookLanguage, str]] = {"zh": "村庄代码表", "en": "Village codes"}
NEEDED: Final = " *"
"""Behind the heading of a column whose cells must be filled."""

INSTRUCTIONS: Final[dict[BookLanguage, tuple[str, ...]]] = {
    "zh": (
        "每行写一项；每张表前四列说明属于哪个村。请填村庄代码；没有代码时填村名和乡镇。",
        "带 * 的列必须填写。有下拉列表的列请从列表中选择。",
        "多个编号用分号隔开，首选写在最前，例如：hill; street。编号只用小写字母、数字、- 和 _。",
        "一个村要么全部导入，要么完全不导入：任何一行有错，该村保持原预案，其他村照常导入。",
        "书中没有的村保持不变。要删除整个预案，在“村庄”表该行的“操作”列选“删除”。",
        "已有预案中的危险区、路线、安置点等不能靠删行去掉：请保留该行，并在“操作”列选“删除”。",
        "不要合并单元格，不要改动隐藏的第一行，不要删除工作表或列；代码列保持文本格式。",
        "日期写成 2024-05-01。位置写成 经度, 纬度（WGS84，度）。",
        "人员只写编号。任何地方都不要写电话号码、姓名或病情。",
        "在“人员”列表中，副职写在正职之后。",
    ),
    "en": (
        "One row is one thing; the first four columns of each sheet say of which village. "
        "Fill in the village code; where you have none, the village's name and its township.",
        "Columns with * must be filled. Where a cell has a list, choose from the list.",
        "Separate several ids by semicolons, first choice first: hill; street. "
        "An id has small letters, digits, - and _ only.",
        "A village is imported whole or not at all: one fault in any row, and it keeps the plan "
        "that it has; the other villages are imported.",
        "A village that is not in the book stays as it is. To remove a plan, choose remove "
        "in the action column of its row on the sheet Villages.",
        "What stands in the plan in force (a zone, a route, a shelter) does not go by deleting "
        "its row: keep the row, and choose remove in its action column.",
        "Merge no cells, leave the hidden first row alone, delete no sheet and no column; "
        "code columns stay formatted as text.",
        "Write a day as 2024-05-01, a position as longitude, latitude (WGS84, degrees).",
        "Name people by reference alone: no phone number, no name, no illness, anywhere.",
        "On the sheet People a deputy follows the person stood in for.",
    ),
}

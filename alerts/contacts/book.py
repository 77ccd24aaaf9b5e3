"""The workbook of contacts: one row a person, lists to choose from, headings in Chinese or English.

Written and read with the parts of the workbook of plans. It holds addresses in the clear.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from openpyxl import Workbook  # type: ignore[import-untyped]

from alerts.plan import book_write
from alerts.plan.book_text import INSTRUCTIONS_TITLE
from alerts.plan.workbook import (
    ACTION,
    FIRST_ROW,
    HOW,
    YES_NO,
    BookLanguage,
    Choice,
    Column,
    Sheet,
)
from alerts.roster import Contact

NOTHING: Final = "-"
"""In a list: nothing of it. An empty cell is the default, or a fault."""

CHANNELS: Final = (
    Choice("email", "邮件", "email"),
    Choice("sms", "短信", "sms"),
    Choice("voice", "电话语音", "voice"),
    Choice("webhook", "网络回调", "webhook"),
    Choice("file", "文件", "file"),
    Choice(NOTHING, "不通知", "none"),
)
RIGHTS: Final = (
    Choice("order", "下令", "order"),
    Choice("lower", "降级", "lower"),
    Choice("acknowledge", "代为确认", "acknowledge"),
    Choice("suspend", "停用测站", "suspend"),
    Choice("report", "现场报告", "report"),
    Choice("approve", "审批", "approve"),
    Choice("release", "放行", "release"),
    Choice("personal", "查看个人信息", "personal"),
    Choice("plan", "编制预案", "plan"),
    Choice("audit", "查看运行指标", "audit"),
)
LEGAL_BASIS: Final = (
    Choice("consent", "本人同意", "consent"),
    Choice("public_task", "法定职责", "public task"),
    Choice("vital_interest", "紧急情况保护生命", "vital interest"),
)

SHEET: Final = Sheet(
    "contacts", "联系人", "Contacts", "contact", ("ref",), (
        Column("role", "岗位", "role", "id"),
        Column("villages", "村庄代码（* 表示全部）", "village codes (* for all)", "ids"),
        Column("language", "语言", "language", "id"),
        Column("phone", "电话（+国家代码）", "phone (+ country code)", "id"),
        Column("email", "邮箱", "e-mail", "ref"),
        Column("channels", "渠道（首选在前）", "channels (first choice first)", "choices",
               CHANNELS),
        Column("rights", "权限", "rights", "choices", RIGHTS),
        Column("logins", "登录名", "logins", "ids"),
        Column("exercise", "参加演练", "in exercises", "choice", YES_NO),
        Column("legal_basis", "处理依据", "legal basis", "choice", LEGAL_BASIS),
        Column("needs_help", "帮助方式（不写原因）", "help needed: how (never why)", "choice",
               HOW),
        Column("webhook.url", "网络回调地址", "webhook: address", "ref"),
        Column("webhook.credentials", "网络回调密钥名", "webhook: names of its secrets", "ids"),
        Column("webhook.allow_private", "网络回调内网段", "webhook: private networks", "ids"),
    ), Contact, (ACTION, Column("ref", "人员编号", "reference", "ref")),
)  # fmt: skip

INSTRUCTIONS: Final[dict[BookLanguage, tuple[str, ...]]] = {
    "zh": (
        "每行一人，以人员编号识别（编号与预案里的相同）。带 * 的列必须填写。",
        "电话写国际格式：+86 138 0000 0000。没有写+的号码只有导入时说明国家代码才能用。",
        "渠道、权限等可填多项，用分号隔开，首选在前，例如：短信; 邮件。不通知任何渠道填 -。",
        "书中没有的人保持不变。要删除一人，在“操作”列选“删除”，删掉这一行不算。",
        "一行有错，该人保持原样，其他人照常导入。只写帮助方式，不写原因和病情。",
        "不要合并单元格，不要改动隐藏的第一行。本书有个人信息：用完销毁，不要转发。",
    ),
    "en": (
        "One row is one person, known by the reference, which is the plans'. "
        "Columns with * must be filled.",
        "Write a phone as +86 138 0000 0000. A number without + is taken only where the import "
        "names the country.",
        "Channels, rights, villages and logins may be several, with semicolons, first choice "
        "first: sms; email. For nothing at all write -.",
        "Who is not in the book stays as they are. To remove a person choose remove in the action "
        "column; a row that is merely gone removes nobody.",
        "One fault in a row, and that person stays as they are; the others are imported. "
        "Say how somebody is helped, never why.",
        "Merge no cells, leave the hidden first row alone. This book holds personal data: destroy "
        "it when it has been used, and do not pass it on.",
    ),
}


def plain(contact: Contact) -> dict[str, Any]:
    """Return a contact as a file would give it, its addresses in the clear: not to be shown."""
    raw = contact.model_dump(exclude_none=True) | {"rights": sorted(contact.rights)}
    for field in ("email", "phone"):
        if field in raw:
            raw[field] = raw[field].get_secret_value()
    if contact.webhook is not None:
        raw["webhook"] = {**raw["webhook"], "url": contact.webhook.url.get_secret_value()}
    return raw


def write_contacts(contacts: Iterable[Contact], language: BookLanguage) -> bytes:
    """Return people as a workbook (.xlsx); of nobody, an empty one to fill in.

    Raises
    ------
    TooLong
        They are more than a book is read with.
    """
    workbook = Workbook()
    book_write.instructions(workbook.active, INSTRUCTIONS_TITLE[language], INSTRUCTIONS[language])
    page = workbook.create_sheet(SHEET.title(language))
    columns = SHEET.spread(())
    book_write.head(page, SHEET, columns, language)
    book_write.lists(page, columns, language)
    for number, contact in enumerate(contacts, start=FIRST_ROW):
        book_write.fill(page, number, columns, _row(contact), language)
    book_write.bound(SHEET, page.max_row)
    return book_write.bytes_of(workbook)


def _row(contact: Contact) -> dict[str, object]:
    raw = plain(contact)
    hook = raw.pop("webhook", {})
    row = raw | {f"webhook.{name}": value for name, value in hook.items()}
    row |= {field: tuple(row[field]) for field in ("villages", "channels", "rights", "logins")}
    return row | {field: (NOTHING,) for field in ("villages", "channels") if not row[field]}

"""Messages of official warnings as hubs send them, written for the tests."""

from collections.abc import Sequence
from typing import Any

from lxml import etree

from pipeline.site.model import FeedSpec
from pipeline.units import Variable
from tests.feeds.sample import Sample

CAP = "urn:oasis:names:tc:emergency:cap:1.2"
SQUARE = "27.0,113.0 27.0,114.0 28.0,114.0 28.0,113.0 27.0,113.0"
AREA = (
    "<area><areaDesc>Upper valley</areaDesc>"
    "<geocode><valueName>T</valueName><value>001</value></geocode></area>"
)


def cap_spec(**changes: Any) -> FeedSpec:
    """Declare a feed of official warnings."""
    declared: dict[str, Any] = {
        "feed_id": "office", "protocol": "cap", "where": "warnings.xml",
        "variable": Variable.OFFICIAL, "cadence_min": 5,
    }  # fmt: skip
    return FeedSpec.model_validate(declared | changes)


def info(areas: str = AREA, severity: str = "Severe", **fields: str) -> str:
    """Return one info block; `fields` replace its own or come on top."""
    said = {
        "language": "en-GB", "event": "Flash flood warning", "severity": severity,
        "expires": "2024-07-15T18:00:00+00:00",
    } | fields  # fmt: skip
    body = "".join(f"<{name}>{value}</{name}>" for name, value in said.items())
    return f"<info>{body}{areas}</info>"


def alert(*infos: str, number: int = 1, **fields: str) -> str:
    """Return one message of the weather office."""
    said = {
        "identifier": f"W{number}", "sender": "office@example.org",
        "sent": "2024-07-15T11:00:00+00:00", "status": "Actual", "msgType": "Alert",
        "scope": "Public",
    } | fields  # fmt: skip
    head = "".join(f"<{name}>{value}</{name}>" for name, value in said.items())
    return f'<alert xmlns="{CAP}">{head}{"".join(infos or (info(),))}</alert>'


def national(severity: str = "Blue", description: str = "", **fields: str) -> str:
    """Return one message in the Chinese national form; times with a blank, no namespace."""
    said = {
        "identifier": "11000041600000_20240715110000", "sender": "某市气象局",
        "sendTime": "2024-07-15 19:00:00+08:00", "status": "Actual", "msgType": "Alert",
        "scope": "Public",
    } | fields  # fmt: skip
    head = "".join(f"<{name}>{value}</{name}>" for name, value in said.items())
    return (
        f"<alert>{head}<info><language>zh-CN</language><eventType>11B03</eventType>"
        f"<severity>{severity}</severity><expires/><headline>某市发布暴雨红色预警</headline>"
        f"<description>{description}</description><area><areaDesc>甲县,乙县</areaDesc><polygon/>"
        "<circle>27.5,113.5 5000</circle><geocode>110101000000,110102000000</geocode>"
        "</area></info></alert>"
    )


def index(entries: Sequence[str]) -> bytes:
    """Return an index that holds its messages; what is no XML stands in it as text."""
    body = "".join(f"<entry><content>{_fit(entry)}</content></entry>" for entry in entries)
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{body}</feed>'.encode()


def _fit(entry: Any) -> str:
    text = str(entry)
    try:
        etree.fromstring(f"<content>{text}</content>", etree.XMLParser(resolve_entities=False))
    except (etree.XMLSyntaxError, ValueError):
        plain = "".join(c if c.isprintable() else " " for c in text)
        return plain.replace("&", "&amp;").replace("<", "&lt;").replace("]]>", "]]&gt;")
    return text


ROWS = (
    alert(),
    alert(info(severity="Extreme"), number=2),
    alert(number=3, msgType="Cancel", references="office@example.org,W1,2024-07-15T11:00:00+00:00"),
)
DRAWN = (
    f"<area><areaDesc>Lower valley</areaDesc><polygon>{SQUARE}</polygon>"
    "<circle>27.5,113.5 12.5</circle></area>"
)
UPDATES = (
    alert(
        info(AREA + DRAWN),
        info(AREA + DRAWN.replace("Lower valley", "Basse vallée"), language="fr-FR"),
        number=4,
        msgType="Update",
        references="office@example.org,W1,2024-07-15T11:00:00Z other,W0,2024-07-15T10:00:00Z",
    ),
    alert(info(DRAWN, onset="2024-07-15T14:00:00Z"), number=5).replace("cap:1.2", "cap:1.1"),
)
CHAINED = national("Blue", "预计今夜有大雨，其中丙镇 橙色。", msgType="Update", references="first")
SAMPLES = (
    Sample("cap", cap_spec(), "warnings.xml", index(ROWS), ROWS, index),
    Sample(
        "cap_updates", cap_spec(parameter="flood"), "updates.xml", index(UPDATES), UPDATES, index
    ),
    Sample("cap_national", cap_spec(), "warning.xml", CHAINED.encode()),
)

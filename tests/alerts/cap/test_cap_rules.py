"""The rules catch what the schema lets through, and a hostile document harms nobody."""

import subprocess
import sys
from dataclasses import replace

import pytest
from lxml import etree

from alerts.cap_rules import NAMESPACE, RULES, problems
from alerts.compose import compose
from alerts.plan.hazard import HazardMap
from tests.golden.samples import ROOT, occasion, risk, valley
from tests.services import require_shared

UNMAPPED = replace(valley(), hazards=HazardMap())
GOOD = compose(occasion(risk(4, lead_min=90)), UNMAPPED).cap.content.decode()
REFERENCE = "<references>floodwarn.valley,valley.x1.0.1,2024-07-15T00:05:00+08:00</references>"
SAMPLES = ROOT.parent / "shared" / "data" / "cap_samples"


def altered(old, new):
    assert old in GOOD
    return problems(GOOD.replace(old, new).encode())


def test_what_we_write_breaks_no_rule():
    assert problems(GOOD.encode()) == []
    assert [name.split()[0] for name in RULES] == [f"R{n}" for n in range(1, 15)]


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        ("R1", "<sender>floodwarn.valley", "<sender>flood warn"),
        ("R2", "+08:00</effective>", "+00:00</effective>"),
        ("R3", "<note>【演练】", "<code>【演练】"),
        ("R4", "<msgType>Alert", "<msgType>Update"),
        ("R4", "<msgType>Alert", "<msgType>Cancel"),
        ("R4", "<incidents>", f"{REFERENCE}<incidents>"),
        ("R5", "<scope>Restricted", "<scope>Public"),
        ("R5", "<scope>Restricted", "<scope>Private"),
        ("R7", "<event>山洪", "<event>" + "山洪" * 20),
        ("R7", "<language>zh-CN", "<language>en"),
        ("R8", "<urgency>Expected", "<urgency>Unknown"),
        ("R9", "<expires>2024", "<expires>2023"),
        ("R9", "<onset>2024-07-15T02:30", "<onset>2024-07-15T00:30"),
        ("R9", "<onset>2024-07-15T02:30", "<onset>2024-07-16T02:30"),
        ("R10", "<web>urn:floodwarn:board</web>", ""),
        ("R11", "40.0660,115.6320 1", "115.6320,40.0660 1"),
        ("R11", "40.0660,115.6320 1", "40.0660,115.6320 0"),
        ("R12", "<event>山洪", "<event> 山洪"),
        ("R12", "<event>山洪", "<event>&lt;b&gt;山洪"),
        ("R14", "<valueName>tier", "<valueName>colour"),
    ],
)
def test_each_broken_rule_is_named(rule, old, new):
    changed = GOOD.replace(old, new)
    if rule == "R3":
        changed = changed.replace("【演练】</note>", "【演练】</code>")
    assert changed != GOOD
    assert any(fault.startswith(f"{rule} ") for fault in problems(changed.encode()))


@pytest.mark.parametrize(
    ("polygon", "right"),
    [
        ("40.0,115.0 40.1,115.0 40.1,115.1 40.0,115.0", True),
        ("40.0,115.0 40.1,115.0 40.1,115.1", False),
        ("40.0,115.0 40.1,115.0 40.1,115.1 40.2,115.2", False),
        ("115.0,40.0 115.1,40.0 115.1,40.1 115.0,40.0", False),
        ("40.0,115.0 40.1,115.1 40.1,115.0 40.0,115.1 40.0,115.0", False),
        ("40.0,115.0 40.1,115.0 40.1,115.1 40.0,115.0...", False),
    ],
)
def test_a_polygon_is_closed_and_names_latitude_first(polygon, right):
    found = altered("<circle>40.0660,115.6320 1</circle>", f"<polygon>{polygon}</polygon>")
    assert (found == []) is right


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<status>Exercise", "<status>exercise"),
        ("01:05:00+08:00</sent>", "01:05:00Z</sent>"),
        ("<language>zh-CN", "<language>zh_CN"),
        ("<severity>Extreme", "<severity>HIGH"),
    ],
)
def test_what_the_schema_forbids_is_refused(old, new):
    assert altered(old, new)[0].startswith("schema")


def test_a_message_may_not_refer_to_itself():
    root = etree.fromstring(GOOD.encode())
    named = [root.find(f"{{{NAMESPACE}}}{n}").text for n in ("sender", "identifier", "sent")]
    text = GOOD.replace("<msgType>Alert", "<msgType>Update").replace(
        "<incidents>", f"<references>{','.join(named)}</references><incidents>"
    )
    assert "R4 chain: the message refers to itself" in problems(text.encode())


HOSTILE = {
    "entity": '<!DOCTYPE a [<!ENTITY x "y">]><alert xmlns="{ns}"><sender>&x;</sender></alert>',
    "bomb": '<!DOCTYPE a [<!ENTITY a "{ten}"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'
    '<alert xmlns="{ns}">&c;</alert>',
    "outside": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    '<alert xmlns="{ns}">&x;</alert>',
    "broken": "<alert",
    "large": "<alert>" + "x" * 600_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_refused_and_the_process_lives(name):
    text = HOSTILE[name].replace("{ns}", NAMESPACE).replace("{ten}", "x" * 10_000)
    program = (
        "import sys; from alerts.cap_rules import problems; "
        "sys.exit(0 if problems(sys.stdin.buffer.read()) else 1)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, input=text.encode(), cwd=ROOT, check=False)
    assert done.returncode == 0


def test_the_published_examples_are_valid_to_the_schema():
    folder = require_shared(SAMPLES) / "oasis_examples"
    for path in sorted(folder.glob("*.xml")):
        assert not any(
            fault.startswith(("schema", "parse")) for fault in problems(path.read_bytes())
        )


def test_a_real_cancel_without_references_is_caught():
    folder = require_shared(SAMPLES) / "alphagov"
    for name in ("missing", "empty"):
        content = (folder / f"wainfleet_cancel_with_{name}_references.xml").read_bytes()
        assert "R4 chain: Cancel without references" in problems(content)

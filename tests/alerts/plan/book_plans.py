"""Any plan from which an order can be made, and the village list that it belongs to."""

from hypothesis import strategies as st

from alerts.plan.book_whose import KnownVillage
from alerts.plan.model import Bucket, Offline, Plan, Signals, Times
from alerts.plan.people import Drill, NeedsHelp, People
from alerts.plan.places import AssemblyPoint, Refuge, Shelter, SpecialSite, Zone
from alerts.plan.ways import Crossing, Route
from alerts.plan.words import CutFrom

KNOWN = (
    KnownVillage("110118100201", "白石村", "青溪镇", "Baishi"),
    KnownVillage("110118100202", "河口村", "青溪镇", "Hekou"),
    KnownVillage("110118101203", "白石村村民委员会", "石峡镇", "Baishi"),
    KnownVillage("FR07-annonay", "Annonay", "Ardèche", "Annonay"),
)
ids = st.from_regex(r"[a-z0-9_-]{1,12}", fullmatch=True)
refs = st.from_regex(r"[A-Za-z0-9_.:/-]{1,20}", fullmatch=True)
text = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
hostile = st.sampled_from(
    ("=1+1", "@x", "-1", " a ", "_x0041_", "_x000B", "a\rb", "\x00", "１２", "2024")
)
words = (text.filter(str.strip) | hostile).filter(lambda said: said.strip(" \t\r\n"))
local = st.dictionaries(st.sampled_from(("zh", "en", "fr", "bo-CN")), words, min_size=1)
minutes = st.integers(0, 1440)
counts = st.integers(0, 10**18)
positions = st.tuples(st.floats(-180, 180), st.floats(-90, 90))
refuges = st.builds(Refuge, kind=st.sampled_from(("upper_floor", "high_ground")), name=local)
cuts = st.sampled_from(CutFrom)
yes_no = st.booleans()
maybe = st.none


def several(part, **fields):
    """Return lists of a part, each with an id of its own."""
    return st.lists(st.builds(part, id=ids, **fields), max_size=3, unique_by=lambda one: one.id)


crossings = several(Crossing, name=local, cut_from=cuts, position=maybe() | positions)
drills = st.builds(Drill, on=st.dates(), people=counts, minutes=maybe() | minutes, night=yes_no)
rain = st.floats(1e-5, 1000)
buckets = st.builds(Bucket, hours=st.floats(1e-5, 24), prepare_mm=rain, move_mm=rain)
signals = st.builds(
    Signals,
    prepare=local,
    move=local,
    all_clear=maybe() | local,
    means=st.lists(st.sampled_from(("gong", "siren", "door"))).map(tuple),
)
routes = several(
    Route,
    name=local,
    minutes_day=minutes,
    minutes_night=minutes,
    mode=st.sampled_from(("foot", "vehicle", "boat")),
    avoid=maybe() | local,
    crossings=crossings.map(tuple),
    waypoints=st.lists(positions, max_size=3).map(tuple),
).filter(bool)
shelters = several(
    Shelter,
    name=local,
    capacity=counts,
    flooded_from=maybe() | cuts,
    step_free=maybe() | yes_no,
    power=maybe() | yes_no,
    keeper=maybe() | refs,
    position=maybe() | positions,
).filter(bool)


def some_of(parts):
    known = [part.id for part in parts]
    return st.lists(st.sampled_from(known), min_size=1, max_size=3).map(tuple)


def zones(ways, homes):
    return several(
        Zone,
        name=local,
        households=counts,
        people=counts,
        danger=st.sampled_from((None, "extreme", "high", "moderate")),
        refuge=maybe() | refuges,
        assembly=maybe() | ids,
        gather=maybe() | minutes,
        routes=some_of(ways),
        shelters=some_of(homes),
    ).filter(bool)


def special_sites(ways, homes):
    return several(
        SpecialSite,
        kind=st.sampled_from(("care_home", "school", "barracks")),
        name=local,
        people_day=counts,
        people_night=counts,
        staff_night=counts,
        times_help=minutes,
        routes=some_of(ways),
        shelters=some_of(homes),
        refuge=maybe() | refuges,
        keeper=maybe() | refs,
        guests_max=maybe() | counts,
        team=maybe() | refs,
        vehicles=maybe() | counts,
        position=maybe() | positions,
    )


several_refs = st.lists(refs, max_size=3).map(tuple)
people = st.builds(
    People,
    responsible=st.lists(refs, min_size=1, max_size=3).map(tuple),
    monitoring=several_refs,
    transfer=several_refs,
    patrol=several_refs,
)
helped = st.builds(
    NeedsHelp,
    ref=refs,
    place=ids,
    how=st.sampled_from(("wake", "accompany", "carry", "vehicle")),
    helper=maybe() | refs,
    deputy=maybe() | refs,
)


@st.composite
def plans(draw):
    """Draw a plan whose references lead somewhere."""
    ways, homes = draw(routes), draw(shelters)
    sites = draw(special_sites(ways, homes))
    taken = {site.id for site in sites}
    places = draw(zones(ways, homes).filter(lambda many: not taken & {z.id for z in many}))
    offline = st.builds(
        Offline,
        works=local,
        shelter=ids,
        buckets=st.lists(buckets, max_size=2).map(tuple),
        mark_prepare=maybe() | local,
        mark_move=maybe() | local,
    )
    return Plan(
        village_id=draw(st.sampled_from(KNOWN)).village_id,
        exercise=draw(yes_no),
        note=draw(text | hostile),
        valid_from=draw(st.dates()),
        reviewed_by=draw(text),
        reviewed_on=draw(maybe() | st.dates()),
        return_period_y=draw(maybe() | st.integers(1, 10_000)),
        languages=draw(st.lists(st.sampled_from(("bo-CN", "fr")), max_size=2).map(tuple)),
        times=draw(st.builds(Times, call=minutes, gather=minutes, help=minutes)),
        zones=places,
        routes=ways,
        shelters=homes,
        assembly_points=draw(several(AssemblyPoint, name=local, position=maybe() | positions)),
        special_sites=sites,
        people=draw(people),
        needs_help=draw(st.lists(helped, max_size=2).map(tuple)),
        signals=draw(maybe() | signals),
        offline=draw(maybe() | offline),
        drills=draw(st.lists(drills, max_size=2).map(tuple)),
    )

"""Of which village a row is: by its code, or by a name that only one village of a township has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from alerts.plan.book_cells import plain
from alerts.plan.book_faults import Unreadable, wrong

COMMITTEES: Final = (
    "村民委员会",
    "社区居民委员会",
    "社区居委会",
    "居民委员会",
    "居委会",
    "村委会",
    "社区",
)
"""What a village's name is written with or without; the longest that fits is taken off."""
VILLAGE_WORD: Final = "村"


@dataclass(frozen=True, slots=True)
class KnownVillage:
    """A village of the site, as villages.csv has it."""

    village_id: str
    name: str
    township: str
    name_en: str = ""


def bare(name: str) -> str:
    """Return a village's name without its committee, by which two spellings are one name."""
    text = plain(name).replace(" ", "").casefold()
    for office in COMMITTEES:
        if text.endswith(office) and text != office:
            return text.removesuffix(office).removesuffix(VILLAGE_WORD)
    return text.removesuffix(VILLAGE_WORD) or text


class VillageIndex:
    """The villages of a site, found by code and by name."""

    def __init__(self, known: Iterable[KnownVillage]) -> None:
        self._by_code: dict[str, KnownVillage] = {}
        self._by_name: dict[str, list[KnownVillage]] = defaultdict(list)
        for village in known:
            self._by_code[village.village_id] = village
            for name in {bare(village.name), bare(village.name_en)} - {""}:
                self._by_name[name].append(village)

    def called(self, name: str | None, township: str | None) -> tuple[KnownVillage, ...]:
        """Return the villages that bear a name, in a township where one is said."""
        if name is None:
            return ()
        bearing = self._by_name.get(bare(name), ())
        within = [one for one in bearing if township in {None, plain(one.township)}]
        # A committee of a village and one of a quarter may share a name: the whole tells them.
        exact = [one for one in within if plain(name) == plain(one.name)] if township else []
        return tuple(exact or within)

    def suspects(self, code: str | None, name: str | None, township: str | None) -> set[str]:
        """Return the villages that are meant, perhaps, by what does not fit together."""
        named = self.called(name, township) or self.called(name, None)
        return {one.village_id for one in named} | (
            {code} & self._by_code.keys() if code else set()
        )

    def village_of(self, code: str | None, name: str | None, township: str | None) -> str:
        """Return the id of the village that a row is of.

        Raises
        ------
        Unreadable
            None, or more than one, fits; or its code and its name are of two villages.
        """
        if code is None:
            return self._by_name_alone(name, township)
        found = self._by_code.get(code)
        if found is None:
            raise Unreadable(wrong("unknown_code", code=code))
        if name is not None and found not in self.called(name, None):
            raise Unreadable(wrong("code_of_another", code=code, found=found.name, name=name))
        if township not in {None, plain(found.township)}:
            about = {"found": found.name, "there": found.township, "township": township}
            raise Unreadable(wrong("in_another_township", code=code, **about))
        return code

    def _by_name_alone(self, name: str | None, township: str | None) -> str:
        if name is None:
            raise Unreadable(wrong("names_no_village"))
        fitting = self.called(name, township)
        if len(fitting) == 1:
            return fitting[0].village_id
        where = "" if township is None else "_there"
        about = {"name": name, "township": township}
        if not fitting:
            raise Unreadable(wrong(f"unknown_name{where}", **about))
        codes = ", ".join(f"{village.village_id} ({village.township})" for village in fitting)
        raise Unreadable(wrong(f"several_of_name{where}", count=len(fitting), codes=codes, **about))

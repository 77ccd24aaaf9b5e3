"""The words of the acts, in the language of the officer who acts: short, for a hurried night.

What a door refuses is said in its own words, as the commands say it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.board import tier_words
from alerts.board.tier_words import TierWords
from alerts.ledger.actions import Verb
from alerts.release import DAYLIGHT


@dataclass(frozen=True, slots=True)
class ActWords:
    """One language's words.

    Attributes
    ----------
    tiers : of the acts that move a tier
    items : of the release's list; verbs : what the log says that persons did
    """

    language: str
    title: str
    as_of: str
    again: str
    acting: str
    look_only: str
    approval: str
    waits: str
    nothing_waits: str
    approve: str
    refuse: str
    reason: str
    ways: str
    all_open: str
    shut: str
    way: str
    everywhere: str
    helped: str
    close: str
    shelter: str
    full: str
    flooded: str
    reopen: str
    home: str
    nobody_away: str
    people: str
    untold: str
    silent: str
    received: str
    counted: str
    no_count: str
    lower_first: str
    who_goes: str
    seen_to: str
    not_now: str
    override: str
    second: str
    release: str
    asks: str
    why: str
    agree: str
    other: str
    log: str
    nothing_done: str
    go_now: str
    wait_more: str
    recorded: str
    told: str
    asked: str
    refused: str
    unchanged: str
    back: str
    tiers: TierWords
    items: Mapping[str, str]
    verbs: Mapping[Verb, str]


EN = ActWords(
    language="en",
    title="Acts",
    as_of="As of {time}, wall clock. This page does not refresh itself.",
    again="Look again",
    acting="You act as {ref}.",
    look_only="You can look, not act: {why}.",
    approval="Waiting",
    waits="{count} deliveries wait for an approver; they go by themselves at {time}.",
    nothing_waits="Nothing waits.",
    approve="Approve: send now",
    refuse="Refuse for {minutes} min",
    reason="Reason",
    ways="Ways and shelters",
    all_open="Nothing is reported closed.",
    shut="closed",
    way="Way or bridge",
    everywhere="in every village",
    helped="those who need help in {place}",
    close="Report closed",
    shelter="Shelter",
    full="Full",
    flooded="Flooded",
    reopen="Open again",
    home="Ordered to move, not released",
    nobody_away="No place.",
    people="{count} people by the plan",
    untold="not told: no text has gone out",
    silent="unaccounted for: no answer",
    received="answered ({ref}, {time}); not counted yet",
    counted="all counted",
    no_count="An answer is no head count. Count at the shelter and write it down on the page of "
    "answers; then tick the last box.",
    lower_first="The tier is {colour}: lower it before anyone goes home.",
    who_goes="Who goes home",
    seen_to="Seen to",
    not_now="not met now",
    override="Something is missing? Why they may go all the same",
    second="A second person must then agree within {minutes} min.",
    release="Let them go home",
    asks="{ref} asked at {time}: {places} home.",
    why="Why",
    agree="Agree",
    other="Another person must agree.",
    log="Done lately",
    nothing_done="Nothing yet.",
    go_now="{count} deliveries go now.",
    wait_more="{count} deliveries wait {minutes} min more.",
    recorded="Recorded. No order that stands is another one by it.",
    told="{messages} messages, {count} deliveries.",
    asked="Asked. Another person must agree within {minutes} min.",
    refused="Refused",
    unchanged="Nothing was changed.",
    back="Back",
    tiers=tier_words.EN,
    items={
        "rain": "No more rain, and none forecast that would matter",
        "upstream": "Nothing comes from upstream",
        "official": "No official warning in force",
        "slope": "Slopes looked at",
        "road": "Way home walked",
        "headcount": "All counted",
        DAYLIGHT: "Daylight",
    },
    verbs={
        Verb.ORDER: "ordered",
        Verb.REPORT: "reported what was seen",
        Verb.LOWER_REQUEST: "asked to lower",
        Verb.LOWER_CONFIRM: "agreed to lower",
        Verb.CLOSE: "reported closed",
        Verb.REOPEN: "reported open",
        Verb.APPROVE: "approved",
        Verb.REFUSE: "refused",
        Verb.RELEASE: "let home",
        Verb.RELEASE_REQUEST: "asked to let home",
        Verb.RELEASE_CONFIRM: "agreed to let home",
        Verb.RETRACT_REQUEST: "asked to retract",
        Verb.RETRACT_CONFIRM: "agreed to retract",
    },
)
ZH = ActWords(
    language="zh",
    title="操作",
    as_of="截至 {time}（实际时间）。本页不会自动刷新。",
    again="刷新",
    acting="操作人：{ref}。",
    look_only="只能查看，不能操作：{why}。",
    approval="待处理",
    waits="{count} 条投递等待审批；{time} 自动发出。",
    nothing_waits="没有待审批的指令。",
    approve="批准：立即发出",
    refuse="暂缓 {minutes} 分钟",
    reason="理由",
    ways="道路与安置点",
    all_open="没有上报的封闭。",
    shut="封闭",
    way="道路或桥梁",
    everywhere="所有村",
    helped="{place}要帮的人",
    close="上报封闭",
    shelter="安置点",
    full="已满",
    flooded="进水",
    reopen="恢复使用",
    home="已下转移令，尚未放行",
    nobody_away="无。",
    people="预案人数 {count}",
    untold="尚未通知：没有消息发出",
    silent="去向不明：未回复",
    received="已回复（{ref}，{time}）；尚未清点",
    counted="人数已清点",
    no_count="回复不等于清点。请在安置点清点人数，记到“谁已回复”页，再勾选最后一项。",
    lower_first="当前为{colour}：先降级，才能返回。",
    who_goes="谁可以返回",
    seen_to="已核实",
    not_now="目前不满足",
    override="缺项仍要放行？写明理由",
    second="须有第二人在 {minutes} 分钟内同意。",
    release="允许返回",
    asks="{ref} {time} 申请：{places} 返回。",
    why="理由",
    agree="同意",
    other="须由另一人同意。",
    log="最近操作",
    nothing_done="暂无。",
    go_now="{count} 条投递立即发出。",
    wait_more="{count} 条投递再等 {minutes} 分钟。",
    recorded="已记录。现有指令不变。",
    told="{messages} 条消息，{count} 条投递。",
    asked="已申请。须由另一人在 {minutes} 分钟内同意。",
    refused="未执行",
    unchanged="没有任何改动。",
    back="返回",
    tiers=tier_words.ZH,
    items={
        "rain": "雨已停，预报无明显降雨",
        "upstream": "上游无来水",
        "official": "无官方预警生效",
        "slope": "边坡已查看",
        "road": "回程道路已走过",
        "headcount": "人数已清点",
        DAYLIGHT: "白天",
    },
    verbs={
        Verb.ORDER: "下令",
        Verb.REPORT: "现场报告",
        Verb.LOWER_REQUEST: "申请降级",
        Verb.LOWER_CONFIRM: "同意降级",
        Verb.CLOSE: "上报封闭",
        Verb.REOPEN: "上报恢复",
        Verb.APPROVE: "批准",
        Verb.REFUSE: "暂缓",
        Verb.RELEASE: "允许返回",
        Verb.RELEASE_REQUEST: "申请返回",
        Verb.RELEASE_CONFIRM: "同意返回",
        Verb.RETRACT_REQUEST: "申请撤回",
        Verb.RETRACT_CONFIRM: "同意撤回",
    },
)
FR = ActWords(
    language="fr",
    title="Actes",
    as_of="État à {time}, heure réelle. Cette page ne se rafraîchit pas seule.",
    again="Actualiser",
    acting="Vous agissez comme {ref}.",
    look_only="Vous pouvez voir, non agir : {why}.",
    approval="En attente",
    waits="{count} envois attendent une approbation ; ils partent seuls à {time}.",
    nothing_waits="Rien n’attend.",
    approve="Approuver : envoyer",
    refuse="Refuser pour {minutes} min",
    reason="Raison",
    ways="Chemins et abris",
    all_open="Rien n’est signalé fermé.",
    shut="fermé",
    way="Chemin ou pont",
    everywhere="dans tous les villages",
    helped="{place}, ceux qui ont besoin d'aide",
    close="Signaler fermé",
    shelter="Abri",
    full="Plein",
    flooded="Inondé",
    reopen="Rouvrir",
    home="Ordre de partir, non levé",
    nobody_away="Aucun lieu.",
    people="{count} personnes selon le plan",
    untold="pas prévenus : aucun texte n’est parti",
    silent="sans nouvelles : pas de réponse",
    received="répondu ({ref}, {time}) ; pas encore comptés",
    counted="tous comptés",
    no_count="Une réponse n’est pas un comptage : comptez à l’abri, notez-le à la page des "
    "réponses, puis cochez la dernière case.",
    lower_first="Le niveau est {colour} : l’abaisser avant tout retour.",
    who_goes="Qui rentre",
    seen_to="Vérifié",
    not_now="non rempli",
    override="Il manque un point ? Pourquoi les laisser rentrer quand même",
    second="Une deuxième personne doit alors accepter sous {minutes} min.",
    release="Laisser rentrer",
    asks="{ref} a demandé à {time} : retour de {places}.",
    why="Pourquoi",
    agree="Accepter",
    other="Une autre personne doit accepter.",
    log="Derniers actes",
    nothing_done="Rien encore.",
    go_now="{count} envois partent maintenant.",
    wait_more="{count} envois attendent {minutes} min de plus.",
    recorded="Noté. Aucun ordre en vigueur ne change.",
    told="{messages} messages, {count} envois.",
    asked="Demandé. Une autre personne doit accepter sous {minutes} min.",
    refused="Refusé",
    unchanged="Rien n’a changé.",
    back="Retour",
    tiers=tier_words.FR,
    items={
        "rain": "Plus de pluie, et aucune prévue qui compte",
        "upstream": "Rien ne vient de l’amont",
        "official": "Aucune alerte officielle en vigueur",
        "slope": "Pentes inspectées",
        "road": "Chemin du retour parcouru",
        "headcount": "Tous comptés",
        DAYLIGHT: "Jour",
    },
    verbs={
        Verb.ORDER: "a ordonné",
        Verb.REPORT: "a signalé ce qu’on a vu",
        Verb.LOWER_REQUEST: "a demandé d’abaisser",
        Verb.LOWER_CONFIRM: "a accepté d’abaisser",
        Verb.CLOSE: "a signalé fermé",
        Verb.REOPEN: "a signalé ouvert",
        Verb.APPROVE: "a approuvé",
        Verb.REFUSE: "a refusé",
        Verb.RELEASE: "a laissé rentrer",
        Verb.RELEASE_REQUEST: "a demandé le retour",
        Verb.RELEASE_CONFIRM: "a accepté le retour",
        Verb.RETRACT_REQUEST: "a demandé de retirer",
        Verb.RETRACT_CONFIRM: "a accepté de retirer",
    },
)
COLOURS = {
    "zh": {"none": "无", "blue": "蓝色", "yellow": "黄色", "orange": "橙色", "red": "红色"},
    "fr": {"none": "nul", "blue": "bleu", "yellow": "jaune", "orange": "orange", "red": "rouge"},
}
LANGUAGES = {words.language: words for words in (EN, ZH, FR)}


def acts_in(language: str) -> ActWords:
    """Return the words of a language or its base; English for one that has none here."""
    return LANGUAGES.get(language.partition("-")[0], EN)


def colour_in(colour: str, say: ActWords) -> str:
    """Return a tier's colour in the language of the words."""
    return COLOURS.get(say.language, {}).get(colour, colour)

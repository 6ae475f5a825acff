"""What the records of a news set say: names, titles, the domains and types they are filed under."""

import functools

import numpy as np

DOMAINS = ("politics", "economy", "sports", "technology", "health", "crime", "culture", "world", "science", "weather")
SHARES = (.18, .15, .14, .11, .09, .09, .08, .08, .05, .03)
EVENT_TYPES = ("announcement", "meeting", "election", "protest", "accident", "trial", "launch", "merger", "match",
               "award", "attack", "forecast")
ENTITY_TYPES = ("person", "organization", "location", "product")

SUBJECTS = {
    "politics": "parliament minister coalition ballot reform cabinet senate treaty budget referendum",
    "economy": "inflation exports bank tariff factory wages market investors harvest shipping",
    "sports": "league striker final marathon coach stadium transfer qualifier medal relay",
    "technology": "chip software satellite battery network startup robot browser encryption sensor",
    "health": "vaccine hospital outbreak clinic surgeon malaria insurance nurses obesity screening",
    "crime": "court robbery fraud police smuggling verdict arson prison ransom detectives",
    "culture": "festival museum novel orchestra exhibition director theatre painting archive premiere",
    "world": "border summit ceasefire embassy refugees sanctions envoy convoy peacekeepers blockade",
    "science": "telescope fossil genome glacier reactor comet enzyme expedition particle reef",
    "weather": "typhoon flood drought heatwave landslide forecast blizzard monsoon evacuation rainfall",
}
ACTIONS = {
    "announcement": "announces", "meeting": "meets on", "election": "votes on", "protest": "protests over",
    "accident": "halts after accident at", "trial": "on trial over", "launch": "launches", "merger": "takes over",
    "match": "wins at", "award": "honoured for", "attack": "attacked during", "forecast": "warns of",
}
PLACES = ("Hà Nội", "Đà Nẵng", "Huế", "Cần Thơ", "Hải Phòng", "Lisbon", "Nairobi", "Oslo", "Lima", "Kyoto", "Quito",
          "Riga", "Tunis", "Perth", "Malmö", "Bogotá", "Gdańsk", "Zürich", "Accra", "Dhaka")
SYLLABLES = ("ba", "dor", "ke", "lan", "mi", "ros", "tu", "ven", "zar", "pel", "gri", "non", "sha", "qui", "fel", "hu",
             "jor", "wex", "yan", "cal")
GIVEN = ("Anna", "Minh", "Lê", "José", "Fatima", "Ivan", "Mai", "Olu", "Søren", "Kim", "Aiko", "Pablo")
FORMS = {
    "person": ("{given} {name}", "{name}", "{initial}. {name}", "Ms {name}", "{given} {middle} {name}",
               "{name} {given}", "the {name} team"),
    "organization": ("{name} {suffix}", "{name}", "{letters}", "the {name} group",
                     "{name} {suffix} ({letters})", "{name} plc", "{letters} group"),
    "location": ("{name} {kind}", "{name}", "the {kind} of {name}", "{name} area", "greater {name}",
                 "{name} ({letters})", "old {name}"),
    "product": ("{name} {digit}", "{name}-{digit}", "{name}", "the {name}", "{name} mark {digit}", "{letters} {digit}",
                "{name} series"),
}


class Words:
    """Texts as functions of (seed, what, number): the same whoever asks first."""

    def __init__(self, seed):
        self.seed = seed
        self.name = functools.lru_cache(None)(self.name)
        self.entity = functools.lru_cache(None)(self.entity)

    def rng(self, what, number):
        return np.random.default_rng([self.seed, 100 + what, number])

    def name(self, what, number):
        """A made-up name."""
        r = self.rng(what, number)
        return "".join(SYLLABLES[i] for i in r.integers(len(SYLLABLES), size=3)).capitalize()

    def of_story(self, story, domain):
        """(name, two words of the domain, place) that a story's texts share."""
        r = (story * 2654435761 + self.seed) & 0xffffffff
        subjects = SUBJECTS[DOMAINS[domain]].split()
        return (self.name(1, story), subjects[r % 10], subjects[(r // 10 + 1 + r % 10) % 10],
                PLACES[(r // 100) % len(PLACES)])

    def title(self, story, domain, row):
        name, a, b, place = self.of_story(story, domain)
        return ("%s %s in %s", "%s: %s after %s", "%s and the %s, %s")[row % 3] % (
            (name, a + " " + b, place), (name, a, b), (name, a, place))[row % 3]

    def event(self, event, story, kind, row):
        actor, place = self.name(1, story), PLACES[event % len(PLACES)]
        what = self.name(2, event)
        return ("%s %s %s in %s", "%s %s %s, %s")[row % 2] % (actor, ACTIONS[EVENT_TYPES[kind]], what, place)

    def storyline(self, family, domain):
        subjects = SUBJECTS[DOMAINS[domain]].split()
        return "%s: the %s story" % (self.name(3, family), subjects[family % 10])

    def entity(self, entity, kind, alias):
        name = self.name(4, entity)
        return FORMS[ENTITY_TYPES[kind]][alias].format(
            name=name, given=GIVEN[entity % len(GIVEN)], initial=GIVEN[entity % len(GIVEN)][0],
            middle=SYLLABLES[entity % 20].capitalize(), suffix=("Bank", "Union", "Works", "Institute")[entity % 4],
            letters=name[:3].upper(), kind=("province", "district", "river", "port")[entity % 4], digit=entity % 9 + 1)

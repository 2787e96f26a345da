// How it was listened.

import { countOf } from "../../../../ui/plural";
import type { Strings } from "../en";

const count = countOf("de");

export const listening: Pick<Strings, "listening"> = {
    listening: {
        title: "Gehört und vereinbart",
        notShared: (client) => `${client} teilt nicht, wann gehört wird.`,
        notSharedWords:
            "Das zu entscheiden, ist nicht unsere Sache. Gezählt wird nur auf dem Handy, und hier kommt nichts davon an.",
        none: "Noch nichts gehört.",
        days: (n) => `Die letzten ${n} Tage`,
        agreed: (n) => `vereinbart: ${n} am Tag`,
        noAgreed: "nichts am Tag vereinbart",
        sum: (plays, days) => `${count(plays, "einmal", "Mal")} an ${count(days, "1 Tag", "Tagen")}`,
        more: (n) => `An ${count(n, "1 Tag", "Tagen")} mehr als vereinbart. Fragen Sie, wie es war.`,
        less: "Weniger als vereinbart. Fragen Sie, was dazwischenkam.",
        as: "Etwa wie vereinbart.",
        signs: "Vielleicht ein Gespräch wert",
        sign: {
            several: (n, day) => `${n} Mal an einem Tag, ${day}.`,
            more: "Diese Woche öfter als in den Wochen davor.",
            night: (nights, plays) => `Diese Woche ${nights} von ${plays} Mal in der Nacht.`,
            pause: (n) => `Seit ${n} Tagen nicht.`,
        },
        chart: (title) => `Wie oft am Tag „${title}“ gehört wurde`,
        partsTitle: "Tageszeit",
        partsWords: "In der Zeit dort, wie die Handys sie sagen.",
        parts: { night: "Nacht", morning: "Morgen", afternoon: "Nachmittag", evening: "Abend" },
        numbers: "In Zahlen",
        day: "Tag",
        plays: "Gehört",
        ratings: "Wie es war, in eigenen Worten",
        ratingValues: ["Schwerer", "Etwas schwerer", "Gleich", "Etwas leichter", "Leichter"],
        ratingTimes: (word, n) => `${word}: ${n}`,
        calm: "Manche Übungen sind für jeden Tag gedacht. Hier steht, wie gehört wurde, und nichts darüber, warum.",
    },
};

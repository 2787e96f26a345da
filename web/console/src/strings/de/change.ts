// The dialog of every change.

import { countOf } from "../../../../ui/plural";
import type { Strings } from "../en";

const count = countOf("de");

export const change: Pick<Strings, "change"> = {
    change: {
        title: (clip) => `„${clip}“ ändern`,
        titleAll: (client) => `Alles von ${client}`,
        calm: "Niemand hat Sie gebeten, darüber zu wachen; es ist für Ihre nächste Sitzung.",
        what: (client) => `1. Was soll ${client} ab jetzt tun können?`,
        which: "Worum geht es?",
        one: "Nur dieser Clip, wie er jetzt geteilt ist",
        everywhere: "Dieser Clip, überall, wo er geteilt war",
        everywhereWords: "Er endet für alle, mit denen er geteilt war. Danach lässt er sich neu teilen.",
        all: (client) => `Alles, was ${client} von uns hat`,
        allNames: (titles) => `Das sind: ${titles}`,
        choices: {
            talk: "Erst sprechen",
            talkWords: "Auf dem Handy ändert sich nichts.",
            fewer: "Weniger oft am Tag",
            fewerWords: "Er bleibt, mit weniger davon.",
            dates: "Daten ändern",
            datesWords: "Länger, oder weniger lang.",
            pause: "Pause",
            pauseWords: "Er ruht und kann wiederkommen, wie er war.",
            end: "Beenden",
            endWords: "Er wird entfernt und hinterlässt Ihre Nachricht. Nicht zurückzunehmen; neu teilen geht.",
        },
        times: "Mal am Tag ab jetzt",
        sentence: (client) => `Ein Satz für ${client}, bevor es spielt`,
        sentenceHint: "„Fürs Erste einmal am Tag.“ Er steht da, bevor jemand an die Grenze kommt.",
        pauseUntil: "Bis",
        pauseOpen: "Leer: bis ich die Pause beende",
        reads: (client) => `2. Was ${client} lesen wird`,
        readsNothing: (client) => `Nichts. ${client} sieht keinen Unterschied.`,
        readsAfter: "Und wenn es für den Tag genug ist:",
        localTime: (time, zone) => `Bei Ihnen ist es ${time} (${zone}). Die Person kann anderswo sein.`,
        theirTime: (time, name) => `Bei ${name} ist es jetzt ${time}.`,
        pushSays: "Von selbst sagt das Handy nur, dass es etwas Neues gibt.",
        yourNote: "und die Nachricht, die Sie beim Teilen geschrieben haben",
        bound: (when) => `Ein Handy ohne Internet kann ihn höchstens bis ${when} spielen.`,
        note: "3. Ihre eigene Notiz",
        noteWords: (client) =>
            `Für Ihre Akten. Schreiben Sie so, als ob ${client} es lesen könnte: Darum kann gebeten werden.`,
        offline: (client) =>
            `Gerade antwortet niemand. Was Sie entscheiden, liegt hier und geht vor allem anderen hinaus, sobald jemand antwortet. Bis dahin bleibt auf dem Handy von ${client} alles, wie es ist.`,
        noteNotKept:
            "Was Sie entschieden haben, gilt. Ihre Notiz ließ sich nicht aufbewahren: Versuchen Sie es noch einmal, oder schreiben Sie sie anderswo auf.",
        keepNote: "Die Notiz noch einmal versuchen",
        leaveNote: "Dabei lassen",
        kinds: { fixation: "Stützt sich sehr darauf", distress: "Danach aufgewühlt", other: "Etwas anderes" },
        kindNone: "Keine Notiz",
        reason: "Was Sie gesehen haben",
        do: {
            talk: "In Ordnung, erst sprechen",
            talkNoted: "Notiz aufbewahren, erst sprechen",
            fewer: (n) => `Ab jetzt ${count(n, "einmal am Tag", "Mal am Tag")}`,
            dates: "Ab jetzt bis dahin",
            pause: "Jetzt Pause",
            end: "Jetzt beenden",
            endAll: "Jetzt alles beenden",
            endEverywhere: "Jetzt überall beenden",
            pauseAll: "Jetzt für alles Pause",
        },
        instead: "An seiner Stelle",
        insteadNothing: "Erst einmal nichts",
        insteadNext: "Was Sie wählen, teilen Sie als Nächstes, mit eigenen Worten.",
        changed: "Inzwischen hat jemand anderes es geändert. Sehen Sie noch einmal nach.",
    },
};

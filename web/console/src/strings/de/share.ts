// Sharing a clip, and what keeps a form from being sent.

import type { Strings } from "../en";

export const share: Pick<Strings, "share" | "outgoing" | "faults"> = {
    share: {
        title: (clip, client) => `„${clip}“ mit ${client} teilen`,
        how: "Wie lange, und wie oft",
        templates: {
            twoWeeks: "Zwei Wochen lang einmal am Tag",
            session: "Bis zwei Tage nach unserer nächsten Sitzung",
            own: "Auf Ihre eigene Art",
        },
        nextSession: "Unsere nächste Sitzung",
        until: "Bis",
        limit: "Mal am Tag",
        limitHint: "Leer: so oft wie gewünscht",
        planned: "Vereinbart: wie oft am Tag",
        offline: "Geht ohne Internet",
        offlineHint: "Das Handy verlängert es von selbst, sobald es online ist.",
        rest: "Nachtruhe, 23:00 bis 6:00",
        words: "Worte dazu",
        note: "Eine Zeile vor dem Hören",
        marks: "Worte an einer Stelle im Clip",
        markAt: "Bei",
        markWords: "Worte",
        addMark: "Worte an einer Stelle hinzufügen",
        removeMark: "Diese Worte entfernen",
        captions: "Aus einer Untertiteldatei nehmen",
        captionsNot: "Diese Datei sagt an keiner Stelle etwas, oder mehr, als ein Ausschnitt tragen kann.",
        parting: "Wenn er endet, hinterlässt er diese Nachricht",
        partingDefault: "Du kannst es jetzt ohne die Aufnahme. Danke, dass du so gut zugehört hast.",
        partingMissing: "Ein Clip geht nie ohne ein Wort. Schreiben Sie eine Zeile.",
        bound: (hours, when) =>
            `Wenn Sie ihn beenden, kann er höchstens ${hours} später noch spielen, auch auf einem Handy im Flugmodus. Sofort beendet: nach ${when} nicht mehr.`,
        preview: (client) => `Auf dem Handy von ${client}`,
        go: (client) => `Mit ${client} teilen …`,
        sure: "Ist das die richtige Person?",
        sureWords: (client) => `Er geht an ${client} und an niemanden sonst:`,
        lastClip: (title) => `letzter Clip: ${title}`,
        noLastClip: "das wäre der erste Clip",
        others: "Andere mit demselben Anfang:",
        heard: (names) => `Darin zu hören: ${names}`,
        notAgreed: (names) => `${names} hat dem Teilen nicht zugestimmt: Er wartet so lange.`,
        yes: (name) => `Ja, mit ${name} teilen`,
        undoWords: "Sie haben 30 Sekunden, um es zurückzunehmen. Vorher geht nichts hinaus.",
    },
    outgoing: {
        label: "Unterwegs zu Handys",
        waiting: (clip, client, seconds) =>
            `„${clip}“ wird in ${seconds} s mit ${client} geteilt. Noch ist nichts hinausgegangen.`,
        undo: "Zurücknehmen",
        now: "Jetzt teilen",
        close: "Wenn Sie diese Seite vorher schließen, wird nicht geteilt.",
        kept: "Ist die Zeit um, liegt es hier, bis es gesendet werden kann.",
        sending: (clip, client) => `„${clip}“ wird mit ${client} geteilt …`,
        sent: (clip, client) => `„${clip}“ ist mit ${client} geteilt.`,
        noContact: (clip, client) =>
            `Gerade antwortet niemand. „${clip}“ ist für ${client}; es wird weiter versucht, solange diese Seite offen ist. Bei den Clips von ${client} steht dann, ob er angekommen ist.`,
        stopTrying: "Nicht weiter versuchen",
        refused: (clip, client, code) =>
            `„${clip}“ wurde nicht mit ${client} geteilt: Der Server hat Nein gesagt (${code}).`,
        mend: "Zurück zum Formular",
        drop: "Nicht teilen",
        unseenTitle: "Vorher wurde etwas entschieden",
        unseen: (clip, client) => `„${clip}“ ist noch nicht mit ${client} geteilt, deswegen:`,
        takenBack: (clip) => `„${clip}“ wurde früher zurückgenommen.`,
        endedBefore: (until) => `Er war bis ${until} geteilt.`,
        paused: (client) => `Die Clips von ${client} sind in Pause.`,
        all: "Trotzdem teilen",
        leaveTitle: "Etwas ist noch nicht geteilt",
        leaveWords: (clip, client) => `„${clip}“ wartet darauf, mit ${client} geteilt zu werden.`,
        leaveSend: "Jetzt teilen, dann abmelden",
        leaveDrop: "Nicht teilen, abmelden",
    },
    faults: {
        plays: (field, least, most) =>
            least === most
                ? `${field}: Nur ${least} ist noch möglich.`
                : `${field}: eine ganze Zahl von ${least} bis ${most}.`,
        playsOrNone: (field, least, most) => `${field}: eine ganze Zahl von ${least} bis ${most}, oder leer lassen.`,
        when: (field) => `${field}: ein Tag und eine Uhrzeit.`,
        day: (field) => `${field}: ein ganzes Datum, oder leer lassen.`,
        past: (field) => `${field}: Das ist schon vorbei. Wählen Sie einen späteren Zeitpunkt.`,
        future: (field) => `${field}: Das kommt erst noch. Wählen Sie einen Zeitpunkt, der schon war.`,
        far: (field, latest) => `${field}: spätestens ${latest}, das ist in einem Jahr.`,
        clock: (field, latest) =>
            `${field}: später als jetzt und spätestens ${latest}. Es gilt die Uhr des Servers; die dieses Computers geht vielleicht falsch.`,
        place: (field, end) => `${field}: eine Stelle wie 0:30, höchstens ${end}.`,
        other: (field) => `${field}: Das nimmt der Server nicht an. Wählen Sie etwas anderes.`,
        meant: (days, day) => `Ja, für ${days} Tage: bis ${day}`,
        sure: "Das ist eine lange Zeit. Bestätigen Sie es, oder wählen Sie ein früheres Ende.",
    },
};

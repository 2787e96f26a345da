// The first page, and what waits to be sent.

import { countOf, pluralOf } from "../../../../ui/plural";
import type { Strings } from "../en";

const plural = pluralOf("de");
const count = countOf("de");

export const today: Pick<Strings, "today" | "unsent" | "kept"> = {
    today: {
        title: (name) => `Hallo, ${name}`,
        toDo: "Zu erledigen",
        toDoNotRead: "Was zu erledigen ist, ließ sich gerade nicht laden. Es wird von selbst wieder versucht.",
        done: "Alles erledigt.",
        doneWords: "Keine Briefe zu lesen, nichts zu bestätigen. Genießen Sie die Ruhe.",
        doneBefore: "Beim letzten Laden war nichts zu erledigen. Seither kann etwas dazugekommen sein.",
        endings: "Endet diese Woche",
        endingsNotRead: "Was diese Woche endet, ließ sich gerade nicht laden. Es wird von selbst wieder versucht.",
        noEndings: "Diese Woche endet nichts.",
        ends: (title, when) => `${title} · endet ${when}`,
        people: "Ihre Klientinnen und Klienten",
        find: "Jemanden suchen",
        nobody: "Noch niemand hier.",
        nobodyWords: "Fügen Sie jemanden hinzu. Davon erfährt niemand etwas, bis Sie einen Clip teilen.",
        noneFound: "Niemand mit diesem Namen.",
        add: "Jemanden hinzufügen",
        name: "Name",
        nameHint: "So, wie Sie ihn sagen. Er wird verschlüsselt aufbewahrt, und kein anderes Handy zeigt etwas davon.",
        added: "Hinzufügen",
        more: (n) => `und ${n} weitere`,
        duty: {
            restore:
                "Eine Sicherung wurde zurückgespielt. Nichts spielt, bis Sie angesehen haben, was geteilt ist, und sagen, dass es stimmt.",
            confirmRelease: (title) =>
                `${title} wartet auf Ihr Wort: geteilt, ohne zu wissen, was vorher entschieden war`,
            askConsent: (title) => `${title} wartet: Jemand, der darin zu hören ist, hat dem Teilen nicht zugestimmt`,
            return: (title) => (title ? `hat „${title}“ angehalten` : "hat einen Clip angehalten"),
            request: "hat Ihnen geschrieben",
            letter: "hat einen Brief geschickt, der sich gerade nicht lesen lässt",
            confirmDevice: "hat ein Handy hinzugefügt. Ist es das richtige?",
            noteCopy: "hat ein Handy, das kopiert wurde. Refrain hat es entfernt",
            noteDeaf:
                "hat ein Handy, das sich nicht wecken lässt. Änderungen kommen dort erst an, wenn Refrain wieder geöffnet wird",
            awaitWipe: (title, when) =>
                `${title} ist noch nicht als entfernt bestätigt; kann nach ${when} nicht mehr spielen`,
        },
        late: {
            ended: (title) =>
                `${title} wurde auf einem Computer beendet, der nicht mehr dazugehört. Pausiert, bis Sie entscheiden.`,
            tightened: (title) =>
                `${title} wurde auf einem Computer eingeschränkt, der nicht mehr dazugehört. Pausiert, bis Sie entscheiden.`,
            endClip:
                "Ein Clip wurde auf einem Computer, der nicht mehr dazugehört, für alle beendet. Pausiert, bis Sie entscheiden.",
            endRecording:
                "Die Clips einer Sitzung wurden auf einem Computer beendet, der nicht mehr dazugehört. Pausiert, bis Sie entscheiden.",
            endShelf:
                "Alles wurde auf einem Computer beendet, der nicht mehr dazugehört. Pausiert, bis Sie entscheiden.",
            end: "Beenden",
            tighten: "Einschränken",
            goOn: "Weiterlaufen lassen",
        },
        aClip: "Ein Clip",
    },
    unsent: {
        tried: "Es kann schon angekommen sein. Es wird von selbst noch einmal gefragt.",
        title: "Noch nicht gesendet",
        count: (n) => `${n} noch nicht gesendet`,
        soon: "Liegt hier, verschlüsselt. Es wird von selbst gesendet, sobald jemand antwortet; was etwas wegnimmt, zuerst.",
        signIn: "Liegt hier, verschlüsselt. Es wird gesendet, wenn Sie sich angemeldet haben; was etwas wegnimmt, zuerst. Bis dahin ändert sich auf keinem Handy etwas.",
        decided: (when) => `entschieden ${when}`,
        sending: "unterwegs …",
        look: "Ansehen",
        leave: "Dabei lassen",
        notYet: (what) => `Entschieden und noch nicht gesendet: ${what}`,
        leaving: (n) =>
            `${plural(n, { one: "Eine Änderung ist", other: `${n} Änderungen sind` })} noch nicht gesendet. Das bleibt hier, verschlüsselt, und geht hinaus, wenn Sie sich das nächste Mal anmelden.`,
        leaveTitle: "Etwas ist noch nicht gesendet",
        lines: {
            note: "eine Notiz",
            share: (clip) => `„${clip}“ teilen`,
            fewer: (clip, n) => `„${clip}“: ${count(n, "einmal am Tag", "Mal am Tag")}`,
            dates: (clip) => `„${clip}“: andere Daten`,
            pause: (clip) => `Pause für „${clip}“`,
            pauseAll: "Pause für alles",
            end: (clip) => `„${clip}“ beenden`,
            endAll: "alles beenden",
        },
        refused: {
            known: {
                unseen: "Inzwischen wurde etwas anderes entschieden. Sehen Sie es an, dann entscheiden Sie neu.",
                release_ended: "Er war schon zu Ende.",
                in_doubt: "Vielleicht ist es schon geschehen. Sehen Sie nach, bevor Sie es noch einmal versuchen.",
                not_found: "Das gibt es nicht mehr, oder es gehört nicht zu Ihnen.",
                out_of_bounds: "Die Zeit dafür ist inzwischen vorbei.",
                note_not_kept: "Die Notiz ließ sich nicht aufbewahren. Schreiben Sie sie anderswo auf.",
            },
            other: (code) => `Der Server hat Nein gesagt (${code}).`,
        },
    },
    kept: {
        asOf: (when) => `Gerade antwortet niemand. Sie sehen, was am ${when} galt.`,
        nobody: "Gerade antwortet niemand. Sie sehen, was dieser Computer aufbewahrt.",
        not: "Dieses Fenster behält nichts auf diesem Computer: Ein anderes tut es, oder der Browser erlaubt es nicht.",
        answers:
            "Der Server antwortet wieder. Melden Sie sich an, um zu sehen, was jetzt gilt; was wartet, wird gesendet.",
    },
};

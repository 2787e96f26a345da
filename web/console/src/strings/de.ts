// Deutsch, nach Bildschirmen.

import { change } from "./de/change";
import { client } from "./de/client";
import { cut } from "./de/cut";
import { door } from "./de/door";
import { letters } from "./de/letters";
import { listening } from "./de/listening";
import { sessions } from "./de/sessions";
import { share } from "./de/share";
import { today } from "./de/today";
import type { Strings } from "./en";

export const de: Strings = {
    locale: "de-DE",
    product: "Refrain",
    loading: "Einen Moment …",
    cancel: "Abbrechen",
    close: "Schließen",
    menu: { label: "Sie", signOut: "Abmelden", today: "Heute" },
    trouble: {
        offline: "Gerade antwortet niemand. Sie sehen, was zuletzt galt; gesendet wird nichts, bis es wieder geht.",
        offlineEmpty: "Gerade antwortet niemand. Es wird von selbst noch einmal versucht.",
        again: "Noch einmal",
        unclear:
            "Die Verbindung ist abgerissen. Es kann geschehen sein oder nicht: Sehen Sie nach, was hier steht, bevor Sie es wiederholen.",
        here: "Auf diesem Computer ist etwas schiefgegangen, vielleicht ist die Festplatte voll. Sehen Sie nach, was hier steht, bevor Sie es wiederholen.",
        notFound: "Das gibt es hier nicht, oder es ist nicht für Sie.",
        notAllowed: "Das dürfen Sie nicht.",
        refused: (code) => `Der Server hat Nein gesagt (${code}). Es wurde nichts geändert.`,
        doneAlready: "Das ist schon getan. Laden Sie die Seite neu, um es zu sehen.",
        noteNotKept: "Ihre Notiz ließ sich nicht aufbewahren: Schreiben Sie sie anderswo auf.",
        needsServer: "Dafür braucht es den Server. Es geht wieder, wenn jemand antwortet.",
        tooMany: "Das war etwas oft. Warten Sie eine Minute, dann noch einmal.",
        devicesTooMany:
            "Für noch ein Handy ist kein Platz: Eine Person hat höchstens fünf, und zwei, die auf ein Ja warten. Entfernen Sie eines, oder sagen Sie Ja zu einem, das wartet.",
        withdrawnByPerson:
            "Diese Person hat auf dem eigenen Handy widerrufen. Für diese Sitzung kann in ihrem Namen nichts mehr eingetragen werden.",
        recordMissing:
            "Nicht alle, die dabei waren, stimmen der Aufnahme zu. Von dieser Sitzung kann nichts als Clip behalten werden. Sehen Sie unter „Sitzungen und Papiere“ nach.",
    },
    ...door,
    ...today,
    ...client,
    ...sessions,
    ...letters,
    ...listening,
    ...cut,
    ...share,
    ...change,
};

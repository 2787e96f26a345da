// What a client has written, and what a therapist notes.

import type { Strings } from "../en";

export const letters: Pick<Strings, "letters" | "notes"> = {
    letters: {
        title: "Briefe",
        none: "Noch keine Briefe.",
        noneWords: (client) => `Was ${client} vom Handy schreibt, kommt hier an, auch wenn sonst nichts geteilt ist.`,
        return: (client, title) =>
            title ? `${client} hat „${title}“ angehalten` : `${client} hat einen Clip angehalten`,
        returnWords:
            "„Das hilft mir nicht.“ Er ruht auf allen Handys dieser Person, bis Sie die Pause beenden. Sprechen Sie erst darüber.",
        request: (client) => `${client} hat geschrieben`,
        about: (title) => `zu „${title}“`,
        written: (when) => `geschrieben ${when}`,
        arrived: (when) => `angekommen ${when}`,
        noWords: "Ohne Worte.",
        isNew: "Neu",
    },
    notes: {
        title: "Ihre Notizen",
        words: (client) => `Sie kommen nie auf ein Handy. ${client} darf darum bitten, sie zu lesen: Schreiben Sie so.`,
        none: "Noch keine Notizen.",
        about: (titles) => `zu ${titles}`,
        noWords: "Ohne Worte.",
        add: "Notiz schreiben",
        kind: "Worum es geht",
        save: "Aufbewahren",
    },
};

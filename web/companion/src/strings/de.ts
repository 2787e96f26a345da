// German: "du", as people speak who know one another.

import { pluralOf } from "../../../ui/plural";
import type { Strings } from "./en";

const plural = pluralOf("de");

export const de: Strings = {
    locale: "de",
    yourTherapist: "deine Begleitung",
    today: "heute",
    tomorrow: "morgen",
    midnight: "Mitternacht",
    noon: "12 Uhr mittags",

    nav: { label: "Bereiche", home: "Start", ask: "Fragen", mine: "Meins", help: "Hilfe" },
    back: "Zurück",

    breathe: {
        title: "Atmen",
        begin: "Atme mit",
        quiet: "Hier wird nichts gezählt.",
        inward: "Atme ein",
        outward: "Und aus",
        tone: "Leiser Ton",
        touch: "Sanfte Berührung",
        done: "Das reicht",
        shown: "Ein Kreis, der beim Einatmen wächst und beim Ausatmen kleiner wird",
    },

    welcome: {
        title: "Etwas, zu dem du zurückkommen kannst",
        words: "Ein ruhiger Ort auf deinem Handy, für die Zeit zwischen den Sitzungen.",
        name: "Wie soll er auf diesem Handy heißen?",
        nameHint: "Wie du magst. Niemand sonst muss wissen, was es ist.",
        names: ["Ruhe", "Gezeiten", "Notizen", "Garten"],
        icon: "Und wie soll er aussehen?",
        icons: { tide: "Flut", leaf: "Blatt", moon: "Mond", stone: "Stein" },
        go: "So passt es",
        breatheFirst: "Erst einmal atmen",
    },
    install: {
        title: (name) => `${name} auf dein Handy`,
        words: "Dann öffnet es sich wie jede andere App und geht auch ohne Internet.",
        button: "Dort ablegen",
        iphone: ["Tippe unten auf Teilen", "Wähle „Zum Home-Bildschirm“", "Öffne es von dort und mach weiter"],
        other: [
            "Öffne das Menü deines Browsers",
            "Wähle „Installieren“ oder „Zum Startbildschirm“",
            "Öffne es von dort und mach weiter",
        ],
        go: "Es ist da, weiter",
        later: "Ohne weitermachen",
    },

    clips: {
        title: "Deine Clips",
        none: "Noch nichts hier.",
        noneWords: (therapist) => `Wenn ${therapist} einen Clip mit dir teilt, erscheint er hier von selbst.`,
        waitsForYes: (therapist) =>
            `${therapist} muss noch Ja zu diesem Handy sagen. Lies diese vier Ziffern vor, wenn du gefragt wirst:`,
        waiting: "Verbinde dich einmal, dann wird er hier bereit.",
        coming: "Wird vorbereitet …",
        noRoom: "Auf diesem Handy ist noch kein Platz dafür.",
        large: (megabytes) => `Dieser ist groß: ${megabytes} MB. Du bist nicht im WLAN.`,
        getIt: "Trotzdem holen",
        until: (when) => `Geht ohne Internet bis ${when}`,
        ends: (when) => `bis ${when}`,
        endsSoon: (when) => `Dieser ist bis ${when} hier.`,
        oneLeft: "Heute noch einmal",
        play: (title) => `${title} abspielen`,
        minutes: (n) => (n < 1 ? "weniger als eine Minute" : plural(n, { one: "1 Minute", other: `${n} Minuten` })),
        stopping: "Du hast gesagt, dass er dir nicht hilft.",
        undo: "Zurücknehmen",
        longer: "Bald ohne Netz unterwegs? Frag nach länger.",
        untitled: "Ein Clip",
        over: "Ein Clip ist zu Ende gegangen.",
        readNote: "Da ist eine Nachricht für dich",
        newPhone: (name) => `„${name}“ ist zu deinen Handys gekommen.`,
        myPhone: "Ja, das ist meins",
        notMyPhone: "Das kenne ich nicht",
        full: "Dieses Handy ist voll. Was da ist, bleibt, und Neues kommt, sobald wieder Platz ist.",
    },
    player: {
        play: "Abspielen",
        pause: "Pause",
        back15: "15 Sekunden zurück",
        position: "Stelle im Clip",
        speed: "Tempo",
        stop: "Jetzt aufhören",
        returns: "Das hilft mir nicht",
        read: "Mitlesen",
    },
    returned: {
        title: "Gut. Es hat aufgehört.",
        words: (therapist) =>
            `${therapist} liest es an einem Werktag, zusammen mit deinen anderen Nachrichten. Du musst nichts erklären.`,
        undo: (minutes) =>
            minutes <= 1
                ? "Du kannst es noch eine Minute zurücknehmen."
                : `Du kannst es noch ${minutes} Minuten zurücknehmen.`,
        call: (number) => `Wenn es gerade schlimm ist, ruf ${number} an.`,
        done: "In Ordnung",
    },
    notNow: {
        title: "Jetzt nicht",
        later: (when) => `Er beginnt ${when}.`,
        enough: "Für heute ist es genug von diesem. Morgen früh ist er wieder da.",
        quiet: (when) => `Um diese Zeit ruht er. Er ist ${when} wieder da.`,
        contact: "Verbinde dich einmal, dann spielt er wieder. Wollen wir so lange atmen?",
        phone: "Dieses Telefon kann ihn gerade nicht abspielen. Wollen wir atmen und es gleich noch einmal versuchen?",
        coming: "Er wird gerade vorbereitet. Wollen wir so lange atmen?",
        ready: "Jetzt ist er da.",
        resting: "Dieser Clip ruht gerade.",
        over: "Dieser Clip ist zu Ende gegangen.",
        done: "Zurück zu meinen Clips",
        elsewhere: "Es ist in einem anderen Fenster offen.",
        here: "Hier weitermachen",
    },
    goodbye: {
        title: "Dieser Clip ist zu Ende gegangen.",
        note: (therapist) => `${therapist} hat dir eine Nachricht dagelassen.`,
        read: "Ich habe sie gelesen",
        contact: "Möchtest du mit jemandem sprechen?",
    },

    removed: {
        title: "Dieses Handy wurde entfernt.",
        words: "Alles ist von ihm verschwunden. Das Atmen bleibt.",
        again: "Neu anfangen",
    },
    broken: {
        title: "Dieses Handy kann nicht öffnen, was es aufbewahrt.",
        words: "Schließ die App und öffne sie noch einmal. Wenn es so bleibt, lass dir von der Praxis einen neuen Code geben, und fang neu an. Deine Notizen von hier gehen dann verloren.",
    },
    older: {
        title: "Es gibt ein neueres Refrain.",
        words: "Was dieses Handy aufbewahrt, ist schon davon. Deine Clips sind noch da. Lade die App neu, dann siehst du sie.",
        again: "Neu laden",
    },
    unable: {
        title: "Dieser Browser kann deine Clips nicht öffnen.",
        words: "Vielleicht ist es ein privates Fenster oder der Blockierungsmodus. Öffne Refrain im gewohnten Browser, oder schalte das für Refrain aus.",
    },
    help: {
        title: "Hilfe",
        now: "Wenn es gerade schlimm ist",
        practice: "Die Praxis",
        call: (number) => `${number} anrufen`,
        words: "Diese App kann niemanden für dich anrufen, und nachts schaut niemand auf sie.",
        none: "Ruf im Notfall die Notrufnummer des Ortes an, an dem du bist.",
        everything: "Wieder alles zeigen",
        how: "Wie es geht",
        lines: [
            "Ein Clip ist hier bis zu einem Tag, den du sehen kannst.",
            "Wenn er endet, wird er von diesem Handy entfernt.",
            "Das Atmen ist immer hier, und nichts daran wird gezählt.",
        ],
    },
};

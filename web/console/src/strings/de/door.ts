// Before somebody is at the desk.

import type { Strings } from "../en";

export const door: Pick<Strings, "signIn" | "setUp"> = {
    signIn: {
        neverSent:
            "Was Sie hier entschieden hatten, konnte nicht mehr gesendet werden. Sagen Sie es jemandem in der Praxis:",
        title: "Schön, dass Sie da sind",
        email: "E-Mail",
        password: "Passwort",
        code: "Code",
        codeHint: "Sechs Ziffern aus Ihrer Authenticator-App",
        go: "Anmelden",
        going: "Einen Moment …",
        no: "Das passt nicht zusammen. Jeder Code gilt einmal: Warten Sie auf den nächsten. Nach fünf Versuchen ruht es eine Viertelstunde.",
        away: {
            fresh: "",
            reloaded: "Die Seite wurde neu geladen. Bitte melden Sie sich noch einmal an.",
            idle: "Nach zehn stillen Minuten wurde gesperrt. Melden Sie sich an, und Sie sind, wo Sie waren.",
            over: "Ihre Anmeldung ist abgelaufen. Melden Sie sich an, und Sie sind, wo Sie waren.",
            left: "Sie haben sich abgemeldet. Was Sie nicht behalten wollten, ist nicht mehr auf diesem Computer.",
            back: "Der Server antwortet wieder. Melden Sie sich an, dann wird gesendet, was wartet.",
            setUp: "Ihre Praxis ist eingerichtet. Warten Sie auf den nächsten Code Ihrer App, dann melden Sie sich an.",
            ended: "Dieses Konto ist zu Ende. Was es auf diesem Computer aufbewahrt hat, ist gelöscht.",
        },
        nobody: "Gerade antwortet niemand. Versuchen Sie es gleich noch einmal.",
        keep: "Meine Arbeit auf diesem Computer aufbewahren, verschlüsselt",
        keepWords:
            "Dann können Sie hier auch ohne Netz lesen und entscheiden. Es öffnet sich allein mit Ihrem Passwort: nur auf einem Computer, der Ihnen gehört.",
        keepNot: "Dieser Computer behält nichts. Richtig, wenn ihn auch andere benutzen.",
        keepErases:
            "Was hier von Ihnen liegt, wird gelöscht, wenn Sie sich anmelden. Was noch nicht gesendet ist, bleibt so lange.",
        keptNo: "Gerade antwortet niemand, und was hier liegt, öffnet sich damit nicht.",
        keptElsewhere: "Es ist in einem anderen Fenster offen. Machen Sie dort weiter, oder schließen Sie es zuerst.",
        keptWait: (seconds) =>
            seconds <= 1
                ? "Warten Sie eine Sekunde, dann noch einmal."
                : `Warten Sie ${seconds} Sekunden, dann noch einmal.`,
        accountEnded: "Dieses Konto ist zu Ende.",
        none: "Noch kann sich niemand anmelden?",
        noneWords: "Wer den Server betreibt, richtet die Praxis und die erste Therapeutin mit einem Befehl ein:",
    },
    setUp: {
        title: "Ihre Praxis einrichten",
        words: "Noch kann sich hier niemand anmelden. Wer den Server gestartet hat, hat einen Code für Sie: Er liegt in einer Datei, die beim Start genannt wurde, und gilt einmal.",
        code: "Code zum Einrichten",
        codeHint: "Zwölf Buchstaben und Ziffern, wie XXXX-XXXX-XXXX",
        codeNo: "Das ist nicht der Code, oder er ist verbraucht. Jeder Start des Servers macht einen anderen.",
        practice: "Die Praxis",
        practiceName: "Wie sie heißt",
        contact: "Wie man Sie erreicht",
        contactHint: "Eine Nummer oder Adresse. Jeder Clip, der endet, zeigt sie.",
        crisis: "Die Krisennummer dort, wo Ihre Klientinnen und Klienten leben",
        crisisHint: "Auf jedem Handy immer nur ein Tippen entfernt.",
        zone: (zone) => `Tage beginnen in der Zone ${zone}. Wer den Server betreibt, kann das ändern.`,
        you: "Sie, die erste Therapeutin oder der erste Therapeut",
        name: "Ihr Name, wie man Sie kennt",
        passwordHint: "15 Zeichen oder mehr. Ein Satz ist gut",
        passwordShort: "Ein Passwort hat 15 Zeichen oder mehr.",
        passwordGuessed:
            "Dieses Passwort ist leicht zu erraten: häufige Wörter, Namen oder eine Wiederholung. Nehmen Sie vier Wörter, die nicht zusammengehören.",
        doesNotFit:
            "Etwas passt noch nicht. Sehen Sie nach der E-Mail-Adresse und danach, was leer oder sehr lang ist.",
        next: "Weiter zur Authenticator-App",
        authenticator:
            "Fügen Sie das in eine Authenticator-App auf Ihrem Handy ein. Jede Anmeldung fragt nach ihren sechs Ziffern.",
        picture: "Ein Bild, das eine Authenticator-App liest: das Geheimnis Ihres Kontos",
        byHand: "Oder tippen Sie es ein:",
        once: "Es wird nur dieses eine Mal gezeigt.",
        digits: "Die sechs Ziffern, die sie jetzt zeigt",
        digitsNo: "Das sind nicht die Ziffern, die sie jetzt zeigt. Sehen Sie nach, ob die Uhr des Handys stimmt.",
        back: "Zurück",
        finish: "Praxis einrichten",
    },
};

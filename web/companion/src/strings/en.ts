// English.

import { pluralOf } from "../../../ui/plural";

const plural = pluralOf("en");

export const en = {
    locale: "en",
    yourTherapist: "your therapist",
    today: "today",
    tomorrow: "tomorrow",
    midnight: "midnight",
    noon: "noon",

    nav: { label: "Main", home: "Home", ask: "Ask", mine: "Mine", help: "Help" },
    back: "Back",

    breathe: {
        title: "Breathe",
        begin: "Breathe with me",
        quiet: "Nothing is counted here.",
        inward: "Breathe in",
        outward: "And out",
        tone: "Soft tone",
        touch: "Gentle touch",
        done: "That's enough",
        shown: "A circle that grows as you breathe in and shrinks as you breathe out",
    },

    welcome: {
        title: "Something to come back to",
        words: "A quiet place on your phone, for between sessions.",
        name: "What shall it be called on this phone?",
        nameHint: "Anything you like. Nobody else needs to know what it is.",
        names: ["Quiet", "Tides", "Notes", "Garden"],
        icon: "And how shall it look?",
        icons: { tide: "Tide", leaf: "Leaf", moon: "Moon", stone: "Stone" },
        go: "That's me",
        breatheFirst: "Just breathe first",
    },
    install: {
        title: (name: string) => `Put ${name} on your phone`,
        words: "Then it opens like any other app, and works without internet.",
        button: "Put it there",
        iphone: ["Tap the share button below", "Choose “Add to Home Screen”", "Open it from there, and go on"],
        other: [
            "Open your browser's menu",
            "Choose “Install” or “Add to Home screen”",
            "Open it from there, and go on",
        ],
        go: "It's there, go on",
        later: "Go on without",
    },

    clips: {
        title: "Your clips",
        none: "Nothing here yet.",
        noneWords: (therapist: string) => `When ${therapist} shares a clip with you, it appears here by itself.`,
        waitsForYes: (therapist: string) =>
            `${therapist} still has to say yes to this phone. Read these four numbers out when you are asked:`,
        waiting: "Connect once, and it gets ready here.",
        coming: "Getting ready …",
        noRoom: "There is no room for it on this phone yet.",
        large: (megabytes: number) => `This one is large: ${megabytes} MB. You are not on Wi-Fi.`,
        getIt: "Get it all the same",
        until: (when: string) => `Works without internet until ${when}`,
        ends: (when: string) => `until ${when}`,
        endsSoon: (when: string) => `This one is here until ${when}.`,
        oneLeft: "Once more today",
        play: (title: string) => `Play ${title}`,
        minutes: (n: number) => (n < 1 ? "less than a minute" : plural(n, { one: "1 minute", other: `${n} minutes` })),
        stopping: "You said that this doesn't help you.",
        undo: "Take it back",
        longer: "Going somewhere without network? Ask for longer.",
        untitled: "A clip",
        over: "A clip has come to an end.",
        readNote: "There is a note for you",
        newPhone: (name: string) => `“${name}” was added to your phones.`,
        myPhone: "Yes, that's mine",
        notMyPhone: "I don't know it",
        full: "This phone is full. What is here stays, and what is new comes as soon as there is room.",
    },
    player: {
        play: "Play",
        pause: "Pause",
        back15: "Back 15 seconds",
        position: "Where in the clip",
        speed: "Speed",
        stop: "Stop it now",
        returns: "This doesn't help me",
        read: "Read along",
    },
    returned: {
        title: "All right. It has stopped.",
        words: (therapist: string) =>
            `${therapist} will read it with your next letters, on a working day. You don't have to explain.`,
        undo: (minutes: number) =>
            minutes <= 1 ? "You can take it back for a minute." : `You can take it back for ${minutes} minutes.`,
        call: (number: string) => `If it is bad right now, call ${number}.`,
        done: "All right",
    },
    notNow: {
        title: "Not now",
        later: (when: string) => `It begins ${when}.`,
        enough: "That's enough of this one for today. It's back in the morning.",
        quiet: (when: string) => `It rests at this hour. It's back ${when}.`,
        contact: "Connect once, then it plays again. Shall we breathe meanwhile?",
        phone: "This phone can't play it just now. Shall we breathe, and try again in a moment?",
        coming: "It is getting ready. Shall we breathe meanwhile?",
        ready: "It is ready now.",
        resting: "This clip is resting for now.",
        over: "This clip has come to an end.",
        done: "Back to my clips",
        elsewhere: "It is open in another window.",
        here: "Use it here",
    },
    goodbye: {
        title: "This clip has come to an end.",
        note: (therapist: string) => `${therapist} has left you a note.`,
        read: "I have read it",
        contact: "Would you like to talk to somebody?",
    },

    removed: {
        title: "This phone has been removed.",
        words: "Everything has gone from it. Breathing stays.",
        again: "Begin again",
    },
    broken: {
        title: "This phone can't open what it keeps.",
        words: "Close the app and open it again. If it stays like this, ask the practice for a fresh code, and begin again. Your notes here go then.",
    },
    older: {
        title: "There is a newer Refrain.",
        words: "What this phone keeps is from it. Your clips are still here. Load the app again to see them.",
        again: "Load again",
    },
    unable: {
        title: "This browser can't open your clips.",
        words: "It may be in a private window, or in Lockdown Mode. Open Refrain in the usual browser, or switch that off for Refrain.",
    },
    help: {
        title: "Help",
        now: "If it is bad right now",
        practice: "The practice",
        call: (number: string) => `Call ${number}`,
        words: "This app can't call anybody for you, and nobody watches it at night.",
        none: "In an emergency call the emergency number of the place where you are.",
        everything: "Show everything again",
        how: "How it works",
        lines: [
            "A clip is here until a date that you can see.",
            "When it ends, it is removed from this phone.",
            "Breathing is always here, and nothing about it is counted.",
        ],
    },
};

export type Strings = typeof en;

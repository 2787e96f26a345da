// The first page, and what waits to be sent.

import { countOf, pluralOf } from "../../../../ui/plural";

const plural = pluralOf("en");
const count = countOf("en");

export const today = {
    today: {
        title: (name: string) => `Hello, ${name}`,
        toDo: "To do",
        toDoNotRead: "What is to do could not be read just now. It is tried again by itself.",
        done: "All done.",
        doneWords: "No letters to read, nothing to confirm. Enjoy the quiet.",
        doneBefore: "There was nothing to do when this was read last. Something may have come since.",
        endings: "Ending this week",
        endingsNotRead: "What ends this week could not be read just now. It is tried again by itself.",
        noEndings: "Nothing ends this week.",
        ends: (title: string, when: string) => `${title} · ends ${when}`,
        people: "Your clients",
        find: "Find a client",
        nobody: "Nobody here yet.",
        nobodyWords: "Add your first client. They hear nothing of it until you share a clip.",
        noneFound: "No client by that name.",
        add: "Add a client",
        name: "Name",
        nameHint: "As you say it. It is stored encrypted, and no phone but theirs shows anything of it.",
        added: "Add",
        more: (n: number) => `and ${n} more`,
        duty: {
            restore:
                "A backup was restored. Nothing plays until you have looked at what is shared and say that it is right.",
            confirmRelease: (title: string) =>
                `${title} waits for your word: it was shared without knowing what had been decided before`,
            askConsent: (title: string) => `${title} waits: somebody heard in it has not agreed to sharing`,
            return: (title?: string) => (title ? `stopped “${title}”` : "stopped a clip"),
            request: "has written to you",
            letter: "has sent a letter that cannot be read just now",
            confirmDevice: "has added a phone. Is it theirs?",
            noteCopy: "has a phone that was copied. Refrain has removed it",
            noteDeaf: "has a phone that cannot be woken. Changes reach it when Refrain is next opened there",
            awaitWipe: (title: string, when: string) =>
                `${title} is not confirmed as removed; it cannot play after ${when}`,
        },
        late: {
            ended: (title: string) =>
                `${title} was ended on a computer that no longer belongs here. It is paused until you decide.`,
            tightened: (title: string) =>
                `${title} was limited on a computer that no longer belongs here. It is paused until you decide.`,
            endClip:
                "A clip was ended for everybody on a computer that no longer belongs here. It is paused until you decide.",
            endRecording:
                "The clips of a session were ended on a computer that no longer belongs here. They are paused until you decide.",
            endShelf: "Everything was ended on a computer that no longer belongs here. It is paused until you decide.",
            end: "End it",
            tighten: "Limit it",
            goOn: "Let it go on",
        },
        aClip: "A clip",
    },
    unsent: {
        tried: "It may have arrived already. It is asked again by itself.",
        title: "Not sent yet",
        count: (n: number) => `${n} not sent yet`,
        soon: "Kept here, encrypted. It is sent by itself as soon as somebody answers; what takes away goes first.",
        signIn: "Kept here, encrypted. It is sent when you have signed in; what takes away goes first. Until then nothing changes on a phone.",
        decided: (when: string) => `decided ${when}`,
        sending: "on its way …",
        look: "Look",
        leave: "Leave it",
        notYet: (what: string) => `Decided, and not sent yet: ${what}`,
        leaving: (n: number) =>
            `${plural(n, { one: "One change is not sent yet. It stays", other: `${n} changes are not sent yet. They stay` })} here, encrypted, until you sign in next.`,
        leaveTitle: "Something is not sent yet",
        lines: {
            note: "a note",
            share: (clip: string) => `share “${clip}”`,
            fewer: (clip: string, n: number) => `“${clip}”: ${count(n, "once a day", "times a day")}`,
            dates: (clip: string) => `“${clip}”: other dates`,
            pause: (clip: string) => `pause “${clip}”`,
            pauseAll: "pause everything",
            end: (clip: string) => `end “${clip}”`,
            endAll: "end everything",
        },
        refused: {
            known: {
                unseen: "Meanwhile something else was decided. Look at it, then decide anew.",
                release_ended: "It had ended already.",
                in_doubt: "It may have been done already. Look before you try again.",
                not_found: "It is not there any more, or not yours.",
                out_of_bounds: "Its time has passed meanwhile.",
                note_not_kept: "The note could not be kept. Write it down elsewhere.",
            },
            other: (code: string) => `The server said no (${code}).`,
        },
    },
    kept: {
        asOf: (when: string) => `Nobody answers just now. You see what was true as of ${when}.`,
        nobody: "Nobody answers just now. You see what this computer keeps.",
        not: "This window keeps nothing on this computer: another window does, or the browser does not allow it.",
        answers: "The server answers again. Sign in to see what is true now; what waits is sent.",
    },
};

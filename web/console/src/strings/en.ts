// English, by screens.

import { change } from "./en/change";
import { client } from "./en/client";
import { cut } from "./en/cut";
import { door } from "./en/door";
import { letters } from "./en/letters";
import { listening } from "./en/listening";
import { sessions } from "./en/sessions";
import { share } from "./en/share";
import { today } from "./en/today";

export const en = {
    locale: "en-GB",
    product: "Refrain",
    loading: "One moment …",
    cancel: "Cancel",
    close: "Close",
    menu: { label: "You", signOut: "Sign out", today: "Today" },
    trouble: {
        offline:
            "Nobody answers just now. What you see is what was true before; nothing you do is sent until it is back.",
        offlineEmpty: "Nobody answers just now. It is tried again by itself.",
        again: "Try again",
        unclear: "The connection broke. It may have happened or not: look at what is shown before you do it again.",
        here: "Something went wrong on this computer, a full disk perhaps. Look at what is shown before you do it again.",
        notFound: "This is not here, or not yours to see.",
        notAllowed: "This is not yours to do.",
        refused: (code: string) => `The server said no (${code}). Nothing was changed.`,
        doneAlready: "This is done already. Load the page again to see it.",
        noteNotKept: "Your note could not be kept: write it down elsewhere.",
        needsServer: "This needs the server. You can do it when somebody answers again.",
        tooMany: "That was a little often. Wait a minute, then try again.",
        devicesTooMany:
            "There is no room for another phone: a person has at most five, and two that wait for a yes. Remove one, or say yes to one that waits.",
        withdrawnByPerson:
            "They withdrew on their own phone. Nothing can be entered in their name for this session any more.",
        recordMissing:
            "Not everybody who was there agrees to being recorded. Nothing of this session can be kept as a clip. Look at “Sessions and papers”.",
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

export type Strings = typeof en;

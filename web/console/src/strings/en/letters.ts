// What a client has written, and what a therapist notes.

export const letters = {
    letters: {
        title: "Letters",
        none: "No letters yet.",
        noneWords: (client: string) =>
            `What ${client} writes from the phone arrives here, also when nothing else is shared.`,
        return: (client: string, title?: string) =>
            title ? `${client} stopped “${title}”` : `${client} stopped a clip`,
        returnWords:
            "“This doesn't help me.” It rests on all of their phones until you end the pause. Talk about it first.",
        request: (client: string) => `${client} has written`,
        about: (title: string) => `about “${title}”`,
        written: (when: string) => `written ${when}`,
        arrived: (when: string) => `arrived ${when}`,
        noWords: "Without words.",
        isNew: "New",
    },
    notes: {
        title: "Your notes",
        words: (client: string) => `They never reach a phone. ${client} may ask to read them: write as if they do.`,
        none: "No notes yet.",
        about: (titles: string) => `about ${titles}`,
        noWords: "Without words.",
        add: "Write a note",
        kind: "What it is about",
        save: "Keep it",
    },
};

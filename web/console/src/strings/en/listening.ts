// How it was listened.

import { countOf } from "../../../../ui/plural";

const count = countOf("en");

export const listening = {
    listening: {
        title: "Listened, and agreed",
        notShared: (client: string) => `${client} does not share when they listen.`,
        notSharedWords:
            "That is theirs to decide. Their plays are counted on the phone alone, and nothing of it comes here.",
        none: "Nothing listened yet.",
        days: (n: number) => `The last ${n} days`,
        agreed: (n: number) => `agreed: ${n} a day`,
        noAgreed: "nothing agreed a day",
        sum: (plays: number, days: number) => `${count(plays, "1 time", "times")} on ${count(days, "1 day", "days")}`,
        more: (n: number) => `More than agreed on ${count(n, "1 day", "days")}. Worth asking how it was.`,
        less: "Less than agreed. Worth asking what got in the way.",
        as: "About as agreed.",
        signs: "Perhaps worth a conversation",
        sign: {
            several: (n: number, day: string) => `${n} times on one day, ${day}.`,
            more: "More often this week than in the weeks before.",
            night: (nights: number, plays: number) => `${nights} of ${plays} times this week at night.`,
            pause: (n: number) => `Not for ${n} days.`,
        },
        chart: (title: string) => `Plays a day of “${title}”`,
        partsTitle: "Time of day",
        partsWords: "In their own time, as their phones tell it.",
        parts: { night: "Night", morning: "Morning", afternoon: "Afternoon", evening: "Evening" },
        numbers: "As numbers",
        day: "Day",
        plays: "Plays",
        ratings: "How it was, as they said",
        ratingValues: ["Harder", "A bit harder", "The same", "A bit lighter", "Lighter"],
        ratingTimes: (word: string, n: number) => `${word}: ${n}`,
        calm: "Some exercises are meant to be heard every day. This says how it was used, and nothing about why.",
    },
};

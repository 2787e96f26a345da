// Signs worth a conversation: what stands out in what a client shares, and nothing about what it means.
//
// Each compares a person with themselves and with what was agreed, never with others, and says what was seen in words that
// could be read aloud to them. Days and nights are the client's own; which hour it was is not known here, and so not told.

export interface SharedDay {
    day: string;
    plays: number;
    night: number;
}

export type Sign =
    | { sign: "several"; plays: number; day: string }
    | { sign: "more" }
    | { sign: "night"; nights: number; plays: number }
    | { sign: "pause"; days: number };

/** A week beside the weeks before it. */
const WEEK = 7;
/** So often on one day, where nothing was agreed, is worth a question. */
const OFTEN = 5;
/** Who has listened and then has not for so many days. */
const QUIET = 10;
/** So often at night in a week, and at least every second time. */
const NIGHTS = 3;
/** Fewer plays than these say nothing. */
const ENOUGH = 4;

/** Of one shared clip: each day up to today, the oldest first, from the first on which it was heard. */
export function signs(days: SharedDay[], agreed: number | undefined): Sign[] {
    const found: Sign[] = [];
    const last = days.slice(-WEEK);
    const before = days.slice(0, -WEEK);
    const most = last.reduce<SharedDay | undefined>(
        (most, day) => (day.plays > (most?.plays ?? 0) ? day : most),
        undefined,
    );
    // Twice what was agreed, and at least three: one play more is no sign.
    if (most && most.plays >= (agreed === undefined ? OFTEN : Math.max(3, agreed * 2)))
        found.push({ sign: "several", plays: most.plays, day: most.day });
    const [now, then] = [mean(last), mean(before.slice(-2 * WEEK))];
    // Twice as often as in the weeks before, which there have to be.
    if (before.length >= WEEK && sum(last) >= ENOUGH && then > 0 && now >= 2 * then) found.push({ sign: "more" });
    // Some listen to fall asleep: it is said how often, beside all of the week, and no more.
    const nights = last.reduce((all, day) => all + day.night, 0);
    if (nights >= NIGHTS && nights * 2 >= sum(last)) found.push({ sign: "night", nights, plays: sum(last) });
    const heard = days.findLastIndex((day) => day.plays > 0);
    const quiet = days.length - 1 - heard;
    if (heard >= 0 && quiet >= QUIET) found.push({ sign: "pause", days: quiet });
    return found;
}

function sum(days: SharedDay[]): number {
    return days.reduce((all, day) => all + day.plays, 0);
}

function mean(days: SharedDay[]): number {
    return days.length === 0 ? 0 : sum(days) / days.length;
}

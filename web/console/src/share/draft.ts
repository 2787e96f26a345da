// What a form to share a clip holds, and the terms that it stands for.

import type { Mark, Terms } from "../api/answers";
import { seconds } from "../faults";

export type Template = "two_weeks" | "session" | "own";

export interface Draft {
    template: Template;
    /** As `<input type="datetime-local">` gives it: the next session, or the end itself. */
    session: string;
    until: string;
    limit: string;
    planned: string;
    offlineHours: number;
    rests: boolean;
    note: string;
    marks: { at: string; words: string }[];
    parting: string;
    /** An end that is far away, and that somebody has said is meant. */
    sure?: number | undefined;
}

const DAY = 86_400_000;
/** How long a clip stays after the next session: there is time to talk about it, and then it goes by itself. */
export const AFTER_SESSION = 2 * DAY;
export const OFFLINE_HOURS = [24, 72, 168, 336];

/** When it ends; none while the form does not say so. */
export function endOf(draft: Draft, now = Date.now()): number | undefined {
    if (draft.template === "two_weeks") return endOfDay(now + 14 * DAY);
    const said = Date.parse(draft.template === "session" ? draft.session : draft.until);
    if (Number.isNaN(said)) return undefined;
    return draft.template === "session" ? said + AFTER_SESSION : said;
}

/** By when it can play nowhere, if it is ended now or at any time: the end, or the time without contact. */
export function darkBy(draft: Draft, now = Date.now()): number | undefined {
    const end = endOf(draft, now);
    return end === undefined ? undefined : Math.min(end, now + draft.offlineHours * 3_600_000);
}

export function termsOf(draft: Draft): Omit<Terms, "not_before"> {
    const number = (text: string) => (text.trim() === "" ? null : Number(text));
    const daily =
        draft.template === "two_weeks"
            ? { daily_limit: 1, planned_daily: 1 }
            : { daily_limit: number(draft.limit), planned_daily: number(draft.planned) };
    return {
        ...daily,
        expires_at: new Date(endOf(draft)!).toISOString(),
        offline_hours: draft.offlineHours,
        quiet_hours: draft.rests ? [{ from: "23:00", to: "06:00" }] : [],
    };
}

export function marksOf(draft: Draft, length: number): Mark[] {
    return draft.marks
        .filter((mark) => mark.words.trim())
        .map((mark) => ({ at_ms: Math.min((seconds(mark.at) ?? 0) * 1_000, length), words: mark.words.trim() }));
}

function endOfDay(at: number): number {
    return new Date(at).setHours(21, 0, 0, 0);
}

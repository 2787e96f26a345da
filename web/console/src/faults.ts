// What fields may say, and the sentence beside a field that says something else. The bounds are the server's: a test holds
// the two to each other.

import { useEffect, useRef, useState } from "preact/hooks";
import bounds from "./share/bounds.json";
import { words } from "./strings";
import { saysLength, saysWhen } from "./when";

const DAY = 86_400_000;
const FURTHEST = bounds.ends_within_days * DAY;
/** An end that is further away is asked about: it may be a year that was mistyped. */
const FAR = 60 * DAY;
/** The fewest and the most plays a day that a form may say. */
export const PLAYS = bounds.plays_a_day as [number, number];
/** Hours, minutes and seconds: 1:02:03, 12:30, 90. */
const PLACE = /^\d{1,4}(:[0-5]?\d){0,2}$/;

/** By the name of the field. */
export type Faults = Partial<Record<string, string>>;

/** "1:30" or "90" in seconds. */
export function seconds(text: string): number | undefined {
    if (!PLACE.test(text.trim())) return undefined;
    return text
        .trim()
        .split(":")
        .reduce((sum, part) => sum * 60 + Number(part), 0);
}

export function faultOfPlays(
    label: string,
    text: string,
    { most = PLAYS[1], mayBeEmpty = false } = {},
): string | undefined {
    const { faults } = words.value;
    if (text.trim() === "" && mayBeEmpty) return undefined;
    const fits = /^\s*\d{1,4}\s*$/.test(text) && Number(text) >= PLAYS[0] && Number(text) <= most;
    return fits ? undefined : (mayBeEmpty ? faults.playsOrNone : faults.plays)(label, PLAYS[0], most);
}

/** Of an end that follows `after` milliseconds after what the field says. */
export function faultOfEnd(
    label: string,
    end: number | undefined,
    { after = 0, now = Date.now() } = {},
): string | undefined {
    const { faults } = words.value;
    if (end === undefined || Number.isNaN(end)) return faults.when(label);
    if (end <= now) return faults.past(label);
    return end > now + FURTHEST ? faults.far(label, latest(after, now)) : undefined;
}

/** Of something that has been. */
export function faultOfPast(label: string, at: number, now = Date.now()): string | undefined {
    const { faults } = words.value;
    if (Number.isNaN(at)) return faults.when(label);
    return at > now ? faults.future(label) : undefined;
}

/** Of a day that is still to come, or is today. */
export function faultOfDay(label: string, end: number, now = Date.now()): string | undefined {
    const { faults } = words.value;
    if (Number.isNaN(end)) return faults.day(label);
    return end <= now ? faults.past(label) : undefined;
}

export function faultOfPlace(label: string, text: string, length: number): string | undefined {
    const at = seconds(text);
    // The last second that is shown may end a moment after the sound does.
    return at !== undefined && at <= Math.round(length / 1_000)
        ? undefined
        : words.value.faults.place(label, saysLength(length));
}

/** The latest that an end may be, for a sentence. */
export function latest(after = 0, now = Date.now()): string {
    return saysWhen(now + FURTHEST - after, words.value);
}

/** Whether somebody should say that an end is meant that far away; one that is too far is not asked about. */
export function isFar(end: number | undefined, now = Date.now()): boolean {
    return end !== undefined && end > now + FAR && end <= now + FURTHEST;
}

export function daysUntil(at: number, now = Date.now()): number {
    return Math.round((at - now) / DAY);
}

/** A day without its time: the browser calls the field empty, and it is not. */
export function isHalfTyped(form: HTMLFormElement | null, name: string): boolean {
    const field = form?.elements.namedItem(name);
    return field instanceof HTMLInputElement && field.validity.badInput;
}

/** Of those that there are. */
export function faultsOf(all: Record<string, string | undefined>): Faults {
    return Object.fromEntries(Object.entries(all).filter(([, fault]) => fault !== undefined));
}

/** Nothing is said of a field before somebody goes on; then each says what is the matter, and the first one has the focus. */
export function useFaults(look: (form: HTMLFormElement | null) => Faults, told = 0) {
    const form = useRef<HTMLFormElement>(null);
    const [tries, setTries] = useState(told);
    useEffect(() => {
        if (tries > 0) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
    }, [tries]);
    const goesOn = () => {
        if (Object.keys(look(form.current)).length === 0) return true;
        setTries(tries + 1);
        return false;
    };
    return { form, faults: tries > 0 ? look(form.current) : {}, goesOn };
}

// Days as a person says them. They come as `2026-11-28`, and have no hour.

import { capital } from "../../../../ui/capital";
import { dayAndMonth, format } from "../../../../ui/when";
import type { Strings } from "../../strings/en";
import { localeOf } from "../../when";

export function saysDay(day: string, words: Strings, now = new Date()): string {
    const date = startOf(day);
    return format(date, localeOf(words), dayAndMonth(date, "long", now));
}

/** The same with the day of the week, as the head of what happened on it; today is today. */
export function headsDay(day: string, words: Strings, now = new Date()): string {
    const date = startOf(day);
    if (date.toDateString() === now.toDateString()) return capital(words.today);
    return `${format(date, localeOf(words), { weekday: "long" })}, ${saysDay(day, words, now)}`;
}

function startOf(day: string): Date {
    const [year, month, date] = day.split("-").map(Number) as [number, number, number];
    return new Date(year, month - 1, date);
}

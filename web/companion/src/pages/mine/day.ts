// Days as a person says them. They come as `2026-11-28`, and have no hour.

import type { Strings } from "../../strings/strings";
import { localeOf } from "../../when";

export function saysDay(day: string, words: Strings, now = new Date()): string {
    const [year, month, date] = day.split("-").map(Number) as [number, number, number];
    const that = new Date(year, month - 1, date);
    const form: Intl.DateTimeFormatOptions = { day: "numeric", month: "long" };
    if (year !== now.getFullYear()) form.year = "numeric";
    return new Intl.DateTimeFormat(localeOf(words), form).format(that);
}

/** The same with the day of the week, as the head of what happened on it; today is today. */
export function headsDay(day: string, words: Strings, now = new Date()): string {
    const [year, month, date] = day.split("-").map(Number) as [number, number, number];
    const that = new Date(year, month - 1, date);
    if (that.toDateString() === now.toDateString()) return words.today.charAt(0).toUpperCase() + words.today.slice(1);
    const weekday = new Intl.DateTimeFormat(localeOf(words), { weekday: "long" }).format(that);
    return `${weekday}, ${saysDay(day, words, now)}`;
}

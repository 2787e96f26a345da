// Instants as a person says them, in the zone of the phone: "Thursday, 9 in the morning".

import { dayAndMonth, daysBetween, format } from "../../ui/when";
import type { Strings } from "./strings/en";

export function saysWhen(at: number, words: Strings, now = Date.now()): string {
    const date = new Date(at);
    const isMidnight = date.getHours() === 0 && date.getMinutes() === 0;
    // Midnight belongs to the evening before it: read as the other one, it comes too early, and never too late.
    const day = isMidnight ? new Date(at - 1) : date;
    const today = new Date(now);
    const days = daysBetween(today, day);
    const locale = localeOf(words);
    const hour = isMidnight ? words.midnight : saysHour(date, words);
    if (days === 0) return `${words.today}, ${hour}`;
    if (days === 1) return `${words.tomorrow}, ${hour}`;
    // Further away nobody thinks in hours.
    if (days > 1 && days < 7) return `${format(day, locale, { weekday: "long" })}, ${hour}`;
    return format(day, locale, dayAndMonth(day, "long", today));
}

function saysHour(date: Date, words: Strings): string {
    if (date.getHours() === 12 && date.getMinutes() === 0) return words.noon;
    const minute = date.getMinutes() ? { minute: "2-digit" as const } : {};
    return format(date, localeOf(words), { hour: "numeric", hourCycle: "h12", dayPeriod: "long", ...minute });
}

/** The phone's own way of writing dates, where it speaks the app's language. */
export function localeOf(words: Strings): string {
    return navigator.languages.find((one) => one.startsWith(words.locale)) ?? words.locale;
}

/** Whether it is night on this phone: nobody is asked anything then. */
export function isNight(now = new Date()): boolean {
    return now.getHours() >= 22 || now.getHours() < 7;
}

// Instants as a person says them, in the zone of the phone: "Thursday, 9 in the morning".

import type { Strings } from "./strings/strings";

const DAY = 86_400_000;

export function saysWhen(at: number, words: Strings, now = Date.now()): string {
    const date = new Date(at);
    const isMidnight = date.getHours() === 0 && date.getMinutes() === 0;
    // Midnight belongs to the evening before it: read as the other one, it comes too early, and never too late.
    const day = isMidnight ? new Date(at - 1) : date;
    const days = Math.round((startOfDay(day) - startOfDay(new Date(now))) / DAY);
    const says = (form: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(localeOf(words), form).format(day);
    const hour = isMidnight ? words.midnight : saysHour(date, words);
    if (days === 0) return `${words.today}, ${hour}`;
    if (days === 1) return `${words.tomorrow}, ${hour}`;
    // Further away nobody thinks in hours.
    if (days > 1 && days < 7) return `${says({ weekday: "long" })}, ${hour}`;
    const isThisYear = day.getFullYear() === new Date(now).getFullYear();
    return says({ day: "numeric", month: "long", ...(isThisYear ? {} : { year: "numeric" }) });
}

function saysHour(date: Date, words: Strings): string {
    if (date.getHours() === 12 && date.getMinutes() === 0) return words.noon;
    const minute = date.getMinutes() ? { minute: "2-digit" as const } : {};
    return new Intl.DateTimeFormat(localeOf(words), {
        hour: "numeric",
        hourCycle: "h12",
        dayPeriod: "long",
        ...minute,
    }).format(date);
}

/** The phone's own way of writing dates, where it speaks the app's language. */
export function localeOf(words: Strings): string {
    return navigator.languages.find((one) => one.startsWith(words.locale)) ?? words.locale;
}

function startOfDay(date: Date): number {
    return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/** Whether it is night on this phone: nobody is asked anything then. */
export function isNight(now = new Date()): boolean {
    return now.getHours() >= 22 || now.getHours() < 7;
}

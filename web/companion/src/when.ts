// Instants as a person says them, in the zone of the phone: "Thursday, 9 in the morning".

import type { Strings } from "./strings";

const DAY = 86_400_000;

export function saysWhen(at: number, words: Strings, now = Date.now()): string {
    const date = new Date(at);
    const time = new Intl.DateTimeFormat(localeOf(words), {
        hour: "numeric", hourCycle: "h12", dayPeriod: "long", ...(date.getMinutes() ? { minute: "2-digit" } : {}),
    });
    const days = Math.round((startOfDay(date) - startOfDay(new Date(now))) / DAY);
    const says = (form: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(localeOf(words), form).format(date);
    if (days === 0) return `${words.today}, ${time.format(date)}`;
    if (days === 1) return `${words.tomorrow}, ${time.format(date)}`;
    // Further away nobody thinks in hours.
    return days > 1 && days < 7 ? `${says({ weekday: "long" })}, ${time.format(date)}` : says({ day: "numeric", month: "long" });
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

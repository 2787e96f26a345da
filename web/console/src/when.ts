// Instants as a desk reads them, in the zone of this computer: "14:02" today, "Thu 09:00" this week, "14 Nov 18:00".

import { dayAndMonth, daysBetween, format } from "../../ui/when";
import type { Strings } from "./strings";

export function saysWhen(at: string | number, { locale }: Strings, now = Date.now()): string {
    const date = new Date(at);
    const time = clock(date, locale);
    const today = new Date(now);
    const days = daysBetween(today, date);
    if (days === 0) return time;
    if (Math.abs(days) < 7) return `${format(date, locale, { weekday: "short" })} ${time}`;
    return `${format(date, locale, dayAndMonth(date, "short", today))} ${time}`;
}

/** A day: "Monday 16 Nov", with its year where it is another. */
export function saysDay(at: string | number, { locale }: Strings, now = Date.now()): string {
    const date = new Date(at);
    return format(date, locale, { weekday: "long", ...dayAndMonth(date, "short", new Date(now)) });
}

/** A day that comes without a time, as `2026-11-28`: "Sat 28 Nov". */
export function saysShortDay(day: string, { locale }: Strings): string {
    return format(new Date(`${day}T12:00`), locale, { weekday: "short", day: "numeric", month: "short" });
}

export function saysLength(ms: number): string {
    const seconds = Math.round(ms / 1_000);
    const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
    const two = (n: number) => String(n).padStart(2, "0");
    return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

export function clock(date: Date, locale: string): string {
    return format(date, locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

/** The wall clock of somebody who is so many minutes ahead of UTC. */
export function clockAhead(minutes: number, locale: string, now = Date.now()): string {
    return format(new Date(now + minutes * 60_000), locale, {
        hour: "2-digit",
        minute: "2-digit",
        hourCycle: "h23",
        timeZone: "UTC",
    });
}

/** What `<input type="datetime-local">` takes and gives: this computer's wall clock. */
export function toLocalField(at: number): string {
    const date = new Date(at);
    return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

// Instants and days, by the clock and in the zone of this phone or computer.

export const DAY = 86_400_000;

/** How many days lie between two instants, midnights counted: 0 is the same day, 1 the next. */
export function daysBetween(from: Date, to: Date): number {
    return Math.round((startOfDay(to) - startOfDay(from)) / DAY);
}

/** A day and its month, with the year where it is not the present one. */
export function dayAndMonth(date: Date, month: "long" | "short", now: Date): Intl.DateTimeFormatOptions {
    const year = date.getFullYear() === now.getFullYear() ? {} : ({ year: "numeric" } as const);
    return { day: "numeric", month, ...year };
}

export function format(date: Date, locale: string, options: Intl.DateTimeFormatOptions): string {
    return new Intl.DateTimeFormat(locale, options).format(date);
}

function startOfDay(date: Date): number {
    return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

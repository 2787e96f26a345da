// What hour it is here, and when the clock changes next: all that the server is told of the place.

import type { components } from "#api";

const HOUR = 3_600_000;
/** No lease reaches further. */
const AHEAD_DAYS = 40;

/** The local time at an instant, in milliseconds since 1970. */
export function localTime(now: number): components["schemas"]["LocalTime"] {
    const minutes = (at: number) => -new Date(at).getTimezoneOffset();
    const utc_offset_minutes = minutes(now);
    for (let day = 1; day <= AHEAD_DAYS; day++) {
        let after = now + day * 24 * HOUR;
        if (minutes(after) === utc_offset_minutes) continue;
        let before = after - 24 * HOUR;
        while (after - before > 1) {
            const middle = Math.floor((before + after) / 2);
            if (minutes(middle) === utc_offset_minutes) before = middle;
            else after = middle;
        }
        return {
            utc_offset_minutes,
            next: { at: new Date(after).toISOString(), utc_offset_minutes: minutes(after) },
        };
    }
    return { utc_offset_minutes };
}

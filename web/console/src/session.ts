// Who is at the desk. A session is memory only: it ends with the page, after minutes without a hand, and by the server.

import { signal } from "@preact/signals";
import type { Practice } from "./api/answers";

export interface Session {
    staff: string;
    name: string;
    practice: Practice;
    /** Nobody has answered: it is what this computer keeps, and nothing is sent before somebody signs in. */
    offline: boolean;
    /** What was chosen for this computer. */
    keeps: boolean;
}

/** Why nobody is signed in. */
export type Away = "fresh" | "reloaded" | "idle" | "over" | "left" | "back" | "ended" | "setUp";

export const session = signal<Session | undefined>(undefined);
export const away = signal<Away>(wasReloaded() ? "reloaded" : "fresh");
/** Filled in again for whoever comes back to a locked desk. Memory only. */
export const lastEmail = signal("");
/** Somebody answers again, while what is shown is what was kept. */
export const answersAgain = signal(false);

function wasReloaded(): boolean {
    const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
    return navigation?.type === "reload";
}

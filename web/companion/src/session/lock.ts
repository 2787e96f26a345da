// The app lock: a curtain before what is on the screen, for somebody who holds the unlocked phone.
//
// It hides pages and nothing else. The machine goes on behind it: what ends is removed, a push is shown, a clip that plays
// goes on. It is no encryption, for the worker must be able to remove things while the app is locked.

import { signal } from "@preact/signals";
import type { Bytes } from "../../../ui/bytes";
import { type Database, readValue } from "../engine/store";

/** A code of the person's own, as it is kept: what is derived from it, and how often it was not the right one. */
export interface Lock {
    salt: Bytes;
    hash: Bytes;
    rounds: number;
    tries: number;
    /** Until when no further try is taken. */
    until: number;
}

/** Whether there is a code, and whether it is asked for now. */
export const hasLock = signal(false);
export const locked = signal(false);

/** How long the app may be out of sight before the code is asked for again. */
const AWAY = 180_000;

/** Locks where there is a code, whichever window it was chosen in: before this one takes over from that. */
export async function lockAgain(db: Database): Promise<void> {
    hasLock.value = locked.value = (await readValue<Lock>(db, "lock")) !== undefined;
}

/** Locks at the start, where there is a code, and whenever the app comes back after a while. */
export async function beginLock(db: Database): Promise<void> {
    await lockAgain(db);
    let left: number | undefined;
    document.addEventListener("visibilitychange", () => {
        if (document.visibilityState === "hidden") left ??= Date.now();
        // A clock that was set back does not keep it open.
        else if (left !== undefined && Math.abs(Date.now() - left) >= AWAY) locked.value = hasLock.value;
        if (document.visibilityState === "visible") left = undefined;
    });
}

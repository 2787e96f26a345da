// The app lock: a curtain before what is on the screen, for somebody who holds the unlocked phone.
//
// It hides pages and nothing else. The machine goes on behind it: what ends is removed, a push is shown, a clip that plays
// goes on. It is no encryption, for the worker must be able to remove things while the app is locked.

import { signal } from "@preact/signals";
import type { Bytes } from "../../../ui/bytes";
import { readValue } from "../engine/store";
import type { Ports } from "./ports";

/** A code of the person's own, as it is kept: what is derived from it, and how often it was not the right one. */
export interface LockCode {
    salt: Bytes;
    hash: Bytes;
    rounds: number;
    tries: number;
    /** Until when no further try is taken. */
    until: number;
}

/** How long the app may be out of sight before the code is asked for again. */
const AWAY = 180_000;

export class AppLock {
    /** Whether there is a code. */
    readonly isSet = signal(false);
    /** Whether it is asked for now. */
    readonly isLocked = signal(false);
    readonly #ports: Ports;

    constructor(ports: Ports) {
        this.#ports = ports;
    }

    /** Locks where there is a code, whichever window it was chosen in: before this one takes over from that. */
    async lockAgain(): Promise<void> {
        const has = (await readValue<LockCode>(this.#ports.db, "lock")) !== undefined;
        this.isSet.value = has;
        this.isLocked.value = has;
    }

    /** Locks at the start, where there is a code, and whenever the app comes back after a while. */
    async begin(): Promise<void> {
        const { clock, page } = this.#ports;
        await this.lockAgain();
        let left: number | undefined;
        page.onSight(() => {
            if (!page.isSeen()) {
                left ??= clock.now();
                return;
            }
            // A clock that was set back does not keep it open.
            if (left !== undefined && Math.abs(clock.now() - left) >= AWAY) this.isLocked.value = this.isSet.value;
            left = undefined;
        });
    }
}

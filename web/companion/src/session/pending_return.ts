// "This doesn't help me": it stops at once, and may be taken back for ten minutes on this phone.

import { random } from "../../../ui/bytes";
import type { Letters } from "../engine/letters";
import { changeValue, type Database, type PendingReturn, readValue } from "../engine/store";

/** How long it may be taken back. */
export const UNDO = 600_000;

export async function pendingReturns(db: Database): Promise<PendingReturn[]> {
    return (await readValue<PendingReturn[]>(db, "set_aside")) ?? [];
}

export async function beginReturn(db: Database, release: string, now: number): Promise<void> {
    const pending = { release, until: now + UNDO, id: random(16) };
    await changeValue<PendingReturn[]>(db, "set_aside", (before = []) => [...without(before, release), pending]);
}

export async function takeBackReturn(db: Database, release: string): Promise<void> {
    await changeValue<PendingReturn[]>(db, "set_aside", (before = []) => without(before, release));
}

/** What was not taken back in time is written and removed, now or at the next start. One that was not is tried again. */
export async function finishReturns(db: Database, letters: Letters, now: number): Promise<void> {
    for (const { release, until, id } of await pendingReturns(db)) {
        // A clock that was set back does not make it longer.
        if (until > now && until <= now + UNDO) continue;
        await letters.returnClip(release, id);
        await takeBackReturn(db, release);
    }
}

function without(all: PendingReturn[], release: string): PendingReturn[] {
    return all.filter((one) => one.release !== release);
}

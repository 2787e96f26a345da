// "This doesn't help me": it stops at once, and may be taken back for ten minutes on this phone.

import { random } from "./engine/bytes";
import type { Letters } from "./engine/letters";
import { changeValue, type Database, readValue, type SetAside } from "./engine/store";

/** How long it may be taken back. */
export const UNDO = 600_000;

export async function readAsides(db: Database): Promise<SetAside[]> {
    return (await readValue<SetAside[]>(db, "set_aside")) ?? [];
}

export async function layAside(db: Database, release: string): Promise<void> {
    const aside = { release, until: Date.now() + UNDO, id: random(16) };
    await changeValue<SetAside[]>(db, "set_aside", (before = []) => [...without(before, release), aside]);
}

export async function takeUp(db: Database, release: string): Promise<void> {
    await changeValue<SetAside[]>(db, "set_aside", (before = []) => without(before, release));
}

/** What was not taken back in time is written and removed, now or at the next start. One that was not is tried again. */
export async function finishAsides(db: Database, letters: Letters): Promise<void> {
    for (const { release, until, id } of await readAsides(db)) {
        // A clock that was set back does not make it longer.
        if (until > Date.now() && until <= Date.now() + UNDO) continue;
        await letters.returnClip(release, id);
        await takeUp(db, release);
    }
}

function without(asides: SetAside[], release: string): SetAside[] {
    return asides.filter((one) => one.release !== release);
}

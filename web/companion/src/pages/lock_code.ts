// The code of the app lock: derived with PBKDF2, never kept as it was typed. Wrong tries make the next one wait, and
// remove nothing: a child with the phone must not cost anybody their clips.

import { type Bytes, random } from "../../../ui/bytes";
import { derive, LONGEST_WAIT, ROUNDS, waitAfter } from "../../../ui/secret";
import { type Database, readValue, writeValue } from "../engine/store";
import type { LockCode } from "../session/lock";
import type { Session } from "../session/session";

export const SHORTEST = 6;
/** Of the first try that waits. */
const FIRST_WAIT = 5_000;
const BITS = 256;

export function isCode(typed: string): boolean {
    return typed.length >= SHORTEST && /^\d+$/.test(typed);
}

export async function setCode({ db, lock: { isSet } }: Session, code: string): Promise<void> {
    const salt = random(16);
    const lock: LockCode = { salt, hash: await derive(code, salt, ROUNDS, BITS), rounds: ROUNDS, tries: 0, until: 0 };
    await writeValue(db, "lock", lock);
    isSet.value = true;
}

export async function removeCode({ db, lock }: Session): Promise<void> {
    await db.delete("device", "lock");
    lock.isSet.value = false;
    lock.isLocked.value = false;
}

/** How long the next try has to wait, in milliseconds. */
export async function waits(db: Database, now = Date.now()): Promise<number> {
    const lock = await readValue<LockCode>(db, "lock");
    // A clock that was set back does not make it longer.
    return lock ? Math.min(Math.max(lock.until - now, 0), LONGEST_WAIT) : 0;
}

/** Whether it is the code. The try is counted before it is looked at: an app that is closed meanwhile has had it. */
export async function tryCode(db: Database, code: string): Promise<boolean> {
    const lock = await readValue<LockCode>(db, "lock");
    if (!lock) return true;
    if ((await waits(db)) > 0) return false;
    const tries = lock.tries + 1;
    const wait = waitAfter(tries, FIRST_WAIT);
    const wrong = () => writeValue(db, "lock", { ...lock, tries, until: Date.now() + wait });
    await wrong();
    const isRight = same(await derive(code, lock.salt, lock.rounds, BITS), lock.hash);
    // On a slow phone the wait begins when the answer is there.
    await (isRight ? writeValue(db, "lock", { ...lock, tries: 0, until: 0 }) : wrong());
    return isRight;
}

function same(one: Bytes, other: Bytes): boolean {
    return one.length === other.length && one.reduce((differs, byte, i) => differs | (byte ^ other[i]!), 0) === 0;
}

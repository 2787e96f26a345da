// The code of the app lock: derived with PBKDF2, never kept as it was typed. Wrong tries make the next one wait, and
// remove nothing: a child with the phone must not cost anybody their clips.

import { type Bytes, random } from "../engine/bytes";
import { type Database, readValue, writeValue } from "../engine/store";
import { hasLock, type Lock, locked } from "../session/lock";

export const SHORTEST = 6;
/** OWASP's number for PBKDF2 with SHA-256: half a second on a phone, for each try. */
const ROUNDS = 600_000;
/** So many tries cost nothing but themselves; each one after that waits twice as long. */
const FREE = 3;
const FIRST_WAIT = 5_000;
const LONGEST_WAIT = 300_000;

export function isCode(typed: string): boolean {
    return typed.length >= SHORTEST && /^\d+$/.test(typed);
}

export async function setCode(db: Database, code: string): Promise<void> {
    const salt = random(16);
    const lock: Lock = { salt, hash: await derive(code, salt, ROUNDS), rounds: ROUNDS, tries: 0, until: 0 };
    await writeValue(db, "lock", lock);
    hasLock.value = true;
}

export async function removeCode(db: Database): Promise<void> {
    await db.delete("device", "lock");
    hasLock.value = locked.value = false;
}

/** How long the next try has to wait, in milliseconds. */
export async function waits(db: Database, now = Date.now()): Promise<number> {
    const lock = await readValue<Lock>(db, "lock");
    // A clock that was set back does not make it longer.
    return lock ? Math.min(Math.max(lock.until - now, 0), LONGEST_WAIT) : 0;
}

/** Whether it is the code. The try is counted before it is looked at: an app that is closed meanwhile has had it. */
export async function tryCode(db: Database, code: string): Promise<boolean> {
    const lock = await readValue<Lock>(db, "lock");
    if (!lock) return true;
    if ((await waits(db)) > 0) return false;
    const tries = lock.tries + 1;
    const wait = tries < FREE ? 0 : Math.min(FIRST_WAIT * 2 ** (tries - FREE), LONGEST_WAIT);
    const wrong = () => writeValue(db, "lock", { ...lock, tries, until: Date.now() + wait });
    await wrong();
    const isRight = same(await derive(code, lock.salt, lock.rounds), lock.hash);
    // On a slow phone the wait begins when the answer is there.
    await (isRight ? writeValue(db, "lock", { ...lock, tries: 0, until: 0 }) : wrong());
    return isRight;
}

async function derive(code: string, salt: Bytes, iterations: number): Promise<Bytes> {
    const typed = await crypto.subtle.importKey("raw", new TextEncoder().encode(code), "PBKDF2", false, ["deriveBits"]);
    const bits = await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations }, typed, 256);
    return new Uint8Array(bits);
}

function same(one: Bytes, other: Bytes): boolean {
    return one.length === other.length && one.reduce((differs, byte, i) => differs | (byte ^ other[i]!), 0) === 0;
}

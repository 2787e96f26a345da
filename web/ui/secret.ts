// A secret that a person types: it is kept nowhere, what is derived from it is slow to guess, and wrong tries make the next
// one wait.

import type { Bytes } from "./bytes";

/** OWASP's number for PBKDF2 with SHA-256: half a second on a phone, for each try. */
export const ROUNDS = 600_000;
/** So many tries cost nothing but themselves; each one after that waits twice as long. */
const FREE_TRIES = 3;
export const LONGEST_WAIT = 300_000;

/** Derives `bits` from what was typed, with PBKDF2-HMAC-SHA-256 (RFC 8018). */
export async function derive(typed: string, salt: Bytes, rounds: number, bits: number): Promise<Bytes> {
    const secret = await crypto.subtle.importKey("raw", new TextEncoder().encode(typed), "PBKDF2", false, [
        "deriveBits",
    ]);
    const from = { name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds };
    return new Uint8Array(await crypto.subtle.deriveBits(from, secret, bits));
}

/** How long the next try waits after so many wrong ones, in milliseconds; `first` is the first wait that there is. */
export function waitAfter(tries: number, first: number): number {
    return tries < FREE_TRIES ? 0 : Math.min(first * 2 ** (tries - FREE_TRIES), LONGEST_WAIT);
}

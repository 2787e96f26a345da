// A clip's ciphertext: fetched in pieces, stored record by record, taken up again where it broke off.

import type { Clip } from "#bridge";
import type { Api } from "../api";
import { type Database, recordsOf } from "../store";

/** How many records one request fetches: a megabyte. */
const PIECE = 16;

/** How many records are stored, from the first on without a gap. */
export async function storedRecords(db: Database, release: string): Promise<number> {
    const keys = await db.getAllKeys("records", recordsOf(release));
    if (keys[0]?.[1] !== -1) return 0;
    const gap = keys.findIndex(([, index], at) => index !== at - 1);
    return (gap === -1 ? keys.length : gap) - 1;
}

/** Fetches what is missing. `progress` is called with a share from 0 to 1. */
export async function download(
    db: Database,
    api: Api,
    release: string,
    name: string,
    clip: Clip,
    signal: AbortSignal,
    progress: (share: number) => void,
): Promise<void> {
    const { records, header_len: header } = clip;
    let have = await storedRecords(db, release);
    if (have === 0) await db.delete("records", recordsOf(release));
    while (have < records) {
        const upto = Math.min(have + PIECE, records);
        const from = have === 0 ? 0 : clip.cipher_range(have)[0]!;
        const to = clip.cipher_range(upto - 1)[1]!;
        const headers = { Range: `bytes=${from}-${to - 1}` };
        const answer = await api.send("GET", `/v1/device/clips/${name}`, undefined, { headers, signal });
        const bytes = await answer.arrayBuffer();
        if (answer.status !== 206 || bytes.byteLength !== to - from)
            throw new Error("not the piece that was asked for");
        signal.throwIfAborted();
        const tx = await db.transaction("records", "readwrite");
        // What is not written is told once, by the transaction.
        const put = (record: ArrayBuffer, index: number) => void tx.store.put(record, [release, index]).catch(() => {});
        if (have === 0) put(bytes.slice(0, header), -1);
        for (let index = have; index < upto; index++) {
            const range = clip.cipher_range(index);
            put(bytes.slice(range[0]! - from, range[1]! - from), index);
        }
        await tx.done;
        have = upto;
        progress(have / records);
    }
}

/** Throws away what is stored of a clip. */
export async function discard(db: Database, release: string): Promise<void> {
    const tx = await db.transaction("records", "readwrite", { durability: "strict" });
    void tx.store.delete(recordsOf(release));
    await tx.done;
}

/** Keys and ciphertext that no saved state knows of were left by a run that died before it could save them. */
export async function eraseStrays(db: Database, releases: string[]): Promise<void> {
    const known = new Set(releases);
    for (const release of await db.getAllKeys("clips")) if (!known.has(release)) await db.delete("clips", release);
    const stored = new Set((await db.getAllKeys("records")).map(([release]) => release));
    for (const release of stored) if (!known.has(release)) await discard(db, release);
}

// Everything that this device keeps, in one IndexedDB.
//
// Whoever drives the machine writes under an epoch: a page that was overtaken by another, or a worker that slept through
// it, finds out with its next write, and never saves an older state over a newer one.

import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Bytes } from "./bytes";

/** Who this device is, since it was paired. The private keys are WebCrypto's, and cannot be taken out. */
export interface Identity {
    device: string;
    practice: string;
    token: string;
    name: string;
    authority: Bytes;
    rotations: number;
    exchangeKey: Bytes;
    exchange: CryptoKeyPair;
    signing: CryptoKeyPair;
    contact: { practice: string; crisis: string };
}

/** Sealed under a key of WebCrypto's. */
export interface Box { iv: Bytes; bytes: ArrayBuffer }

/** The key of one clip (not extractable), and its words, sealed under a key that is derived from it. */
export interface KeptClip { key: CryptoKey; words: Box }

/** The kind words that stay when a clip has gone, until they are read. */
export interface Parting { key: CryptoKey; note: Box }

/** A note of the person's own. It never leaves this device. */
export interface Note { id: string; at: number; words: string }

/** "This doesn't help me", which may still be taken back on this phone. */
export interface SetAside { release: string; until: number }

interface Schema extends DBSchema {
    device: { key: string; value: unknown };
    clips: { key: string; value: KeptClip };
    // The header under -1, then each sealed record under its index.
    records: { key: [string, number]; value: ArrayBuffer };
    partings: { key: string; value: Parting };
    notes: { key: string; value: Note };
}

export type Database = IDBPDatabase<Schema>;

/** Somebody else drives the machine now. */
export class Overtaken extends Error {}

const NAME = "refrain";

export function openStore(): Promise<Database> {
    return openDB<Schema>(NAME, 1, {
        upgrade(db) {
            db.createObjectStore("device");
            db.createObjectStore("clips");
            db.createObjectStore("records");
            db.createObjectStore("partings");
            db.createObjectStore("notes", { keyPath: "id" });
        },
        blocking(_from, _to, event) {
            (event.target as IDBDatabase).close();
        },
    });
}

export async function readValue<T>(db: Database, key: string): Promise<T | undefined> {
    return (await db.get("device", key)) as T | undefined;
}

export async function writeValue(db: Database, key: string, value: unknown): Promise<void> {
    await db.put("device", value, key);
}

/** Takes the machine over; gives the epoch to write under. */
export async function takeOver(db: Database): Promise<number> {
    const tx = db.transaction("device", "readwrite", { durability: "strict" });
    const epoch = (((await tx.store.get("epoch")) as number | undefined) ?? 0) + 1;
    await tx.store.put(epoch, "epoch");
    await tx.done;
    return epoch;
}

/** Writes a state of the machine durably, unless somebody else drives it by now. */
export async function writeState(db: Database, epoch: number, states: Record<string, unknown>): Promise<void> {
    const tx = db.transaction("device", "readwrite", { durability: "strict" });
    if ((await tx.store.get("epoch")) !== epoch) {
        await tx.done;
        throw new Overtaken();
    }
    for (const [key, state] of Object.entries(states)) void tx.store.put(state, key);
    await tx.done;
}

/** All rows of one clip. */
export function recordsOf(release: string): IDBKeyRange {
    return IDBKeyRange.bound([release, -1], [release, Number.MAX_SAFE_INTEGER]);
}

/** Forgets everything: this device is new again. */
export async function forgetEverything(db: Database): Promise<void> {
    const stores = ["device", "clips", "records", "partings", "notes"] as const;
    const tx = db.transaction(stores, "readwrite", { durability: "strict" });
    for (const store of stores) void tx.objectStore(store).clear();
    await tx.done;
}

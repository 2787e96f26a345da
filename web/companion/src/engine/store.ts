// Everything that this device keeps, in one IndexedDB.
//
// Whoever drives the machine writes under an epoch: a page that was overtaken by another, or a worker that slept through
// it, finds out with its next write, and never saves an older state over a newer one.

import type { DBSchema, IDBPDatabase } from "idb";
import type { Bytes } from "../../../ui/bytes";
import { Store } from "../../../ui/store";

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
export interface Box {
    iv: Bytes;
    bytes: ArrayBuffer;
}

/** The key of one clip (not extractable), and its words, sealed under a key that is derived from it. */
export interface KeptClip {
    key: CryptoKey;
    words: Box;
}

/** The kind words that stay when a clip has gone, until they are read. */
export interface Parting {
    key: CryptoKey;
    note: Box;
}

/** A note of the person's own. It never leaves this device. */
export interface Note {
    id: string;
    at: number;
    words: string;
}

/**
 * "This doesn't help me", which may still be taken back on this phone. Its letter has its id from the beginning: one that
 * is written twice, by a phone that died in between, is one.
 */
export interface PendingReturn {
    release: string;
    until: number;
    id?: Bytes;
}

interface Schema extends DBSchema {
    device: { key: string; value: unknown };
    clips: { key: string; value: KeptClip };
    // The header under -1, then each sealed record under its index.
    records: { key: [string, number]; value: ArrayBuffer };
    partings: { key: string; value: Parting };
    notes: { key: string; value: Note };
}

export type Database = Store<Schema>;

/** Somebody else drives the machine now. */
export class Overtaken extends Error {}

const NAME = "refrain";
const VERSION = 1;

/** Begins to open it, for a page that shows something before that is done. */
export function beginStore(): Database {
    return Store.begin<Schema>(NAME, VERSION, makeStores);
}

export function openStore(): Promise<Database> {
    return Store.open<Schema>(NAME, VERSION, makeStores);
}

function makeStores(db: IDBPDatabase<Schema>): void {
    db.createObjectStore("device");
    db.createObjectStore("clips");
    db.createObjectStore("records");
    db.createObjectStore("partings");
    db.createObjectStore("notes", { keyPath: "id" });
}

export async function readValue<T>(db: Database, key: string): Promise<T | undefined> {
    return (await db.get("device", key)) as T | undefined;
}

export async function writeValue(db: Database, key: string, value: unknown): Promise<void> {
    await db.put("device", value, key);
}

/** Changes a value in one step: what another step writes meanwhile is not lost. */
export async function changeValue<T>(db: Database, key: string, change: (before: T | undefined) => T): Promise<void> {
    const tx = await db.transaction("device", "readwrite");
    const before = (await tx.store.get(key)) as T | undefined;
    void tx.store.put(change(before), key).catch(() => {});
    await tx.done;
}

/** Takes the machine over; gives the epoch to write under. */
export async function takeOver(db: Database): Promise<number> {
    const tx = await db.transaction("device", "readwrite", { durability: "strict" });
    const epoch = (((await tx.store.get("epoch")) as number | undefined) ?? 0) + 1;
    await tx.store.put(epoch, "epoch");
    await tx.done;
    return epoch;
}

/** Writes a state of the machine durably, unless somebody else drives it by now. */
export async function writeState(db: Database, epoch: number, states: Record<string, unknown>): Promise<void> {
    const tx = await db.transaction("device", "readwrite", { durability: "strict" });
    if ((await tx.store.get("epoch")) !== epoch) {
        await tx.done;
        throw new Overtaken();
    }
    for (const [key, state] of Object.entries(states)) void tx.store.put(state, key).catch(() => {});
    await tx.done;
}

/** Whether something was not written because this device is full. */
export function isFull(error: unknown): boolean {
    return error instanceof DOMException && error.name === "QuotaExceededError";
}

/** What finds no room, or is somebody else's by now, holds nothing else up. */
export function unlessBroken(error: unknown): void {
    if (!(error instanceof Overtaken) && !isFull(error)) throw error;
}

/** All rows of one clip. */
export function recordsOf(release: string): IDBKeyRange {
    return IDBKeyRange.bound([release, -1], [release, Number.MAX_SAFE_INTEGER]);
}

const STORES = ["device", "clips", "records", "partings", "notes"] as const;

/** What a phone that was removed still needs, until the server knows that all has gone: who it was, and what it has to say. */
const LAST = ["epoch", "identity", "machine", "settings"];

/** Forgets what is a person's own; what the machine holds it erases itself, and says so. Nothing is written: a full disk allows it. */
export async function forgetPerson(db: Database): Promise<void> {
    const tx = await db.transaction(STORES, "readwrite", { durability: "strict" });
    void tx.objectStore("notes").clear();
    void tx.objectStore("partings").clear();
    const device = tx.objectStore("device");
    for (const key of await device.getAllKeys()) if (!LAST.includes(key)) void device.delete(key);
    await tx.done;
}

/** Forgets who this device was. What stays is that it was removed, and what was chosen for the app. */
export async function forgetPhone(db: Database): Promise<void> {
    const settings = await readValue<object>(db, "settings");
    await forgetEverything(db);
    // Whoever begins anew has agreed to nothing yet.
    await writeValue(db, "settings", { ...settings, seen: false, sharing: false });
    await writeValue(db, "removed", true);
}

/** Forgets everything: this device is new again. */
export async function forgetEverything(db: Database): Promise<void> {
    const tx = await db.transaction(STORES, "readwrite", { durability: "strict" });
    for (const store of STORES) void tx.objectStore(store).clear();
    await tx.done;
}

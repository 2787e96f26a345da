// Everything that this device keeps, in one IndexedDB, sealed: no row but the ciphertext of clips is as somebody else has
// made it, and no row says anything in the clear.
//
// Whoever drives the machine writes under an epoch: a page that was overtaken by another, or a worker that slept through
// it, finds out with its next write, and never saves an older state over a newer one.

import type { DBSchema, IDBPDatabase } from "idb";
import { type Bytes, random, toBase64 } from "../../../ui/bytes";
import { Store } from "../../../ui/store";
import { Broken, isSealed, makeKey, type Sealed, seal, unseal } from "./seal";

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
    bytes: BufferSource;
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
    device: { key: string; value: Sealed | string };
    clips: { key: string; value: Sealed };
    // The header under -1, then each sealed record under its index: ciphertext as it came (RFC 8188).
    records: { key: [string, number]; value: ArrayBuffer };
    partings: { key: string; value: Sealed };
    notes: { key: string; value: Sealed & { id: string } };
    // The key that all the others are sealed under, and whether nothing is left that an older version wrote in the clear.
    seal: { key: string; value: CryptoKey | true };
}

/** Stores whose rows are sealed by this phone. */
const SEALING = ["device", "clips", "partings", "notes"] as const;
type Sealing = (typeof SEALING)[number];

/** Somebody else drives the machine now. */
export class Overtaken extends Error {}

const NAME = "refrain";
const VERSION = 2;

/** Begins to open: whoever uses it waits for that. */
export class Database extends Store<Schema> {
    constructor() {
        super(NAME, VERSION, makeStores);
        // A full disk keeps nobody from reading: what finds no room now is sealed at the next start.
        void this.inTurn(() => this.#key().then(() => sealOlder(this))).catch(() => {});
    }

    /** Seals a value for its place. */
    async seal(store: Sealing, key: string, value: unknown): Promise<Sealed> {
        return seal(await this.#key(), `${store}/${key}`, value);
    }

    /** Opens a row of this place; throws `Broken`. */
    async open<T>(store: Sealing, key: string, row: unknown): Promise<T> {
        if (isSealed(row)) {
            const kept = await this.get("seal", "key");
            if (!(kept instanceof CryptoKey)) throw new Broken();
            return unseal<T>(kept, `${store}/${key}`, row);
        }
        // In the clear is only what an older version wrote, as long as it is not sealed.
        if (row !== undefined && (await this.get("seal", "isComplete"))) throw new Broken();
        return row as T;
    }

    /** Read each time: another window may have forgotten everything, and the key with it. */
    async #key(): Promise<CryptoKey> {
        const kept = await this.get("seal", "key");
        if (kept instanceof CryptoKey) return kept;
        const made = await makeKey();
        const tx = await this.transaction("seal", "readwrite", { durability: "strict" });
        const theirs = await tx.store.get("key");
        // Another window was first.
        const key = theirs instanceof CryptoKey ? theirs : made;
        if (key === made) void tx.store.put(made, "key").catch(() => {});
        await tx.done;
        return key;
    }
}

function makeStores(db: IDBPDatabase<Schema>, from: number): void {
    if (from === 0) {
        db.createObjectStore("device");
        db.createObjectStore("clips");
        db.createObjectStore("records");
        db.createObjectStore("partings");
        db.createObjectStore("notes", { keyPath: "id" });
    }
    const seal = db.createObjectStore("seal");
    if (from === 0) void seal.put(true, "isComplete");
}

/** Seals what an older version of this app has left in the clear, all of it in one transaction. Where that is cut short, or finds no room, the next start does it. */
async function sealOlder(db: Database): Promise<void> {
    if (await db.get("seal", "isComplete")) return;
    const rows: [Sealing, string, Sealed][] = [];
    for (const store of SEALING) {
        for (const key of await db.getAllKeys(store)) {
            // A number that says nothing, and that whoever drives next replaces.
            if (key === "epoch") continue;
            const row: unknown = await db.get(store, key);
            if (row !== undefined && !isSealed(row)) rows.push([store, key, await db.seal(store, key, row)]);
        }
    }
    const tx = await db.transaction([...SEALING, "seal"], "readwrite", { durability: "strict" });
    // Where it breaks off, that is told once.
    tx.done.catch(() => {});
    for (const [name, key, row] of rows) {
        const store = tx.objectStore(name);
        const now: unknown = await store.get(key);
        // Erased, or written anew, since it was read: that holds.
        if (now === undefined || isSealed(now)) continue;
        const put = store.keyPath ? store.put({ ...row, id: key }) : store.put(row as never, key);
        void put.catch(() => {});
    }
    void tx
        .objectStore("seal")
        .put(true, "isComplete")
        .catch(() => {});
    await tx.done;
}

/** In turn, like all of these: what is written first is there for whoever reads next. */
export function readValue<T>(db: Database, key: string): Promise<T | undefined> {
    return db.inTurn(async () => (await db.open<T | null>("device", key, await db.get("device", key))) ?? undefined);
}

export function writeValue(db: Database, key: string, value: unknown): Promise<void> {
    return db.inTurn(async () => void (await db.put("device", await db.seal("device", key, value), key)));
}

/** Changes a value in one step: what another step or another window writes meanwhile is not lost. */
export function changeValue<T>(db: Database, key: string, change: (before: T | undefined) => T): Promise<void> {
    return db.inTurn(async () => {
        for (let isDone = false; !isDone; ) {
            const row = await db.get("device", key);
            const before = (await db.open<T | null>("device", key, row)) ?? undefined;
            const sealed = await db.seal("device", key, change(before));
            const tx = await db.transaction("device", "readwrite");
            isDone = isSame(row, await tx.store.get(key));
            if (isDone) void tx.store.put(sealed, key).catch(() => {});
            await tx.done;
        }
    });
}

/** No two rows were sealed under one nonce, and one in the clear is never written any more. */
function isSame(one: unknown, other: unknown): boolean {
    if (isSealed(one) && isSealed(other)) return toBase64(one.iv) === toBase64(other.iv);
    return isSealed(one) === isSealed(other) && (one === undefined) === (other === undefined);
}

export function readNotes(db: Database): Promise<Note[]> {
    return db.inTurn(async () => {
        const rows = await db.getAll("notes");
        return Promise.all(rows.map((row) => db.open<Note>("notes", row.id, row)));
    });
}

export function keepNote(db: Database, note: Note): Promise<void> {
    const { id } = note;
    return db.inTurn(async () => void (await db.put("notes", { ...(await db.seal("notes", id, note)), id })));
}

/** Takes the machine over; gives the epoch to write under, which says nothing but that it is this one. */
export async function takeOver(db: Database): Promise<string> {
    const epoch = toBase64(random(16));
    const tx = await db.transaction("device", "readwrite", { durability: "strict" });
    void tx.store.put(epoch, "epoch").catch(() => {});
    await tx.done;
    return epoch;
}

/** Writes a state of the machine durably, unless somebody else drives it by now. */
export async function writeState(db: Database, epoch: string, states: Record<string, unknown>): Promise<void> {
    const sealed = Object.entries(states).map(
        async ([key, state]) => [key, await db.seal("device", key, state)] as const,
    );
    const rows = await Promise.all(sealed);
    const tx = await db.transaction("device", "readwrite", { durability: "strict" });
    if ((await tx.store.get("epoch")) !== epoch) {
        await tx.done;
        throw new Overtaken();
    }
    for (const [key, row] of rows) void tx.store.put(row, key).catch(() => {});
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
export function forgetPerson(db: Database): Promise<void> {
    return db.inTurn(async () => {
        const tx = await db.transaction(STORES, "readwrite", { durability: "strict" });
        void tx.objectStore("notes").clear();
        void tx.objectStore("partings").clear();
        const device = tx.objectStore("device");
        for (const key of await device.getAllKeys()) if (!LAST.includes(key)) void device.delete(key);
        await tx.done;
    });
}

/** Forgets who this device was. What stays is that it was removed, and what was chosen for the app. */
export async function forgetPhone(db: Database): Promise<void> {
    // What cannot be read any more keeps nothing from going.
    const settings = await readValue<object>(db, "settings").catch(() => ({}));
    await forgetEverything(db);
    // Whoever begins anew has agreed to nothing yet.
    await writeValue(db, "settings", { ...settings, seen: false, sharing: false });
    await writeValue(db, "removed", true);
}

/** Forgets everything, the key as well: this device is new again. Nothing is written here either. */
export function forgetEverything(db: Database): Promise<void> {
    return db.inTurn(async () => {
        const tx = await db.transaction([...STORES, "seal"], "readwrite", { durability: "strict" });
        for (const store of STORES) void tx.objectStore(store).clear();
        void tx.objectStore("seal").delete("key");
        await tx.done;
    });
}

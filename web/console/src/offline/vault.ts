// What a therapist's computer keeps, where they have chosen that: encrypted under their password, and under nothing else.
//
// A vault for each person, who stands nowhere in the clear: whose it is says whose password opens it. Names of things are
// kept as keyed digests, for a name would tell how many clients there are. The keys are WebCrypto's, cannot be taken out, and
// live as long as somebody is signed in. What a password is worth against somebody who has the disk is what the rounds make it
// cost; the waiting after wrong tries is for whoever sits at the keyboard.

import { type DBSchema, deleteDB } from "idb";
import type { Bytes } from "../../../ui/bytes";
import { derive, ROUNDS, waitAfter } from "../../../ui/secret";
import { Store } from "../../../ui/store";

const NAME = "refrain-console";
/** Of the first try that waits. */
const FIRST_WAIT = 1_000;

interface Box {
    iv: Bytes;
    bytes: ArrayBuffer;
}
interface Stored {
    id: string;
    salt: Bytes;
    rounds: number;
    person: Box;
}

interface Schema extends DBSchema {
    vaults: { key: string; value: Stored };
    things: { key: [string, string]; value: Box };
    tries: { key: string; value: { wrong: number; until: number } };
}

/** Whoever tries too often waits. */
export class TooSoon extends Error {
    readonly until: number;

    constructor(until: number) {
        super();
        this.until = until;
    }
}

/** Nothing that is kept here opens with this password. */
export class WrongPassword extends Error {}

export class Vault {
    readonly #db: Store<Schema>;
    readonly #stored: Stored;
    readonly #keys: Keys;

    private constructor(db: Store<Schema>, stored: Stored, keys: Keys) {
        this.#db = db;
        this.#stored = stored;
        this.#keys = keys;
    }

    /** Whether anything is kept on this computer, by whomever. Asks without making anything. */
    static async isThere(): Promise<boolean> {
        const all = await indexedDB.databases().catch(() => []);
        return all.some(({ name }) => name === NAME);
    }

    static async create<P>(person: P, password: string): Promise<Vault> {
        const db = await openDatabase();
        const [id, salt] = [crypto.randomUUID(), crypto.getRandomValues(new Uint8Array(16))];
        const keys = await deriveKeys(password, salt, ROUNDS);
        const stored = { id, salt, rounds: ROUNDS, person: await seal(keys, id, "person", person) };
        await db.put("vaults", stored);
        return new Vault(db, stored, keys);
    }

    /** Opens the one that this password opens, if there is one. */
    static async find<P>(
        password: string,
        isTheirs: (person: P) => boolean,
    ): Promise<{ vault: Vault; person: P } | undefined> {
        const db = await openDatabase();
        for (const stored of await db.getAll("vaults")) {
            const keys = await deriveKeys(password, stored.salt, stored.rounds);
            const person = await unseal<P>(keys, stored.id, "person", stored.person).catch(() => undefined);
            if (person === undefined || !isTheirs(person)) continue;
            await db.delete("tries", NAME);
            return { vault: new Vault(db, stored, keys), person };
        }
        db.close();
        return undefined;
    }

    /** Opens it for somebody whom no server has asked. Each wrong try after the third makes the next one wait twice as long. */
    static async open<P>(
        password: string,
        isTheirs: (person: P) => boolean,
        now = Date.now(),
    ): Promise<{ vault: Vault; person: P }> {
        const db = await openDatabase();
        const { wrong, until } = (await db.get("tries", NAME)) ?? { wrong: 0, until: 0 };
        if (now < until) {
            db.close();
            throw new TooSoon(until);
        }
        // Counted before it is tried: a page that is closed in the middle of it has tried.
        const wait = waitAfter(wrong + 1, FIRST_WAIT);
        await db.put("tries", { wrong: wrong + 1, until: now + wait }, NAME);
        db.close();
        const found = await Vault.find(password, isTheirs);
        if (!found) throw new WrongPassword();
        return found;
    }

    async write(name: string, value: unknown): Promise<void> {
        const key = await this.#key(name);
        const box = await seal(this.#keys, this.#stored.id, name, { name, value });
        const tx = await this.#db.transaction("things", "readwrite", { durability: "strict" });
        void tx.store.put(box, key);
        await tx.done;
    }

    async read<T>(name: string): Promise<T | undefined> {
        const box = await this.#db.get("things", await this.#key(name));
        if (!box) return undefined;
        return (await unseal<{ value: T }>(this.#keys, this.#stored.id, name, box)).value;
    }

    async erase(name: string): Promise<void> {
        await this.#db.delete("things", await this.#key(name));
    }

    /** Erases all that it holds but one thing. */
    async eraseBut(name: string): Promise<void> {
        const kept = (await this.#key(name))[1];
        const tx = await this.#db.transaction("things", "readwrite", { durability: "strict" });
        for (const key of await tx.store.getAllKeys(this.#range())) if (key[1] !== kept) void tx.store.delete(key);
        await tx.done;
    }

    close(): void {
        this.#db.close();
    }

    /** Erases everything that it holds, for good; the last one takes the database along. */
    async destroy(): Promise<void> {
        const tx = await this.#db.transaction(["vaults", "things", "tries"], "readwrite", { durability: "strict" });
        void tx.objectStore("vaults").delete(this.#stored.id);
        void tx.objectStore("things").delete(this.#range());
        const left = await tx.objectStore("vaults").count();
        await tx.done;
        this.#db.close();
        if (left === 0) await deleteDB(NAME);
    }

    #range(): IDBKeyRange {
        return IDBKeyRange.bound([this.#stored.id, ""], [this.#stored.id, "\uffff"]);
    }

    async #key(name: string): Promise<[string, string]> {
        const digest = await crypto.subtle.sign("HMAC", this.#keys.names, new TextEncoder().encode(name));
        return [this.#stored.id, btoa(String.fromCharCode(...new Uint8Array(digest)))];
    }
}

interface Keys {
    things: CryptoKey;
    names: CryptoKey;
}

async function deriveKeys(password: string, salt: Bytes, rounds: number): Promise<Keys> {
    const bits = await derive(password, salt, rounds, 512);
    const things = await crypto.subtle.importKey("raw", bits.subarray(0, 32), "AES-GCM", false, ["encrypt", "decrypt"]);
    const names = await crypto.subtle.importKey("raw", bits.subarray(32), { name: "HMAC", hash: "SHA-256" }, false, [
        "sign",
    ]);
    bits.fill(0);
    return { things, names };
}

/** Bound to its place: a box that was put elsewhere does not open. */
function algorithm(id: string, name: string, iv: Bytes): AesGcmParams {
    return { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(`${id}/${name}`) };
}

async function seal(keys: Keys, id: string, name: string, value: unknown): Promise<Box> {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(JSON.stringify(value));
    return { iv, bytes: await crypto.subtle.encrypt(algorithm(id, name, iv), keys.things, plain) };
}

async function unseal<T>(keys: Keys, id: string, name: string, box: Box): Promise<T> {
    const plain = await crypto.subtle.decrypt(algorithm(id, name, box.iv), keys.things, box.bytes);
    return JSON.parse(new TextDecoder().decode(plain)) as T;
}

function openDatabase(): Promise<Store<Schema>> {
    return new Store<Schema>(NAME, 1, (db) => {
        db.createObjectStore("vaults", { keyPath: "id" });
        db.createObjectStore("things");
        db.createObjectStore("tries");
    }).isOpen();
}

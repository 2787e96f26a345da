// What a phone keeps is sealed, each value for its own place; and a phone of an older version is taken along.

import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load } from "./node/sources.mjs";

const {
    Broken,
    changeValue,
    Database,
    forgetEverything,
    forgetPerson,
    forgetPhone,
    isFull,
    keepNote,
    keptClip,
    makeKeys,
    readNotes,
    readParting,
    readValue,
    readWords,
    Saved,
    takeOver,
    writeState,
    writeValue,
} = await load(
    "companion/src/engine/saved.ts",
    "companion/src/engine/store.ts",
    "companion/src/engine/seal.ts",
    "companion/src/engine/clips/vault.ts",
);

const CANARY = "Canary of the tides";
const STORES = ["device", "clips", "records", "partings", "notes"];

const open = [];
beforeEach(async () => {
    for (const db of open.splice(0)) db.close();
    await done(indexedDB.deleteDatabase("refrain"));
});

/** Opened, and all that it does at its opening has been done or has failed. */
async function opens() {
    const db = new Database();
    open.push(db);
    await db.inTurn(async () => {});
    return db;
}

function done(request) {
    return new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
}

/** Does something to the rows as they are, past everything that seals. */
async function raw(work, mode = "readonly") {
    const db = await done(indexedDB.open("refrain"));
    const names = [...db.objectStoreNames];
    const tx = db.transaction(names, mode);
    const result = await work((name) => tx.objectStore(name), names);
    db.close();
    return result;
}

/** In which rows these words stand in the clear. */
function holding(words) {
    const holds = (value) => {
        if (typeof value === "string") return value.includes(words);
        if (value instanceof ArrayBuffer || ArrayBuffer.isView(value))
            return Buffer.from(value.buffer ?? value).includes(words);
        return typeof value === "object" && value !== null && Object.values(value).some(holds);
    };
    return raw(async (store, names) => {
        const found = [];
        for (const name of names) {
            const rows = await done(store(name).getAll());
            const keys = await done(store(name).getAllKeys());
            keys.forEach((key, at) => void ((holds(rows[at]) || holds(key)) && found.push(`${name}/${key}`)));
        }
        return found;
    });
}

/** Everything of a phone of the first version, in the clear. */
async function isOlder() {
    const opening = indexedDB.open("refrain", 1);
    opening.onupgradeneeded = () => {
        for (const name of STORES)
            opening.result.createObjectStore(name, name === "notes" ? { keyPath: "id" } : undefined);
    };
    const db = await done(opening);
    const keys = await makeKeys();
    const { subtle } = crypto;
    const key = await subtle.importKey("raw", new Uint8Array(32).fill(7), "HKDF", false, ["deriveKey", "deriveBits"]);
    const info = new TextEncoder().encode("refrain/words/v1");
    const from = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info };
    const wordsKey = await subtle.deriveKey(from, key, { name: "AES-GCM", length: 128 }, false, ["encrypt"]);
    const own = await subtle.generateKey({ name: "AES-GCM", length: 128 }, false, ["encrypt", "decrypt"]);
    const box = async (key, text) => {
        const iv = crypto.getRandomValues(new Uint8Array(12));
        return { iv, bytes: await subtle.encrypt({ name: "AES-GCM", iv }, key, new TextEncoder().encode(text)) };
    };
    const [words, note] = [await box(wordsKey, JSON.stringify({ title: CANARY })), await box(own, CANARY)];
    const tx = db.transaction(STORES, "readwrite");
    const device = tx.objectStore("device");
    device.put(7, "epoch");
    device.put({ device: "dev_1", token: CANARY, authority: new Uint8Array([1, 2]), ...keys }, "identity");
    device.put(new TextEncoder().encode(CANARY), "machine");
    device.put({ name: CANARY, seen: true }, "settings");
    device.put([{ release: "r", until: 5, id: new Uint8Array(16).fill(3) }], "set_aside");
    device.put(false, "said_sharing");
    tx.objectStore("notes").put({ id: "n", at: 1, words: CANARY });
    tx.objectStore("clips").put({ key, words }, "r");
    tx.objectStore("partings").put({ key: own, note }, "r");
    tx.objectStore("records").put(new Uint8Array([9]).buffer, ["r", 0]);
    await new Promise((resolve, reject) => {
        tx.oncomplete = resolve;
        tx.onabort = () => reject(tx.error);
    });
    db.close();
}

/** All of it is as it was. */
async function isWhole(db) {
    const identity = await readValue(db, "identity");
    assert.equal(identity.token, CANARY);
    assert.deepEqual(identity.authority, new Uint8Array([1, 2]));
    const said = new TextEncoder().encode("said");
    const how = { name: "ECDSA", hash: "SHA-256" };
    const signature = await crypto.subtle.sign(how, identity.signing.privateKey, said);
    assert.ok(await crypto.subtle.verify(how, identity.signing.publicKey, signature, said));
    assert.equal(identity.exchange.privateKey.extractable, false);
    assert.equal(new TextDecoder().decode(await readValue(db, "machine")), CANARY);
    assert.deepEqual(await readValue(db, "settings"), { name: CANARY, seen: true });
    assert.deepEqual(await readValue(db, "set_aside"), [{ release: "r", until: 5, id: new Uint8Array(16).fill(3) }]);
    assert.equal(await readValue(db, "said_sharing"), false);
    assert.deepEqual(await readNotes(db), [{ id: "n", at: 1, words: CANARY }]);
    assert.equal((await readWords(await keptClip(db, "r"))).title, CANARY);
    assert.equal(await readParting(db, "r"), CANARY);
    assert.deepEqual(new Uint8Array(await db.get("records", ["r", 0])), new Uint8Array([9]));
}

/** Runs something while whatever is written of a kind does not succeed. */
async function without(which, fail, work) {
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (value, ...key) {
        if (!which(this.name, key[0] ?? value?.id)) return put.call(this, value, ...key);
        return fail(this, () => put.call(this, value, ...key));
    };
    try {
        return await work();
    } finally {
        IDBObjectStore.prototype.put = put;
    }
}

function isFullDisk() {
    throw new DOMException("full", "QuotaExceededError");
}

test("whatever is kept comes back as it was, and no row says a word of it", async () => {
    const db = await opens();
    const values = {
        words: CANARY,
        number: 7,
        no: false,
        list: [{ id: new Uint8Array([1, 2, 3]), [CANARY]: null }, []],
        bytes: new TextEncoder().encode(CANARY),
        nothing: undefined,
    };
    for (const [key, value] of Object.entries(values)) await writeValue(db, key, value);
    await keepNote(db, { id: "n", at: 1, words: CANARY });
    await writeState(db, await takeOver(db), { machine: CANARY });
    await changeValue(db, "positions", () => ({ r: CANARY }));
    for (const [key, value] of Object.entries(values)) assert.deepEqual(await readValue(db, key), value, key);
    assert.deepEqual(await readNotes(db), [{ id: "n", at: 1, words: CANARY }]);
    assert.deepEqual(await holding(CANARY), []);
    await raw((store) => done(store("device").put({ of: [CANARY] }, "planted")), "readwrite");
    assert.deepEqual(await holding(CANARY), ["device/planted"], "the reader finds what is there");
    const key = await raw((store) => done(store("seal").get("key")));
    assert.deepEqual([key.extractable, key.algorithm], [false, { name: "AES-GCM", length: 256 }]);
});

test("a value is bound to its place, and opens nowhere else", async () => {
    const db = await opens();
    await writeValue(db, "circle", "the circle");
    await keepNote(db, { id: "n", at: 1, words: "a note" });
    await raw(async (store) => {
        const circle = await done(store("device").get("circle"));
        const note = await done(store("notes").get("n"));
        await done(store("device").put(circle, "settings"));
        await done(store("clips").put(circle, "circle"));
        await done(store("notes").put({ ...note, id: "other" }));
    }, "readwrite");
    await assert.rejects(readValue(db, "settings"), Broken);
    await assert.rejects(keptClip(db, "circle"), Broken);
    await assert.rejects(readNotes(db), Broken);
    assert.equal(await readValue(db, "circle"), "the circle");
});

test("what was changed, lost its key, or was put there in the clear does not open, and keeps nothing from going", async () => {
    const db = await opens();
    for (const key of ["machine", "identity", "settings"]) await writeValue(db, key, { of: key });
    await raw(async (store) => {
        const row = await done(store("device").get("machine"));
        row.sealed[0] ^= 1;
        await done(store("device").put(row, "machine"));
        await done(store("device").put({ of: "somebody" }, "identity"));
    }, "readwrite");
    await assert.rejects(readValue(db, "machine"), Broken);
    await assert.rejects(readValue(db, "identity"), Broken);
    assert.deepEqual(await readValue(db, "settings"), { of: "settings" });
    await raw((store) => done(store("seal").delete("key")), "readwrite");
    await assert.rejects(readValue(db, "settings"), Broken);
    await forgetPhone(db);
    assert.deepEqual(await db.getAllKeys("device"), ["removed", "settings"]);
    assert.equal(await readValue(db, "removed"), true);
});

test("a phone of an older version is sealed at its first opening, and nothing of it is lost", async () => {
    await isOlder();
    assert.ok((await holding(CANARY)).length > 3, "it was in the clear");
    const db = await opens();
    await isWhole(db);
    assert.deepEqual(await holding(CANARY), []);
    // Of that phone nothing is taken in the clear any more.
    await raw((store) => done(store("device").put("in the clear", "settings")), "readwrite");
    await assert.rejects(readValue(db, "settings"), Broken);
});

for (const [store, key] of [
    ["device", "machine"],
    ["partings", "r"],
    ["notes", "n"],
    ["seal", "isComplete"],
]) {
    test(`a phone that dies while ${store}/${key} is sealed is whole, and is sealed at the next opening`, async () => {
        await isOlder();
        const before = await holding(CANARY);
        const dies = (rows, put) => {
            const request = put();
            rows.transaction.abort();
            return request;
        };
        await without((name, of) => name === store && of === key, dies, opens);
        assert.deepEqual(await holding(CANARY), before, "all or nothing");
        await isWhole(open[0]);
        for (const db of open.splice(0)) db.close();
        await isWhole(await opens());
        assert.deepEqual(await holding(CANARY), []);
    });
}

test("an older phone that is full reads and forgets, writes nothing in the clear, and is sealed when there is room", async () => {
    await isOlder();
    await without(
        () => true,
        isFullDisk,
        async () => {
            const db = await opens();
            await isWhole(db);
            await assert.rejects(writeValue(db, "settings", { name: CANARY }), isFull);
            await assert.rejects((await Saved.take(db)).write({ machine: CANARY }), isFull);
            await assert.rejects(
                changeValue(db, "settings", () => CANARY),
                isFull,
            );
            await db.delete("clips", "r");
            await forgetPerson(db);
            assert.deepEqual(await db.getAllKeys("device"), ["epoch", "identity", "machine", "settings"]);
            db.close();
        },
    );
    const db = await opens();
    assert.deepEqual(await readValue(db, "settings"), { name: CANARY, seen: true });
    assert.deepEqual(await holding(CANARY), []);
});

test("what goes while an older phone is being sealed does not come back", async () => {
    await isOlder();
    const { encrypt } = crypto.subtle;
    // Erased when it has been read, and before it is written.
    crypto.subtle.encrypt = async function (...what) {
        const place = new TextDecoder().decode(what[0].additionalData);
        if (place === "clips/r") await raw((store) => done(store("clips").delete("r")), "readwrite");
        return encrypt.apply(this, what);
    };
    try {
        const db = await opens();
        assert.equal(await keptClip(db, "r"), undefined);
    } finally {
        delete crypto.subtle.encrypt;
    }
});

test("of two windows that make a key at once the later one takes that of the other", async () => {
    const slow = slowly(async () => {
        const one = await opens();
        await writeValue(one, "settings", "of the one");
    }, "generateKey");
    const other = await opens();
    await writeValue(other, "circle", "of the other");
    await slow;
    assert.equal(await readValue(other, "circle"), "of the other");
    assert.equal(await readValue(other, "settings"), "of the one");
});

test("what two windows change at once keeps both changes", async () => {
    const [one, other] = [new Database(), new Database()];
    open.push(one, other);
    const adds = (db, what) => changeValue(db, "set_aside", (before = []) => [...before, what]);
    const names = [..."abcdefgh"];
    await Promise.all(names.map((name, at) => adds(at % 2 ? one : other, name)));
    assert.deepEqual((await readValue(one, "set_aside")).sort(), names);
    assert.deepEqual(await readValue(one, "set_aside"), await readValue(other, "set_aside"));
});

/** WebCrypto is as slow as this with the first thing that it seals, or makes. */
async function slowly(work, what = "encrypt") {
    const does = crypto.subtle[what];
    let isFirst = true;
    crypto.subtle[what] = async function (...given) {
        const turns = isFirst ? 40 : 0;
        isFirst = false;
        const result = await does.apply(this, given);
        for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
        return result;
    };
    try {
        return await work();
    } finally {
        delete crypto.subtle[what];
    }
}

test("what is written later stays, also where the earlier was longer in the sealing, and is read by who asks after it", async () => {
    const db = await opens();
    await slowly(async () => {
        void writeValue(db, "settings", "earlier");
        void writeValue(db, "settings", "later");
        assert.equal(await readValue(db, "settings"), "later");
    });
    assert.equal(await readValue(db, "settings"), "later");
});

test("what was being written when everything is forgotten is forgotten with it", async () => {
    const db = await opens();
    await slowly(async () => {
        void writeValue(db, "circle", CANARY);
        void keepNote(db, { id: "n", at: 1, words: CANARY });
        await forgetEverything(db);
    });
    for (const store of STORES) assert.deepEqual(await db.getAllKeys(store), [], store);
    assert.deepEqual(await db.getAllKeys("seal"), ["isComplete"], "and its key");
});

test("who was overtaken while a state was being sealed does not write it", async () => {
    const db = await opens();
    const older = await takeOver(db);
    await slowly(async () => {
        const late = writeState(db, older, { machine: "stale" });
        const newer = await takeOver(db);
        await writeState(db, newer, { machine: "new" });
        await assert.rejects(late);
    });
    assert.equal(await readValue(db, "machine"), "new");
});

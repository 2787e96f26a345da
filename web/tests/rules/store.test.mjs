// A store that the browser closes under an open page: the next caller opens it again, and nobody brings back an erased one.

import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { forceCloseDatabase } from "fake-indexeddb";
import { load } from "./node/sources.mjs";

const { Store } = await load("ui/store.ts");

/** Every database that was opened. */
const databases = [];
const { open } = IDBFactory.prototype;
IDBFactory.prototype.open = function (...names) {
    const opening = open.apply(this, names);
    opening.addEventListener("success", () => databases.push(opening.result));
    return opening;
};

let store;
beforeEach(async () => {
    await erase();
    store = await new Store("refrain", 1, (db) => db.createObjectStore("notes")).isOpen();
    await store.put("notes", "It was easier.", "a");
});

/** The browser closes them, as iOS does in the background: and says so, or does not. */
function close(says) {
    for (const db of databases.splice(0)) {
        if (says) forceCloseDatabase(db);
        else db.close();
    }
}

function erase() {
    return new Promise((resolve, reject) => {
        const erasing = indexedDB.deleteDatabase("refrain");
        erasing.onsuccess = resolve;
        erasing.onerror = erasing.onblocked = reject;
    });
}

const names = async () => (await indexedDB.databases()).map(({ name }) => name);

for (const says of [true, false]) {
    test(`a store that the browser has closed ${says ? "and says so" : "without a word"} reads and writes on`, async () => {
        close(says);
        assert.equal(await store.get("notes", "a"), "It was easier.");
        close(says);
        await store.put("notes", "It was hard.", "b");
        close(says);
        assert.deepEqual(await store.getAllKeys("notes"), ["a", "b"]);
        close(says);
        const tx = await store.transaction("notes", "readwrite");
        await tx.store.delete("a");
        await tx.done;
        close(says);
        assert.deepEqual(await store.getAll("notes"), ["It was hard."]);
    });

    test(`of many callers after a close ${says ? "that was said" : "without a word"} one opens it again`, async () => {
        close(says);
        const found = await Promise.all(["a", "b", "a"].map((key) => store.get("notes", key)));
        assert.deepEqual(found, ["It was easier.", undefined, "It was easier."]);
        assert.equal(databases.length, 1);
    });

    test(`a store that was erased after a close ${says ? "that was said" : "without a word"} is not made again`, async () => {
        close(says);
        await erase();
        await assert.rejects(store.put("notes", "Back again.", "a"));
        await assert.rejects(store.get("notes", "a"));
        assert.deepEqual(await names(), []);
    });
}

test("a store that is erased while it is open gives way, and is not made again", async () => {
    await erase();
    await assert.rejects(store.get("notes", "a"));
    assert.deepEqual(await names(), []);
});

test("a store that was closed from here stays closed", async () => {
    store.close();
    await new Promise(setImmediate);
    await assert.rejects(store.get("notes", "a"));
});

// What a phone keeps: written by one driver at a time, and forgotten in the right order when the phone is removed.

import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load } from "./node/sources.mjs";

const { changeValue, Database, forgetPerson, forgetPhone, Overtaken, readValue, recordsOf, Saved, writeValue } =
    await load("companion/src/engine/saved.ts", "companion/src/engine/store.ts");

let db;
beforeEach(async () => {
    db?.close();
    indexedDB.deleteDatabase("refrain");
    db = await new Database().isOpen();
});

test("who was overtaken finds out with the next state, and overwrites none of the newer ones", async () => {
    const older = await Saved.take(db);
    await older.write({ machine: "the first" });
    const newer = await Saved.take(db);
    await newer.write({ machine: "the second", papers: "as well" });
    await assert.rejects(older.write({ machine: "stale", papers: "stale" }), Overtaken);
    assert.equal(await readValue(db, "machine"), "the second");
    assert.equal(await readValue(db, "papers"), "as well");
    assert.ok(older.isBehind);
    await newer.write({ machine: "the third" });
    assert.equal(await readValue(db, "machine"), "the third");
    assert.ok(!newer.isBehind);
});

test("who was overtaken finds out before asking anything", async () => {
    const older = await Saved.take(db);
    await older.check();
    const newer = await Saved.take(db);
    await assert.rejects(older.check(), Overtaken);
    await newer.check();
});

test("of two that take over at once one drives", async () => {
    const both = await Promise.all([Saved.take(db), Saved.take(db)]);
    const written = await Promise.allSettled(both.map((saved, at) => saved.write({ machine: at })));
    assert.deepEqual(written.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    const [winner] = written.flatMap(({ status }, at) => (status === "fulfilled" ? [at] : []));
    assert.equal(await readValue(db, "machine"), winner);
});

test("what two steps change at once keeps both changes", async () => {
    await writeValue(db, "set_aside", []);
    const adds = (release) => changeValue(db, "set_aside", (before) => [...before, release]);
    await Promise.all([adds("a"), adds("b")]);
    assert.deepEqual((await readValue(db, "set_aside")).sort(), ["a", "b"]);
});

test("a clip's rows are its own: its header and every record, and nobody else's", async () => {
    for (const key of [
        ["a", -1],
        ["a", 0],
        ["a", 70_000],
        ["aa", 0],
        ["b", -1],
    ])
        await db.put("records", key, key);
    assert.deepEqual(await db.getAllKeys("records", recordsOf("a")), [
        ["a", -1],
        ["a", 0],
        ["a", 70_000],
    ]);
});

/** A phone of somebody's, with something in every store. */
async function isSomebodys() {
    for (const key of ["epoch", "identity", "machine", "settings", "papers", "lock", "set_aside", "told_push"])
        await writeValue(db, key, { of: key, name: "Tides", seen: true, sharing: true });
    await db.put("notes", { id: "n", at: 1, words: "It was easier." });
    await db.put("partings", { note: "You can do this." }, "r");
    await db.put("clips", { key: "k" }, "r");
    await db.put("records", new ArrayBuffer(1), ["r", 0]);
}

test("a removed phone forgets the person, and not who it was until the server has taken its receipts", async () => {
    await isSomebodys();
    await forgetPerson(db);
    assert.deepEqual(await db.getAllKeys("device"), ["epoch", "identity", "machine", "settings"]);
    assert.deepEqual([await db.getAll("notes"), await db.getAll("partings")], [[], []]);
    assert.equal((await db.getAllKeys("clips")).length, 1, "the machine erases these itself, and says so");
    await forgetPhone(db);
    assert.deepEqual(await db.getAllKeys("device"), ["removed", "settings"]);
    const { name, seen, sharing } = await readValue(db, "settings");
    assert.deepEqual({ name, seen, sharing }, { name: "Tides", seen: false, sharing: false });
    for (const store of ["clips", "records", "partings", "notes"]) assert.deepEqual(await db.getAll(store), [], store);
});

// A phone whose disk is full, and one whose browser has taken something back.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Cast } from "../stage/cast.mjs";
import { until } from "../stage/until.mjs";

let [stage, cast] = [];
beforeEach(async () => {
    cast = await Cast.open();
    ({ stage } = cast);
});
afterEach(() => cast.close());

test("what the browser took back is found, and fetched anew", async () => {
    const { phone } = await cast.phoneWith();
    const before = await phone.stored();
    await phone.page.evaluate(
        () =>
            new Promise((resolve) => {
                const opening = indexedDB.open("refrain");
                opening.onsuccess = () => {
                    const tx = opening.result.transaction("records", "readwrite");
                    tx.objectStore("records").openCursor(null, "prev").onsuccess = ({ target }) =>
                        target.result.delete();
                    tx.oncomplete = () => {
                        opening.result.close();
                        resolve();
                    };
                };
            }),
    );
    await phone.page.reload();
    await phone.ready();
    assert.deepEqual((await phone.stored()).rows, before.rows);
    await phone.plays();
});

test("on a full disk what has ended goes all the same, and a clip that finds no room is not fetched again and again", async () => {
    const { phone, release } = await cast.phoneWith();
    const { usage } = await phone.page.evaluate(() => navigator.storage.estimate());
    /** Opens the app anew on a phone with so much room: a browser looks how much there is when it begins to write. */
    const opens = async (room, { leases = true } = {}) => {
        await phone.restart({ page: "about:blank" });
        if (!leases) await phone.context.route("**/v1/device/leases", (route) => route.abort());
        const cdp = await phone.context.newCDPSession(phone.page);
        await cdp.send("Storage.overrideQuotaForOrigin", { origin: stage.base, quotaSize: Math.max(usage + room, 1) });
        await phone.page.goto(`${stage.base}/`);
    };
    // Room for what is small, and not for a clip.
    await opens(150_000);
    await phone.ready();
    const asked = () => phone.asked.filter((url) => url.includes("/v1/device/clips/")).length;
    const before = asked();
    await stage.release();
    await phone.page.reload();
    await phone.reads("This phone is full.");
    await phone.isAccessible();
    const tried = asked();
    assert.ok(tried > before, "it was tried");
    for (let beat = 0; beat < 4; beat += 1) {
        await phone.comesOnline();
        await phone.isQuiet();
    }
    assert.equal(asked(), tried, "and not again in this run");

    // Room for nothing: not even for saying who drives. What it is leased meanwhile it could not keep, and the therapist would
    // be told so until it has run out: the shelf alone says what ends.
    await opens(-usage, { leases: false });
    await phone.heading("Your clips");
    await phone.reads("This phone is full.");
    assert.equal(await phone.page.getByText("It is open in another window.").count(), 0);
    assert.equal(await writes(phone), "QuotaExceededError");
    const kept = await phone.stored();
    assert.ok(kept.rows.records > 0);
    await stage.ask("revoke", { release });
    await until(async () => (await phone.stored()).rows.records === 0, "it has gone");
    assert.equal((await phone.stored()).rows.clips, 1, "the key of the one that found no room");
    await phone.reads("A clip has come to an end.");
    await phone.restart();
    await until(() => cast.knows(release, "wiped"), "told that it is gone");
    await phone.ready();
});

/** Writes something into the app's store; gives what is said against it. */
function writes(phone) {
    return phone.page.evaluate(
        () =>
            new Promise((resolve) => {
                const opening = indexedDB.open("refrain");
                opening.onsuccess = () => {
                    const tx = opening.result.transaction("device", "readwrite");
                    tx.objectStore("device").put("x".repeat(1_000), "tried");
                    tx.oncomplete = tx.onabort = () => {
                        opening.result.close();
                        resolve(tx.error?.name);
                    };
                };
            }),
    );
}

// The companion in WebKit, the engine of every iPhone, as far as its GTK port goes.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Cast } from "../stage/cast.mjs";
import { until } from "../stage/until.mjs";
import { WebKit } from "../stage/webkit.mjs";

let [stage, cast] = [];
beforeEach(async () => {
    cast = await Cast.open();
    ({ stage } = cast);
});
afterEach(() => cast.close());

test("in WebKit a clip comes, plays, is there after a reload without a server, and is taken back for good", async () => {
    const phone = cast.closes(await WebKit.open(`${stage.base}/`));
    await phone.heading("Something to come back to");
    await phone.tap("Tides");
    await phone.tap("That's me");
    await phone.heading("Put Tides on your phone");
    await phone.tap("Go on without");
    await phone.fill("Code", (await stage.ask("invite")).toLowerCase());
    await phone.fill("What do you call this phone?", "Ben's phone");
    await phone.tap("Connect");
    await phone.heading("What Ada Testperson sees");
    await phone.tap("All right");
    await phone.heading("A code of your own?");
    await phone.tap("Not now");
    await phone.heading("Your clips");
    await stage.ask("confirm");
    const release = await stage.release();
    await phone.reload();
    await phone.reads("Works without internet until");
    await until(() => cast.knows(release, "ready"), "told that it is ready");
    await phone.tap("Play Breathing");
    await phone.holds(() => Number(document.querySelector(".where input")?.value) >= 1);
    await phone.tap("Stop it now");

    await stage.ask("stop");
    await phone.reload();
    await phone.tap("Play Breathing");
    await phone.holds(() => Number(document.querySelector(".where input")?.value) >= 2);
    await stage.ask("start");
    await stage.ask("revoke", { release });
    // It stops in the middle of a word, as soon as the server is found again.
    await phone.heading("Not now");
    await phone.tap("Back to my clips");
    await phone.tap("There is a note for you");
    await phone.reads("You can do this without the recording now. See you on Monday.");
    const left = await phone.evaluate(async () => {
        const db = await new Promise((resolve) => {
            const opening = indexedDB.open("refrain");
            opening.onsuccess = () => resolve(opening.result);
        });
        const count = (store) =>
            new Promise((resolve) => {
                const counting = db.transaction(store).objectStore(store).count();
                counting.onsuccess = () => resolve(counting.result);
            });
        const rows = [await count("clips"), await count("records")];
        db.close();
        return rows;
    });
    assert.deepEqual(left, [0, 0]);
    await until(() => cast.knows(release, "wiped"), "told that it is gone");
});

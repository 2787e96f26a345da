// The companion in WebKit, the engine of every iPhone, as far as its GTK port goes.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stage } from "./stage.mjs";
import { until } from "./until.mjs";
import { WebKit } from "./webkit.mjs";

let stage;
before(async () => {
    stage = await Stage.open();
});
after(() => stage?.close());

test("in WebKit a clip comes, plays, is there after a reload without a server, and is taken back for good", async (t) => {
    const phone = await WebKit.open(`${stage.base}/`);
    t.after(() => phone.close());
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
    await until(() => knows(release, "ready"), "told that it is ready");
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
    await until(() => knows(release, "wiped"), "told that it is gone");
});

async function knows(release, state) {
    const { devices } = await stage.ask("truth", { release });
    return devices.some(({ known }) => known === state);
}

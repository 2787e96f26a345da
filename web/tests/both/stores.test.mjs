// What a browser does to the stores of both apps: it closes them under an open page, and one app meets what the other keeps.
// The rest of that rule is in `rules/store.test.mjs`.

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

/** Collects every database that a page opens. */
const collects = (context) =>
    context.addInitScript(() => {
        globalThis.databases = [];
        const open = IDBFactory.prototype.open;
        IDBFactory.prototype.open = function (...names) {
            const opening = open.apply(this, names);
            opening.addEventListener("success", () => globalThis.databases.push(opening.result));
            return opening;
        };
    });

/** The browser closes them without a word, as iOS does in the background. */
const closes = (page) =>
    page.evaluate(() => {
        for (const db of globalThis.databases.splice(0)) db.close();
    });

test("a phone whose browser has closed its store without a word plays, and takes an end that comes over the open line", async () => {
    const { phone, release } = await cast.phoneWith();
    await collects(phone.context);
    await phone.page.reload();
    await phone.ready();
    await phone.isQuiet();
    await phone.page.evaluate(() => {
        globalThis.isSamePage = true;
    });
    await closes(phone.page);
    await phone.plays();
    await phone.tap("Stop it now");
    await phone.heading("Your clips");
    await closes(phone.page);
    await stage.ask("revoke", { release });
    await until(() => cast.knows(release, "wiped"), "it is known to have gone");
    const { rows } = await phone.stored();
    assert.deepEqual([rows.clips, rows.records], [0, 0]);
    assert.ok(await phone.page.evaluate(() => globalThis.isSamePage), "nothing was loaded anew");
});

/** A desk that keeps its work on its computer, and has gathered it. */
async function keepsItsWork() {
    const desk = await cast.desk();
    await collects(desk.context);
    await desk.page.reload();
    const gathered = desk.page.waitForResponse(/\/listening$/, { timeout: 60_000 });
    await desk.page.getByLabel("Keep my work on this computer").check();
    await desk.signIn(undefined, { keep: true });
    await gathered;
    await desk.page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
    return desk;
}

test("a desk whose browser has closed its store keeps what it reads afterwards", async () => {
    const desk = await keepsItsWork();
    const things = () =>
        desk.page.evaluate(
            () =>
                new Promise((resolve) => {
                    const opening = indexedDB.open("refrain-console");
                    opening.onsuccess = () => {
                        const counting = opening.result.transaction("things").objectStore("things").count();
                        counting.onsuccess = () => {
                            opening.result.close();
                            resolve(counting.result);
                        };
                    };
                }),
        );
    const before = await things();
    assert.ok(before > 0);
    await closes(desk.page);
    await desk.openClient("Ben Placeholder");
    await desk.tab("Notes");
    await until(async () => (await things()) > before, "notes are kept once they were looked at");
});

test("a companion that is opened in a desk's browser leaves the desk its pages without a network", async () => {
    const desk = await keepsItsWork();
    const companion = await desk.context.newPage();
    await companion.goto(stage.base);
    await companion.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
    await companion.waitForFunction(() => navigator.serviceWorker.controller?.state === "activated");
    assert.ok(
        (await companion.evaluate(() => caches.keys())).some((name) => name.startsWith("shell-")),
        "it has pages of its own",
    );
    await companion.close();
    await desk.context.setOffline(true);
    await desk.page.reload();
    await desk.heading("Good to see you");
});

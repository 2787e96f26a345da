// What is new is there at once, and until then nothing is said that is not so.

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

const READY = 3_000;
const CONNECT = /Connect once/;
const RESTS = /This clip is resting for now/;

/** From now on whatever the page says is written down, each time that it says something else. */
const listens = (phone) =>
    phone.page.evaluate(() => {
        globalThis.said = [];
        const look = () => {
            const text = document.querySelector("main")?.innerText ?? "";
            if (globalThis.said.at(-1) !== text) globalThis.said.push(text);
        };
        look();
        globalThis.listener?.disconnect();
        globalThis.listener = new MutationObserver(look);
        globalThis.listener.observe(document.body, { childList: true, subtree: true, characterData: true });
    });
const said = (phone) => phone.page.evaluate(() => globalThis.said);

/** Resolves when so many clips are ready; gives how long it took, in milliseconds. */
async function areReady(phone, count, since) {
    await phone.page.waitForFunction((count) => {
        const clips = [...document.querySelectorAll("main .clip")];
        return clips.length === count && clips.every((clip) => /Works without internet until/.test(clip.innerText));
    }, count);
    return performance.now() - since;
}

test("a clip that is shared right after another, and one whose pause is over, are there in three seconds, and nothing false is said until then", async () => {
    const { phone } = await cast.phoneWith();
    await phone.isQuiet();
    await listens(phone);
    let since = performance.now();
    const second = await stage.release();
    const took = await areReady(phone, 2, since);
    assert.ok(took < READY, `the second clip: ${took} ms`);
    for (const text of await said(phone)) assert.doesNotMatch(text, CONNECT);

    const { hold } = await stage.ask("hold", { release: second });
    await phone.reads(RESTS);
    assert.doesNotMatch((await said(phone)).join("\n"), CONNECT);
    await listens(phone);
    const { client } = await stage.ask("case");
    since = performance.now();
    await stage.ask("call", { method: "POST", path: `/v1/clients/${client}/lifts`, body: { holds: [hold] } });
    const back = await areReady(phone, 2, since);
    assert.ok(back < READY, `after its pause: ${back} ms`);
    const texts = await said(phone);
    assert.doesNotMatch(texts.join("\n"), CONNECT);
    // It rests until the shelf says otherwise, and then no more.
    const rested = texts.map((text) => RESTS.test(text));
    assert.equal(
        rested.lastIndexOf(true) + 1,
        rested.includes(false) ? rested.indexOf(false) : rested.length,
        texts.join("\n---\n"),
    );
});

test("while its lease is on its way a clip is getting ready, on its card and on its page, and who waits there may play it", async () => {
    const { phone } = await cast.phoneWith();
    await phone.isQuiet();
    const held = [];
    let isHeld = true;
    await phone.page.route("**/v1/device/leases", (route) => (isHeld ? held.push(route) : route.continue()));
    await listens(phone);
    await stage.release();
    await phone.reads("Getting ready …");
    await phone.isAccessible();
    await phone.tap("Play A clip");
    await phone.heading("Not now");
    await phone.reads("It is getting ready. Shall we breathe meanwhile?");
    assert.doesNotMatch((await said(phone)).join("\n"), CONNECT);
    // Held first: a phone that asks after the gate is open is never held.
    await until(() => held.length > 0, "it was asked for");
    isHeld = false;
    for (const route of held) await route.continue();
    await phone.reads("It is ready now.");
    await phone.isAccessible();
    await phone.tap("Play");
    await phone.button("Pause").waitFor();
    await phone.tap("Stop it now");
    await phone.heading("Your clips");
});

test("what takes less at once than a phone has to say is told everything all the same", async () => {
    const { phone, release } = await cast.phoneWith();
    await phone.page.route("**/v1/device/receipts", (route) => route.abort());
    const more = [release, await stage.release(), await stage.release()];
    await areReady(phone, 3, 0);
    for (const one of more) await stage.ask("revoke", { release: one });
    await until(async () => (await phone.stored()).rows.clips === 0, "all have gone");
    await phone.page.unroute("**/v1/device/receipts");
    const lengths = [];
    await phone.page.route("**/v1/device/receipts", (route) => {
        const { receipts } = route.request().postDataJSON();
        lengths.push(receipts.length);
        return receipts.length > 2
            ? route.fulfill({ status: 413, contentType: "text/html", body: "too large" })
            : route.continue();
    });
    await phone.page.evaluate(() => {
        dispatchEvent(new Event("online"));
    });
    const isWiped = async (one) =>
        (await stage.ask("truth", { release: one })).devices.some(({ known }) => known === "wiped");
    for (const one of more) await until(() => isWiped(one), `${one} is known to have gone: ${lengths}`);
    assert.ok(lengths[0] > 2, `${lengths}`);
});

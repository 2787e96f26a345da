// Of two windows one drives.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Cast } from "../stage/cast.mjs";

let [stage, cast] = [];
beforeEach(async () => {
    cast = await Cast.open();
    ({ stage } = cast);
});
afterEach(() => cast.close());

test("of two windows one drives, and the other says so", async () => {
    const { phone } = await cast.phoneWith();
    const second = await phone.context.newPage();
    phone.watch(second);
    await second.goto(`${stage.base}/`);
    await second.getByText("It is open in another window.").waitFor();
    await second.getByRole("button", { name: "Use it here" }).click();
    await second.getByRole("button", { name: "Play Breathing" }).waitFor();
    await phone.reads("It is open in another window.");
    await phone.isAccessible();
});

test("a window that was overtaken shows nothing any more of what has gone meanwhile", async () => {
    const { phone, release } = await cast.phoneWith();
    const second = await phone.context.newPage();
    phone.watch(second);
    await second.goto(`${stage.base}/`);
    await second.getByRole("button", { name: "Use it here" }).click();
    await second.getByRole("button", { name: "Play Breathing" }).waitFor();
    await stage.ask("revoke", { release });
    await second.getByText("A clip has come to an end.").waitFor();
    await phone.reads("It is open in another window.");
    await phone.page.evaluate(() => {
        globalThis.shown = [];
        new MutationObserver(() => globalThis.shown.push(document.body.textContent)).observe(document.body, {
            childList: true,
            subtree: true,
        });
    });
    await phone.tap("Use it here");
    await phone.reads("A clip has come to an end.");
    const shown = await phone.page.evaluate(() => globalThis.shown.filter((text) => text.includes("Breathing")));
    assert.deepEqual(shown, [], "not for a moment");
});

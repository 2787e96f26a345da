// A code of one's own.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Cast } from "../stage/cast.mjs";
import { changeKept } from "../stage/kept.mjs";
import { until } from "../stage/until.mjs";

let [stage, cast] = [];
beforeEach(async () => {
    cast = await Cast.open();
    ({ stage } = cast);
});
afterEach(() => cast.close());

const CODE = "482913";

/** Changes how long the next try has to wait, in milliseconds from now. */
function waitsFor(phone, milliseconds) {
    return changeKept(phone.page, "lock", { until: Date.now() + milliseconds });
}

test("a code of one's own keeps out who holds the phone, and keeps nothing from ending", async () => {
    const { phone, release } = await cast.phoneWith();
    await phone.mine("Sound, touch and language");
    await phone.tap("A code for this app");
    await phone.heading("A code for this app");
    await phone.isAccessible();
    const set = async (one, two) => {
        await phone.page.getByLabel("At least six numbers").fill(one);
        await phone.page.getByLabel("Once more").fill(two);
        await phone.tap("Use this code");
    };
    await set("12345", "12345");
    await phone.reads("At least six numbers, please.");
    await set(CODE, "482914");
    await phone.reads("The two are not the same yet.");
    await set(CODE, CODE);
    await phone.heading("Sound, touch and language");
    assert.deepEqual(await phone.whereIs(CODE), [], "it is kept nowhere as it was typed");

    // In flight mode after a cold start, as at three in the morning.
    await phone.restart({ offline: true });
    await phone.heading("Good that you are here.");
    assert.equal(await phone.page.getByText("Breathing").count(), 0, "nothing of the shelf is behind the curtain");
    await phone.isAccessible();
    await phone.page.locator(".to-breathe").click();
    await phone.reads("Nothing is counted here.");
    await phone.tap("That's enough");
    await phone.tap("Help");
    await phone.reads("Call 030 000002");
    await phone.page.getByRole("link", { name: "Home" }).click();
    await phone.heading("Good that you are here.");
    const tries = async (code) => {
        await phone.page.getByLabel("Your code").fill(code);
        await phone.tap("Open");
    };
    for (const wrong of ["111111", "222222"]) {
        await tries(wrong);
        await phone.reads("That isn't it.");
    }
    await tries("333333");
    await phone.reads(/Let's wait \d seconds/);
    // Closing the app does not shorten it, however long this machine takes to open it again.
    await waitsFor(phone, 60_000);
    await phone.restart({ offline: true });
    await phone.reads(/Let's wait \d+ seconds/);
    await phone.page.getByLabel("Your code").fill(CODE);
    assert.ok(await phone.button("One moment …").isDisabled(), "not even the right one is looked at");
    // Nearly all of it has gone by.
    await waitsFor(phone, 2_000);
    await phone.page.reload();
    await phone.page.getByLabel("Your code").fill(CODE);
    await phone.button("Open").waitFor();
    await tries(CODE);
    await phone.heading("Your clips");

    // What plays goes on behind it, and can be stopped there.
    await phone.plays();
    const away = (state, by) =>
        phone.page.evaluate(
            ([state, by]) => {
                const honest = Date.now;
                Date.now = () => honest() + by;
                Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
                document.dispatchEvent(new Event("visibilitychange"));
                // The clock that clips are played by stays as it is.
                Date.now = honest;
            },
            [state, by],
        );
    await away("hidden", 0);
    await away("visible", 60_000);
    await phone.button("Pause").waitFor();
    await away("hidden", 0);
    await away("visible", 180_000);
    await phone.heading("Good that you are here.");
    await phone.button("Stop it now").waitFor();
    assert.equal(await phone.page.evaluate(() => navigator.mediaSession.playbackState), "playing");
    await phone.tap("Stop it now");

    // A curtain delays no end.
    await phone.restart();
    await phone.heading("Good that you are here.");
    await stage.ask("revoke", { release });
    await until(async () => (await phone.stored()).rows.clips === 0, "it is removed behind the curtain");
    await until(() => cast.knows(release, "wiped"), "and told");
    await tries(CODE);
    await phone.reads("A clip has come to an end.");

    // It is not taken away by somebody who found the app open; and it is by whoever knows it.
    await phone.mine("Sound, touch and language");
    await phone.tap("A code for this app It is asked for");
    await phone.page.getByLabel("Your code").fill("111111");
    await phone.tap("Don't ask for it any more");
    await phone.reads("That isn't it.");
    await phone.page.getByLabel("Your code").fill(CODE);
    await phone.isAccessible();
    await phone.tap("Don't ask for it any more");
    await phone.heading("Sound, touch and language");
    await phone.page.reload();
    await phone.heading("Your clips");
});

test("a forgotten code costs a call: the phone is removed, and begins again with a fresh code", async () => {
    const phone = await cast.phone();
    await phone.pair(await stage.ask("invite"), { lock: CODE });
    const { devices } = await stage.ask("confirm");
    await phone.page.reload();
    await phone.heading("Good that you are here.");
    await phone.tap("I don't know it any more");
    await phone.reads("Call the practice: they remove this phone");
    await phone.isAccessible();
    await stage.ask("remove", { device: devices.at(-1).device });
    await phone.page.reload();
    await phone.heading("This phone has been removed.");
    await phone.tap("Begin again");
    await phone.heading("Your code");
    await phone.reads("Twelve letters and numbers");
});

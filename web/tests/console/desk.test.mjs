// The desk itself: signing in, by keyboard, by night, in the other language, and locked.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Cast } from "../stage/cast.mjs";

const CLIENT = "Ben Placeholder";

let [stage, cast, desk] = [];
beforeEach(async () => {
    cast = await Cast.open();
    ({ stage } = cast);
    desk = await cast.desk();
});
afterEach(() => cast.close());

test("signing in: a wrong password says so, and where nobody can yet, the page says the command", async () => {
    await desk.isAccessible();
    await desk.page.reload();
    await desk.reads("The page was loaded anew, so please sign in again.");
    await desk.page.getByText("Nobody can sign in yet?").click();
    await desk.reads("refrain init");
    await desk.signIn("not the password");
    await desk.reads("That did not fit together.");
    await desk.isAccessible();
    await desk.signIn();
    await desk.heading("Hello, Ada");
    await desk.reads("All done.");
    await desk.isAccessible();
});

test("by keyboard alone: tabs, a dialog, and back to where one was", async () => {
    await desk.signIn();
    await desk.openClient(CLIENT);
    const press = (key) => desk.page.keyboard.press(key);
    // The page answers a key when it has drawn; what it says a moment before that decides nothing.
    const focuses = (text) =>
        desk.page.waitForFunction((wanted) => document.activeElement?.textContent === wanted, text);
    await focuses(CLIENT);
    const focused = () => desk.page.evaluate(() => document.activeElement?.textContent);
    for (let steps = 0; (await focused()) !== "Clips"; steps += 1) {
        assert.ok(steps < 6, "the tabs are a few steps away");
        await press("Tab");
    }
    await press("ArrowRight");
    await desk.page.getByRole("tab", { selected: true, name: "Sessions and papers" }).waitFor();
    await focuses("Sessions and papers");
    await desk.button("Enter a session").waitFor();
    await press("Tab");
    await focuses("Enter a session");
    await press("Enter");
    await desk.dialog("Enter a session").waitFor();
    await desk.page.waitForFunction(() => document.activeElement?.closest("dialog"));
    await press("Escape");
    await desk.page.locator("dialog").waitFor({ state: "detached" });
    await focuses("Enter a session");
});

test("by night, and on a tablet", async () => {
    await desk.page.emulateMedia({ colorScheme: "dark" });
    await desk.page.setViewportSize({ width: 820, height: 1180 });
    const release = await stage.release({ planned_daily: 1 });
    await stage.ask("listen", { release });
    await desk.signIn();
    await desk.openClient(CLIENT);
    for (const tab of ["Sessions and papers", "Letters", "Phones", "Listened", "Clips"]) {
        await desk.tab(tab);
        await desk.isAccessible();
    }
    assert.ok(
        await desk.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
        "nothing stands out at the side",
    );
});

test("the other language, with nothing left in the first", async () => {
    await desk.signIn();
    await desk.tap("Deutsch");
    await desk.heading("Hallo, Ada");
    assert.equal(await desk.page.evaluate(() => document.documentElement.lang), "de");
    await desk.isAccessible();
    await desk.tap("English");
});

test("a desk that nobody touches is locked, shows no name, and comes back to where it was", async () => {
    // Before any timer of the page begins.
    await desk.page.clock.install();
    await desk.signIn();
    await desk.tap("Deutsch");
    await desk.tap("English");
    await desk.openClient(CLIENT);
    await desk.page.clock.fastForward(9 * 60_000);
    await desk.page.keyboard.press("Shift");
    await desk.page.clock.fastForward(9 * 60_000);
    await desk.heading(CLIENT);
    await desk.page.clock.fastForward(2 * 60_000);
    await desk.reads("The desk was locked after ten quiet minutes.");
    assert.ok(!(await desk.page.content()).includes("Placeholder"));
    await desk.isAccessible();
    await desk.signIn();
    await desk.heading(CLIENT);
    const kept = await desk.page.evaluate(async () => [
        sessionStorage.length,
        Object.keys(localStorage),
        (await indexedDB.databases()).length,
        (await caches.keys()).length,
    ]);
    assert.deepEqual(kept, [0, ["console.language"], 0, 0]);
    await desk.page.reload();
    await desk.heading("Good to see you");
    assert.ok(!(await desk.page.content()).includes("Placeholder"));
});

// What a person may know and do for themself on their own phone: another phone, who did what, what is shared, a code of
// their own, one clip and one button, sessions and papers.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Cast } from "./cast.mjs";
import { Stage } from "./stage.mjs";
import { until } from "./until.mjs";

let [stage, cast] = [];
before(async () => {
    stage = await Stage.open();
    cast = new Cast(stage);
});
after(() => stage.close());

const CODE = "482913";

test("a new phone comes by a code of the old one, waits for the therapist, and is shown where it was not asked for", async (t) => {
    const { phone } = await cast.phoneWith(t, {});
    await phone.mine("This phone");
    await phone.tap("Add another phone");
    await phone.heading("Another phone");
    await phone.reads(/It works once, until today|It works once, until tomorrow/);
    await phone.isAccessible();
    const code = await phone.page.locator(".code.shown").textContent();
    assert.match(code, /^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/);
    assert.deepEqual(await phone.whereIs(code), [], "it is kept nowhere");
    const next = await cast.phoneOf(t);
    await next.pair(code, { name: "The new phone" });
    await next.reads("Ada Testperson still has to say yes to this phone.");
    // Until then it is anybody's, and reads nothing of theirs.
    await next.mine("Who did what");
    await next.reads("Ada Testperson still has to say yes to this phone. Then it is here.");
    await next.mine("This phone");
    await next.tap("Add another phone");
    await next.reads("Ada Testperson still has to say yes to this phone. Then it is here.");
    await phone.heading("“The new phone” is here.");
    await phone.isAccessible();
    await phone.tap("Done");
    await stage.ask("confirm");
    await next.page.reload();
    await next.ready();
    await next.plays();

    // One that somebody else has added meanwhile.
    const strange = await cast.phoneOf(t);
    await strange.pair(await stage.ask("invite"), { name: "A strange phone" });
    await phone.page.reload();
    await phone.reads("“A strange phone” was added to your phones.");
    await phone.isAccessible();
    await phone.tap("I don't know it");
    const card = phone.page.locator(".card", { hasText: "A strange phone" });
    await card.getByRole("button", { name: "Remove" }).click();
    await card.getByRole("button", { name: "Remove" }).click();
    await card.waitFor({ state: "detached" });
    await strange.page.reload();
    await strange.heading("This phone has been removed.");
    await phone.page.getByRole("link", { name: "Home" }).click();
    assert.equal(await phone.page.getByText("was added to your phones").count(), 0);
});

test("who did what is told by the day, and of a pause, fewer plays and an end the same", async (t) => {
    const { phone, release } = await cast.phoneWith(t, { daily_limit: 5 });
    const changed = () => phone.page.getByText(/^Ada Testperson changed /).count();
    const opens = async () => {
        await phone.mine("Who did what");
        await phone.reads("Ada Testperson shared");
    };
    await opens();
    await phone.reads("Ada Testperson shared “Breathing” with you.");
    await phone.reads("You agreed to: ");
    await phone.isAccessible();
    const before = await changed();
    await stage.ask("call", {
        method: "PATCH",
        path: `/v1/releases/${release}`,
        body: { set: { daily_limit: 1 }, over: [] },
    });
    await opens();
    await phone.reads("Ada Testperson changed “Breathing”.");
    assert.equal(await changed(), before + 1);
    await stage.ask("hold", { release });
    await stage.ask("call", {
        method: "POST",
        path: `/v1/clients/${(await stage.ask("case")).client}/revocations`,
        body: { on: { release }, observation: { kind: "fixation", reason: "Leans on it." } },
    });
    await phone.page.getByRole("link", { name: "Home" }).click();
    await phone.reads("A clip has come to an end.");
    await opens();
    assert.equal(await changed(), before + 1, "three of one day are one");
    const said = await phone.page.locator("main").textContent();
    assert.doesNotMatch(said, /\d\d?[:.]\d\d|o'clock|morning|evening|lean/i, "no hour, and no reason");
});

test("the switch tells the truth on every phone, and a word that is not sent yet wins", async (t) => {
    const { phone } = await cast.phoneWith(t, {});
    const other = await cast.phoneOf(t);
    await other.pair(await stage.ask("invite"), { name: "The other phone" });
    await stage.ask("confirm");
    const shows = async (one, on) => {
        await one.mine("My listening");
        await one.page.locator(`[role=switch][aria-checked=${on}]`).waitFor();
    };
    const turns = (one) => one.page.getByRole("switch").click();
    const shared = async () => (await stage.ask("listening")).shared;
    await shows(phone, false);
    await turns(phone);
    await until(shared, "it is shared");
    await shows(other, true);
    await turns(other);
    await until(async () => !(await shared()), "it is not shared any more");
    await shows(phone, false);

    await phone.context.setOffline(true);
    await turns(phone);
    await shows(phone, true);
    await phone.context.setOffline(false);
    await until(shared, "it has arrived");
    await shows(phone, true);
    // Said in the room, it holds on the phone, and can be said anew there.
    await cast.saysInTheRoom("share_practice_data");
    await shows(phone, false);
    await turns(phone);
    await until(shared, "it is shared again");
});

test("a code of one's own keeps out who holds the phone, and keeps nothing from ending", async (t) => {
    const { phone, release } = await cast.phoneWith(t, {});
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
    await phone.page.evaluate(
        () =>
            new Promise((resolve) => {
                const opening = indexedDB.open("refrain");
                opening.onsuccess = () => {
                    const store = opening.result.transaction("device", "readwrite").objectStore("device");
                    store.get("lock").onsuccess = ({ target }) => {
                        store.put({ ...target.result, until: target.result.until + 15_000 }, "lock").onsuccess = () => {
                            opening.result.close();
                            resolve();
                        };
                    };
                };
            }),
    );
    await phone.restart({ offline: true });
    await phone.reads(/Let's wait \d+ seconds/);
    await phone.page.getByLabel("Your code").fill(CODE);
    assert.ok(await phone.button("One moment …").isDisabled(), "not even the right one is looked at");
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
    await until(
        async () => (await stage.ask("truth", { release })).devices.some(({ known }) => known === "wiped"),
        "and told",
    );
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

test("a forgotten code costs a call: the phone is removed, and begins again with a fresh code", async (t) => {
    const phone = await cast.phoneOf(t);
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

test("one clip, one button, breathing and help; and the way back", async (t) => {
    const { phone } = await cast.phoneWith(t, {});
    const second = await stage.release();
    t.after(() => stage.ask("revoke", { release: second }));
    await phone.page.locator(".clip").nth(1).waitFor();
    await phone.mine("Sound, touch and language");
    await phone.page.getByRole("switch", { name: "One clip, one button" }).click();
    await phone.page.getByRole("link", { name: "Home" }).click();
    await phone.page.locator(".one").waitFor();
    assert.equal(await phone.page.getByRole("button").count(), 2, "breathing, and one clip");
    assert.equal(await phone.page.getByRole("link").count(), 2, "home, and help");
    await phone.isAccessible();
    await phone.restart({ offline: true });
    await phone.plays();
    await phone.tap("Stop it now");
    await phone.page.getByRole("link", { name: "Help" }).click();
    await phone.tap("Show everything again");
    await phone.page.locator(".clip").nth(1).waitFor();
    // Pages that come later are there without a network, too.
    await phone.mine("My notes");
    await phone.reads("These stay on this phone.");
});

test("a client reads their sessions and papers, and changes their mind with two taps", async (t) => {
    const { phone, release } = await cast.phoneWith(t, {});
    await phone.mine("My sessions and papers");
    await phone.reads("Monday, 16 November");
    await phone.reads(/made on \d/);
    await phone.reads("clips for you between sessions");
    await phone.tap("Read the paper");
    await phone.reads("Clips of our sessions may be shared with you.");
    await phone.isAccessible();
    await phone.tap("Change my mind");
    await phone.reads("One clip comes to an end on all your phones, for good.");
    await phone.isAccessible();
    await phone.tap("Leave it as it is");
    await phone.tap("Change my mind");
    await phone.tap("Yes, change my mind");
    await phone.reads("It is done. You don't have to explain.");
    await phone.reads("changed your mind on");
    await until(
        async () => (await stage.ask("truth", { release })).devices.some(({ known }) => known === "wiped"),
        "it has ended",
    );
    await phone.page.getByRole("link", { name: "Home" }).click();
    await phone.reads("A clip has come to an end.");
    await phone.mine("Who did what");
    await phone.reads("You changed your mind about: ");
});

// A phone that is removed: by another one of the same person, and by the practice.

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

test("a lost phone is removed by another one of the same person, not by one tap", async () => {
    const { phone, release } = await cast.phoneWith();
    const lost = await cast.phone();
    await lost.pair(await stage.ask("invite"), { name: "The lost phone" });
    await stage.ask("confirm");
    await lost.page.reload();
    await lost.ready();
    await phone.page.getByRole("link", { name: "Mine" }).click();
    await phone.tap("This phone");
    const card = phone.page.locator(".card", { hasText: "The lost phone" });
    await card.getByRole("button", { name: "Remove" }).click();
    await phone.isAccessible();
    await card.getByRole("button", { name: "Remove" }).click();
    await card.waitFor({ state: "detached" });
    await lost.page.reload();
    await lost.heading("This phone has been removed.");
    assert.equal((await lost.stored()).rows.clips, 0);
    assert.ok((await stage.ask("truth", { release })).devices.length > 1);
});

test("a phone that is removed keeps nothing but breathing", async () => {
    const { phone } = await cast.phoneWith();
    const { devices } = await stage.ask("confirm");
    await stage.ask("remove", { device: devices.at(-1).device });
    await phone.page.reload();
    await phone.heading("This phone has been removed.");
    await phone.page.locator(".breathing .orb").waitFor();
    const left = await phone.stored();
    assert.deepEqual([left.rows.clips, left.rows.records], [0, 0]);
    await phone.isAccessible();
    await phone.tap("Begin again");
    await phone.heading("Your code");
});

test("a phone that is removed says so at once, and keeps no word of anybody", async () => {
    const { phone } = await cast.phoneWith();
    await phone.plays();
    await phone.leaps(10);
    await phone.isAt(11);
    await phone.tap("Stop it now");
    await phone.page.getByRole("link", { name: "Ask" }).click();
    await phone.page.getByLabel("Or in your own words").fill("Could we talk about Tuesday?");
    await phone.tap("Send");
    await phone.reads("Arrived");
    await phone.mine("My notes");
    await phone.page.getByLabel("What would you like to keep?").fill("It was easier today.");
    await phone.tap("Keep");
    await phone.reads("It was easier today.");
    const words = [
        "It was easier today.",
        "Could we talk about Tuesday?",
        "Ada Testperson",
        "030 00000",
        "Ben's phone",
    ];
    const { rows } = await phone.stored();
    assert.ok(rows.notes === 1 && rows.partings === 1 && rows.device > 8, JSON.stringify(rows));

    // What it has to say of its clips cannot be said yet.
    await phone.page.route("**/v1/device/receipts", (route) => route.abort());
    const { devices } = await stage.ask("confirm");
    await stage.ask("remove", { device: devices.at(-1).device });
    await phone.page.reload();
    await phone.heading("This phone has been removed.");
    const left = (await phone.stored()).rows;
    assert.deepEqual(left, { clips: 0, device: 4, notes: 0, partings: 0, records: 0, seal: 2 });
    for (const one of words) assert.deepEqual(await phone.whereIs(one), [], one);
    await phone.context.addInitScript(() => {
        globalThis.heads = [];
        new MutationObserver(() => globalThis.heads.push(document.querySelector("h1")?.textContent)).observe(document, {
            childList: true,
            subtree: true,
        });
    });
    await phone.page.reload();
    await phone.heading("This phone has been removed.");
    const heads = await phone.page.evaluate(() => [...new Set(globalThis.heads.filter(Boolean))]);
    assert.deepEqual(heads, ["This phone has been removed."], "nothing else was shown before");

    await phone.page.unroute("**/v1/device/receipts");
    await phone.comesOnline();
    await until(async () => (await phone.stored()).rows.device === 2, "who it was goes when all is told");
    assert.deepEqual((await phone.stored()).rows, { clips: 0, device: 2, notes: 0, partings: 0, records: 0, seal: 2 });
    await phone.page.reload();
    await phone.heading("This phone has been removed.");
    await phone.isAccessible();
    await phone.tap("Begin again");
    await phone.heading("Your code");
});

test("who removes a lost phone is told whether it was done", async () => {
    const { phone } = await cast.phoneWith();
    const lost = await cast.phone();
    await lost.pair(await stage.ask("invite"), { name: "The lost phone" });
    await phone.mine("This phone");
    const card = phone.page.locator(".card", { hasText: "The lost phone" });
    const removes = () => card.getByRole("button", { name: "Remove" }).click();
    await card.waitFor();
    await phone.context.setOffline(true);
    await removes();
    await removes();
    await phone.reads("No connection just now: “The lost phone” is still there.");
    await phone.isAccessible();
    await phone.context.setOffline(false);
    await removes();
    await card.waitFor({ state: "detached" });
    await phone.reads("“The lost phone” was removed.");

    // One that nobody has said yes to removes no other.
    const strange = await cast.phone();
    await strange.pair(await stage.ask("invite"), { name: "A strange phone" });
    await strange.mine("This phone");
    const mine = strange.page.locator(".card", { hasText: "Ben's phone" }).first();
    await mine.getByRole("button", { name: "Remove" }).click();
    await mine.getByRole("button", { name: "Remove" }).click();
    await strange.reads("Ada Testperson still has to say yes to this phone. Until then, call.");
});

// What a person may know and do for themself on their own phone: another phone, who did what, what is shared, one clip and one
// button, sessions and papers.

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

test("a new phone comes by a code of the old one, waits for the therapist, and is shown where it was not asked for", async () => {
    const { phone } = await cast.phoneWith();
    await phone.mine("This phone");
    await phone.tap("Add another phone");
    await phone.heading("Another phone");
    await phone.reads(/It works once, until today|It works once, until tomorrow/);
    await phone.isAccessible();
    const code = await phone.page.locator(".code.shown").textContent();
    assert.match(code, /^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/);
    assert.deepEqual(await phone.whereIs(code), [], "it is kept nowhere");
    const next = await cast.phone();
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
    const strange = await cast.phone();
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

test("who did what is told by the day, and of a pause, fewer plays and an end the same", async () => {
    const { phone, release } = await cast.phoneWith({ daily_limit: 5 });
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

test("the switch tells the truth on every phone, and a word that is not sent yet wins", async () => {
    const { phone } = await cast.phoneWith();
    const other = await cast.phone();
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

test("one clip, one button, breathing and help; and the way back", async () => {
    const { phone } = await cast.phoneWith();
    await stage.release();
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

test("a client reads their sessions and papers, and changes their mind with two taps", async () => {
    const { phone, release } = await cast.phoneWith();
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
    await until(() => cast.knows(release, "wiped"), "it has ended");
    await phone.page.getByRole("link", { name: "Home" }).click();
    await phone.reads("A clip has come to an end.");
    await phone.mine("Who did what");
    await phone.reads("You changed your mind about: ");
});

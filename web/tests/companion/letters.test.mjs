// Letters: kept until they can be sent, sent once, and known to have arrived.

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

test("this doesn't help me: it stops at once, can be taken back, and arrives", async () => {
    const { phone } = await cast.phoneWith();
    await phone.context.setOffline(true);
    await phone.plays();
    await phone.tap("This doesn't help me");
    await phone.heading("All right. It has stopped.");
    await phone.reads("call 030 000002");
    await phone.isAccessible();
    await phone.tap("Take it back");
    await phone.button("Play Breathing").waitFor();
    await phone.plays();
    await phone.tap("This doesn't help me");
    await phone.heading("All right. It has stopped.");
    await phone.context.setOffline(false);
    // Ten minutes later.
    await changeKept(phone.page, "set_aside", { until: 1 });
    // Whatever makes the app look at its clock makes it at once, and several times: the letter is written once.
    await phone.page.evaluate(() => {
        for (let times = 0; times < 3; times += 1) {
            dispatchEvent(new Event("online"));
            document.dispatchEvent(new Event("visibilitychange"));
        }
    });
    await until(async () => (await phone.stored()).rows.clips === 0, "it is removed");
    const isTold = async () => (await stage.ask("duties")).duties.some(({ kind }) => kind === "read_letter");
    await until(isTold, "the letter has arrived");
    await phone.tap("All right");
    await phone.page.getByRole("link", { name: "Ask" }).click();
    await phone.reads("Arrived");
    assert.equal(await phone.page.locator("div.card", { hasText: "This doesn't help me" }).count(), 1);
    await phone.isAccessible();
});

test("a letter in one's own words waits for a network and then arrives; notes stay here", async () => {
    const { phone } = await cast.phoneWith();
    await phone.context.setOffline(true);
    await phone.page.getByRole("link", { name: "Ask" }).click();
    await phone.page.getByLabel("Or in your own words").fill("Could we talk about Tuesday?");
    await phone.tap("Send");
    await phone.reads("On its way");
    await phone.restart();
    await phone.page.getByRole("link", { name: "Ask" }).click();
    await phone.reads("Could we talk about Tuesday?");
    await phone.reads("Arrived");
    await phone.page.getByRole("link", { name: "Mine" }).click();
    await phone.isAccessible();
    await phone.tap("My notes Only on this phone");
    await phone.page.getByLabel("What would you like to keep?").fill("It was easier today.");
    const before = await phone.isQuiet();
    await phone.tap("Keep");
    await phone.reads("It was easier today.");
    assert.equal((await phone.stored()).rows.notes, 1);
    assert.deepEqual(await phone.whereIs("It was easier today."), []);
    await phone.isAccessible();
    assert.equal(phone.framesSent, before, "a note is nobody else's");
});

test("before a phone knows where its letters go, none is taken for sent; and each knows by itself whether it has arrived", async () => {
    const { phone } = await cast.phoneWith();
    await phone.context.setOffline(true);
    await phone.page.getByRole("link", { name: "Ask" }).click();
    for (const words of ["The first one.", "The second one."]) {
        await phone.page.getByLabel("Or in your own words").fill(words);
        await phone.tap("Send");
        await phone.reads(words);
    }
    const card = (words) => phone.page.locator(".card", { hasText: words });
    await card("The first one.").getByText("On its way").waitFor();
    await card("The second one.").getByText("On its way").waitFor();
    await phone.context.setOffline(false);
    await phone.comesOnline();
    await card("The first one.").getByText("Arrived").waitFor();
    await phone.context.setOffline(true);
    await phone.page.getByLabel("Or in your own words").fill("The third one.");
    await phone.tap("Send");
    await card("The third one.").getByText("On its way").waitFor();
    await card("The second one.").getByText("Arrived").waitFor();
    await phone.context.setOffline(false);

    // Paired, and then without a network before it heard where its documents are.
    await phone.page.route("**/v1/device/documents", (route) => route.abort());
    await phone.page.evaluate(
        () =>
            new Promise((resolve) => {
                const opening = indexedDB.open("refrain");
                opening.onsuccess = () => {
                    const tx = opening.result.transaction("device", "readwrite");
                    tx.objectStore("device").delete("papers");
                    tx.oncomplete = () => {
                        opening.result.close();
                        resolve();
                    };
                };
            }),
    );
    await phone.page.reload();
    await phone.page.getByRole("link", { name: "Ask" }).click();
    await phone.page.getByLabel("Or in your own words").fill("Too early.");
    await phone.tap("Send");
    await phone.reads("This phone is not quite ready yet.");
    await phone.isAccessible();
    assert.equal(await phone.page.getByLabel("Or in your own words").inputValue(), "Too early.");
    await phone.page.unroute("**/v1/device/documents");
    const lines = () => phone.asked.filter((url) => url.endsWith("/v1/sync-tickets")).length;
    const before = lines();
    await phone.page.evaluate(() => {
        for (let times = 0; times < 3; times += 1) dispatchEvent(new Event("online"));
    });
    await phone.reads("The first one.");
    await phone.tap("Send");
    await card("Too early.").getByText("Arrived").waitFor();
    assert.equal(lines() - before, 1, "one drives, however often it was asked to begin");
});

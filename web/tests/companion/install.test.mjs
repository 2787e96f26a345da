// The app on the phone: its name and icon, and how it gets there.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Cast } from "../stage/cast.mjs";

let cast;
beforeEach(async () => {
    cast = await Cast.open();
});
afterEach(() => cast.close());

test("on the phone it has the name and the icon of one's own choice, and no server hears the name", async () => {
    const phone = await cast.phone();
    await phone.page.evaluate(() => navigator.serviceWorker.ready);
    await phone.page.getByLabel("What shall it be called on this phone?").fill("Lighthouse");
    await phone.page.getByText("Moon", { exact: true }).click();
    await phone.tap("That's me");
    await phone.heading("Put Lighthouse on your phone");
    await phone.page.reload();
    // The page has read what was chosen: before, it is the first icon of all.
    await phone.page.locator("link[rel=manifest][href*=moon]").waitFor({ state: "attached" });
    const cdp = await phone.context.newCDPSession(phone.page);
    const { data, errors } = await cdp.send("Page.getAppManifest");
    const manifest = JSON.parse(data);
    assert.deepEqual([manifest.name, manifest.icons[0].src, errors], ["Lighthouse", "/icons/moon-192.png", []]);
    assert.deepEqual((await cdp.send("Page.getInstallabilityErrors")).installabilityErrors, []);
    assert.ok(
        phone.asked.every((url) => !url.includes("ighthouse")),
        phone.asked.join(" "),
    );
});

test("a browser's offer to install holds once, and then there are the steps by hand", async () => {
    const phone = await cast.phone();
    await phone.tap("That's me");
    await phone.page.evaluate(() => {
        const offer = new Event("beforeinstallprompt", { cancelable: true });
        let asked = 0;
        offer.prompt = async () => {
            asked += 1;
            if (asked > 1) throw new DOMException("asked before", "InvalidStateError");
            return { outcome: "dismissed" };
        };
        dispatchEvent(offer);
    });
    await phone.tap("Put it there");
    await phone.reads("Open your browser's menu");
    assert.equal(await phone.button("Put it there").count(), 0);
});

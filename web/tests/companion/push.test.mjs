// A push: with the app closed, frozen, or elsewhere.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Cast } from "../stage/cast.mjs";
import { changeKept } from "../stage/kept.mjs";
import { pusher } from "../stage/pusher.mjs";
import { until } from "../stage/until.mjs";

let [stage, cast] = [];
beforeEach(async () => {
    cast = await Cast.open();
    ({ stage } = cast);
});
afterEach(() => cast.close());

test("a wake-up with the app closed takes the clip away and shows one neutral sentence", async () => {
    const { phone, release } = await cast.phoneWith();
    await phone.context.grantPermissions(["notifications"], { origin: stage.base });
    const page = await phone.context.newPage();
    await page.goto("about:blank");
    const push = await pusher(phone, stage.base);
    // A page that is closed in the middle of a write leaves its store locked for a while.
    await until(() => cast.knows(release, "ready"), "told that it is ready");
    await phone.isQuiet();
    await phone.page.close();
    await stage.ask("revoke", { release });
    await push();
    await until(() => cast.knows(release, "wiped"), "told that it is gone");
    phone.page = page;
    phone.watch(page);
    await page.goto(`${stage.base}/`);
    await phone.reads("A clip has come to an end.");
    const left = await phone.stored();
    assert.deepEqual([left.rows.clips, left.rows.records], [0, 0]);
    const shown = await page.evaluate(async () => {
        const shown = await (await navigator.serviceWorker.ready).getNotifications();
        return shown.map(({ title, body }) => [title, body]);
    });
    assert.deepEqual(shown, [["There is something new to see", ""]]);
});

test("a push takes a clip away while the app is frozen in the background, and the app goes on where it is looked at again", async () => {
    const { phone, release } = await cast.phoneWith();
    await phone.context.grantPermissions(["notifications"], { origin: stage.base });
    await phone.page.evaluate(() => navigator.serviceWorker.ready);
    const pushes = await pusher(phone, stage.base);
    // A browser freezes a page as it likes, and its tools do so in part only. A debugger stops it for as long as is wanted.
    // It stops between two steps: in the middle of a write the store would wait for it.
    await until(() => cast.knows(release, "ready"), "told that it is ready");
    await phone.isQuiet();
    const debugging = await phone.context.newCDPSession(phone.page);
    await debugging.send("Debugger.enable");
    const stops = new Promise((resolve) => debugging.once("Debugger.paused", resolve));
    await debugging.send("Debugger.pause");
    let isFrozen = true;
    const goesOn = phone.page
        .evaluate(() => {})
        .then(() => {
            isFrozen = false;
        });
    await stops;
    await stage.ask("revoke", { release });
    await pushes();
    await until(() => cast.knows(release, "wiped"), "told that it is gone");
    assert.ok(isFrozen, "by the worker");
    await debugging.send("Debugger.resume");
    await goesOn;
    await phone.page.bringToFront();
    await phone.reads("A clip has come to an end.");
    assert.equal(await phone.page.getByText("It is open in another window.").count(), 0);
});

test("a push is shown though what the phone keeps is of a newer version, and the app says so in words", async () => {
    const { phone } = await cast.phoneWith();
    await phone.context.grantPermissions(["notifications"], { origin: stage.base });
    await phone.page.evaluate(() => navigator.serviceWorker.ready);
    const push = await pusher(phone, stage.base);
    await phone.isQuiet();
    // A newer version of the app was here, and this one came back.
    await phone.page.evaluate(
        () =>
            new Promise((resolve, reject) => {
                const opening = indexedDB.open("refrain", 999);
                opening.onsuccess = () => resolve(opening.result.close());
                opening.onerror = () => reject(opening.error);
            }),
    );
    await push();
    const worker = phone.context.serviceWorkers()[0];
    const shown = await worker.evaluate(async () =>
        (await self.registration.getNotifications()).map(({ title }) => title),
    );
    assert.deepEqual(shown, ["There is something new to see"]);
    await phone.page.reload();
    await phone.reads("There is a newer Refrain.");
    await phone.page.getByRole("button", { name: "Load again" }).waitFor();
    await phone.page.getByRole("link", { name: "Help" }).click();
    await phone.heading("Help");
});

test("without WebAssembly the app says that it can open no clips, and helps and breathes", async () => {
    const { phone } = await cast.phoneWith();
    await phone.isQuiet();
    await phone.context.addInitScript(() => {
        delete globalThis.WebAssembly;
    });
    await phone.page.reload();
    await phone.reads("This browser can't open your clips.");
    await phone.page.getByRole("link", { name: "Help" }).click();
    await phone.heading("Help");
});

test("a push that is tapped leads to the shelf, wherever the app was", async () => {
    const { phone } = await cast.phoneWith();
    await phone.context.grantPermissions(["notifications"], { origin: stage.base });
    await phone.page.evaluate(() => navigator.serviceWorker.ready);
    await phone.mine("My notes");
    await (await pusher(phone, stage.base))();
    const worker = phone.context.serviceWorkers()[0];
    await until(
        () => worker.evaluate(async () => (await self.registration.getNotifications()).length === 1),
        "it is shown",
    );
    await worker.evaluate(async () => {
        const [notification] = await self.registration.getNotifications();
        self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
    });
    await phone.heading("Your clips");
});

test("an address that the push service has changed is told to the server by the worker", async () => {
    const { phone } = await cast.phoneWith();
    await phone.page.evaluate(() => navigator.serviceWorker.ready);
    const key = await phone.page.evaluate(async () => {
        const { publicKey } = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, false, [
            "deriveBits",
        ]);
        return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.exportKey("raw", publicKey))))
            .replaceAll("+", "-")
            .replaceAll("/", "_")
            .replaceAll("=", "");
    });
    const told = async () => (await changeKept(phone.page, "told_push"))?.endpoint;
    assert.equal(await told(), undefined);
    const worker = phone.context.serviceWorkers()[0];
    await worker.evaluate((p256dh) => {
        const endpoint = "https://push.example.org/another-address";
        const newSubscription = {
            endpoint,
            toJSON: () => ({ endpoint, keys: { p256dh, auth: "AAAAAAAAAAAAAAAAAAAAAA" } }),
        };
        self.dispatchEvent(Object.assign(new ExtendableEvent("pushsubscriptionchange"), { newSubscription }));
    }, key);
    await until(
        async () => (await told())?.endsWith("/another-address"),
        "the server has taken it, and it is kept that it did",
    );
});

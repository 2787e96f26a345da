// What a phone goes through: a full disk, a line that is dead, a page that is frozen, a removal; and nothing is lost, kept or
// said that must not be.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Cast } from "./cast.mjs";
import { pusher } from "./pusher.mjs";
import { Stage } from "./stage.mjs";
import { until } from "./until.mjs";

let [stage, cast] = [];
before(async () => {
    stage = await Stage.open();
    cast = new Cast(stage);
});
after(() => stage.close());

/** What the therapist knows of a clip, on whichever phone. */
const isKnown = async (release, state) =>
    (await stage.ask("truth", { release })).devices.some(({ known }) => known === state);
const comesOnline = (phone) =>
    phone.page.evaluate(() => {
        dispatchEvent(new Event("online"));
    });

test("a phone that is removed says so at once, and keeps no word of anybody", async (t) => {
    const { phone } = await cast.phoneWith(t, {});
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
    const kept = await Promise.all(words.map((one) => phone.whereIs(one)));
    assert.ok(kept.filter((stores) => stores.length > 0).length > 3, "it can be found where it is");

    // What it has to say of its clips cannot be said yet.
    await phone.page.route("**/v1/device/receipts", (route) => route.abort());
    const { devices } = await stage.ask("confirm");
    await stage.ask("remove", { device: devices.at(-1).device });
    await phone.page.reload();
    await phone.heading("This phone has been removed.");
    const left = (await phone.stored()).rows;
    assert.deepEqual([left.clips, left.records, left.notes, left.partings], [0, 0, 0, 0]);
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
    await comesOnline(phone);
    await until(async () => (await phone.stored()).rows.device === 2, "who it was goes when all is told");
    assert.deepEqual((await phone.stored()).rows, { clips: 0, device: 2, notes: 0, partings: 0, records: 0 });
    await phone.page.reload();
    await phone.heading("This phone has been removed.");
    await phone.isAccessible();
    await phone.tap("Begin again");
    await phone.heading("Your code");
});

test("on a full disk what has ended goes all the same, and a clip that finds no room is not fetched again and again", async (t) => {
    const { phone, release } = await cast.phoneWith(t, {});
    const { usage } = await phone.page.evaluate(() => navigator.storage.estimate());
    /** Opens the app anew on a phone with so much room: a browser looks how much there is when it begins to write. */
    const opens = async (room, { leases = true } = {}) => {
        await phone.restart({ page: "about:blank" });
        if (!leases) await phone.context.route("**/v1/device/leases", (route) => route.abort());
        const cdp = await phone.context.newCDPSession(phone.page);
        await cdp.send("Storage.overrideQuotaForOrigin", { origin: stage.base, quotaSize: Math.max(usage + room, 1) });
        await phone.page.goto(`${stage.base}/`);
    };
    // Room for what is small, and not for a clip.
    await opens(150_000);
    await phone.ready();
    const asked = () => phone.asked.filter((url) => url.includes("/v1/device/clips/")).length;
    const before = asked();
    const second = await stage.release();
    t.after(() => stage.ask("revoke", { release: second }));
    await phone.page.reload();
    await phone.reads("This phone is full.");
    await phone.isAccessible();
    const tried = asked();
    assert.ok(tried > before, "it was tried");
    for (let beat = 0; beat < 4; beat += 1) {
        await comesOnline(phone);
        await phone.isQuiet();
    }
    assert.equal(asked(), tried, "and not again in this run");

    // Room for nothing: not even for saying who drives. What it is leased meanwhile it could not keep, and the therapist would
    // be told so until it has run out: the shelf alone says what ends.
    await opens(-usage, { leases: false });
    await phone.heading("Your clips");
    await phone.reads("This phone is full.");
    assert.equal(await phone.page.getByText("It is open in another window.").count(), 0);
    assert.equal(await writes(phone), "QuotaExceededError");
    const kept = await phone.stored();
    assert.ok(kept.rows.records > 0);
    await stage.ask("revoke", { release });
    await until(async () => (await phone.stored()).rows.records === 0, "it has gone");
    assert.equal((await phone.stored()).rows.clips, 1, "the key of the one that found no room");
    await phone.reads("A clip has come to an end.");
    await phone.restart();
    await until(() => isKnown(release, "wiped"), "told that it is gone");
    await phone.ready();
});

/** Writes something into the app's store; gives what is said against it. */
function writes(phone) {
    return phone.page.evaluate(
        () =>
            new Promise((resolve) => {
                const opening = indexedDB.open("refrain");
                opening.onsuccess = () => {
                    const tx = opening.result.transaction("device", "readwrite");
                    tx.objectStore("device").put("x".repeat(1_000), "tried");
                    tx.oncomplete = tx.onabort = () => {
                        opening.result.close();
                        resolve(tx.error?.name);
                    };
                };
            }),
    );
}

test("a line that is dead is noticed: with a network again, when somebody looks again, and after two minutes of silence", async (t) => {
    const phone = await cast.phoneOf(t);
    const lines = [];
    await phone.context.routeWebSocket(/\/v1\/sync\//, (line) => {
        const server = line.connectToServer();
        const mine = { isDead: false };
        lines.push(mine);
        line.onMessage((frame) => {
            if (!mine.isDead) server.send(frame);
        });
        server.onMessage((frame) => {
            if (!mine.isDead) line.send(frame);
        });
    });
    await phone.page.reload();
    await phone.pair(await stage.ask("invite"));
    await stage.ask("confirm");
    /** The network goes without a word; then something ends, and `how` it is noticed. */
    const notices = async (how) => {
        const release = await stage.release();
        t.after(() => stage.ask("revoke", { release }));
        await phone.page.reload();
        await phone.ready();
        await phone.isQuiet();
        for (const line of lines) line.isDead = true;
        // Nor is anything asked that would tell it.
        await phone.page.route("**/v1/device/leases", (route) => route.abort());
        await stage.ask("revoke", { release });
        await phone.isQuiet();
        assert.equal((await phone.stored()).rows.clips, 1, "nothing was heard of it");
        await how();
        await phone.tap("There is a note for you");
        await phone.tap("I have read it");
        await phone.page.unroute("**/v1/device/leases");
    };
    await notices(() => comesOnline(phone));
    await notices(() =>
        phone.page.evaluate(() => {
            const turns = (state) => {
                Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
                document.dispatchEvent(new Event("visibilitychange"));
            };
            turns("hidden");
            const honest = Date.now;
            Date.now = () => honest() + 31_000;
            turns("visible");
            Date.now = honest;
        }),
    );
    await notices(() =>
        phone.page.evaluate(() => {
            const honest = performance.now.bind(performance);
            performance.now = () => honest() + 121_000;
        }),
    );
});

test("a window that was overtaken shows nothing any more of what has gone meanwhile", async (t) => {
    const { phone, release } = await cast.phoneWith(t, {});
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

test("before a phone knows where its letters go, none is taken for sent; and each knows by itself whether it has arrived", async (t) => {
    const { phone } = await cast.phoneWith(t, {});
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
    await comesOnline(phone);
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

test("a push takes a clip away while the app is frozen in the background, and the app goes on where it is looked at again", async (t) => {
    const { phone, release } = await cast.phoneWith(t, {});
    await phone.context.grantPermissions(["notifications"], { origin: stage.base });
    await phone.page.evaluate(() => navigator.serviceWorker.ready);
    const pushes = await pusher(phone, stage.base);
    // A browser freezes a page as it likes, and its tools do so in part only. This one does nothing either, for a while.
    let isFrozen = true;
    const frozen = phone.page
        .evaluate(() => {
            const until = performance.now() + 40_000;
            while (performance.now() < until);
        })
        .then(() => {
            isFrozen = false;
        });
    await stage.ask("revoke", { release });
    await pushes();
    await until(() => isKnown(release, "wiped"), "told that it is gone");
    assert.ok(isFrozen, "by the worker");
    await frozen;
    await phone.page.bringToFront();
    await phone.reads("A clip has come to an end.");
    assert.equal(await phone.page.getByText("It is open in another window.").count(), 0);
});

test("a push that is tapped leads to the shelf, wherever the app was", async (t) => {
    const { phone } = await cast.phoneWith(t, {});
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

test("an address that the push service has changed is told to the server by the worker", async (t) => {
    const { phone } = await cast.phoneWith(t, {});
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
    const told = () => phone.whereIs("another-address");
    assert.deepEqual(await told(), []);
    const worker = phone.context.serviceWorkers()[0];
    await worker.evaluate((p256dh) => {
        const endpoint = "https://push.example.org/another-address";
        const newSubscription = {
            endpoint,
            toJSON: () => ({ endpoint, keys: { p256dh, auth: "AAAAAAAAAAAAAAAAAAAAAA" } }),
        };
        self.dispatchEvent(Object.assign(new ExtendableEvent("pushsubscriptionchange"), { newSubscription }));
    }, key);
    await until(async () => (await told()).length > 0, "the server has taken it, and it is kept that it did");
});

test("help is one tap away on every page, and the page that comes is where one is", async (t) => {
    const phone = await cast.phoneOf(t);
    const seen = [];
    const each = async (name) => {
        seen.push(name);
        const help = phone.page
            .getByRole("button", { name: "Help", exact: true })
            .or(phone.page.getByRole("link", { name: "Help", exact: true }));
        assert.equal(await help.count(), 1, name);
    };
    // Who does not see that a page has changed hears it: where one is goes to its heading.
    const heard = [];
    await phone.context.exposeFunction("heard", (title) => heard.push(title));
    await phone.context.addInitScript(() =>
        addEventListener("focusin", ({ target }) => {
            if (target.tagName === "H1") globalThis.heard(target.textContent);
        }),
    );
    await phone.page.reload();
    await phone.heading("Something to come back to");
    await phone.tap("Help");
    await phone.reads("In an emergency call the emergency number of the place where you are.");
    await phone.page.getByRole("link", { name: "Home" }).click();
    await phone.pair(await stage.ask("invite"), { each, lock: "482913" });
    await each("home");
    await stage.ask("confirm");
    const release = await stage.release({ daily_limit: 1 });
    t.after(() => stage.ask("revoke", { release }));
    await phone.page.reload();
    await phone.heading("Good that you are here.");
    await each("lock");
    await phone.page.getByLabel("Your code").fill("482913");
    await phone.tap("Open");
    await phone.ready();
    await until(() => heard.at(-1) === "Your clips", "what was behind the curtain is heard");
    await phone.plays();
    await each("player");
    await phone.tap("Help");
    await phone.reads("Call 030 000002");
    assert.equal(
        await phone.page.evaluate(() => navigator.mediaSession.playbackState),
        "none",
        "nothing plays on behind it",
    );
    await phone.page.getByRole("link", { name: "Home" }).click();
    await phone.hears();
    await phone.tap("Play Breathing");
    await phone.heading("Not now");
    await each("not now");
    await phone.tap("Back to my clips");
    const second = await phone.context.newPage();
    phone.watch(second);
    await second.goto(`${stage.base}/`);
    await second.getByRole("button", { name: "Use it here" }).click();
    await phone.reads("It is open in another window.");
    await phone.page.bringToFront();
    await each("elsewhere");
    await phone.tap("Use it here");
    await phone.heading("Good that you are here.");
    await each("lock again");
    await until(() => heard.at(-1) === "Good that you are here.", "the page that came by itself is heard, too");
    await second.close();
    const pages = [
        "Something to come back to",
        "Put Tides on your phone",
        "Your code",
        "What your therapist sees",
        "A code of your own?",
        "Your clips",
        "Breathing",
        "Help",
        "Not now",
    ];
    // Whose name it is may be told before or after.
    const titles = heard.map((title) => title.replace("Ada Testperson", "your therapist"));
    assert.deepEqual(
        pages.filter((title) => !titles.includes(title)),
        [],
        "each was heard",
    );
    assert.deepEqual(seen, [
        "welcome",
        "install",
        "code",
        "seen",
        "lock-offer",
        "home",
        "lock",
        "player",
        "not now",
        "elsewhere",
        "lock again",
    ]);
});

test("who removes a lost phone is told whether it was done", async (t) => {
    const { phone } = await cast.phoneWith(t, {});
    const lost = await cast.phoneOf(t);
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
    const strange = await cast.phoneOf(t);
    await strange.pair(await stage.ask("invite"), { name: "A strange phone" });
    await strange.mine("This phone");
    const mine = strange.page.locator(".card", { hasText: "Ben's phone" }).first();
    await mine.getByRole("button", { name: "Remove" }).click();
    await mine.getByRole("button", { name: "Remove" }).click();
    await strange.reads("Ada Testperson still has to say yes to this phone. Until then, call.");
});

test("a browser's offer to install holds once, and then there are the steps by hand", async (t) => {
    const phone = await cast.phoneOf(t);
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

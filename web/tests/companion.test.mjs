// The companion in a real browser, against the real server.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { Cast } from "./cast.mjs";
import { zoneAt } from "./phone.mjs";
import { pusher } from "./pusher.mjs";
import { Stage } from "./stage.mjs";
import { until } from "./until.mjs";

let [stage, cast] = [];
before(async () => {
    stage = await Stage.open();
    cast = new Cast(stage);
});
after(() => stage.close());

test("a clip is shared, downloaded, played, played again in flight mode, and taken back for good", async (t) => {
    const phone = await cast.phoneOf(t);
    const accessible = () => phone.isAccessible();
    await phone.pair(await stage.ask("invite"), { each: accessible });
    await phone.reads("Nothing here yet.");
    await phone.reads("Ada Testperson still has to say yes to this phone.");
    await phone.isAccessible();
    await stage.ask("confirm");
    const release = await stage.release();
    // What was said and shared elsewhere arrives by itself.
    await phone.ready();
    await phone.isAccessible();
    await until(
        async () => (await stage.ask("truth", { release })).devices.some(({ known }) => known === "ready"),
        "told that it is ready",
    );

    await phone.plays();
    await phone.reads("Listen for your shoulders here.");
    const shown = await phone.page.evaluate(() => navigator.mediaSession.metadata.title);
    assert.equal(shown, "Tides", "the lock screen says nothing of the clip");
    await phone.isAccessible();
    await phone.leaps(20);
    await phone.isAt(21);
    await phone.tap("Stop it now");
    await phone.heading("Your clips");
    const kept = await phone.stored();
    const media = readFileSync(new URL("../../tests/media/breathing.mp3", import.meta.url));
    for (const readable of [
        media.subarray(70_000, 70_032),
        "Once in the evening",
        "Listen for your shoulders",
        "without the recording",
    ]) {
        assert.deepEqual(await phone.whereIs(readable), [], "only ciphertext is stored");
    }
    assert.ok(kept.rows.clips === 1 && kept.rows.records > 1, JSON.stringify(kept.rows));
    assert.ok(
        kept.cached.every((path) => !path.startsWith("/play/") && !path.startsWith("/v1/")),
        kept.cached.join(" "),
    );

    await phone.restart({ offline: true });
    // Two taps at most, and where it was.
    await phone.tap("Play Breathing");
    await phone.isAt(20);
    await phone.tap("Stop it now");

    await phone.context.setOffline(false);
    await phone.page.reload();
    await phone.ready();
    await phone.plays();
    await stage.ask("revoke", { release });
    // It stops in the middle of a word.
    await phone.heading("Not now");
    await phone.isAccessible();
    await phone.tap("Back to my clips");
    await phone.tap("There is a note for you");
    await phone.reads("You can do this without the recording now. See you on Monday.");
    const left = await phone.stored();
    assert.deepEqual([left.rows.clips, left.rows.records, left.files, left.local], [0, 0, [], 0]);
    assert.deepEqual(left.databases, ["refrain"]);
    await phone.isAccessible();
    await phone.tap("I have read it");
    await phone.reads("Nothing here yet.");
    assert.equal((await phone.stored()).rows.partings, 0);
    await until(
        async () => (await stage.ask("truth", { release })).devices.some(({ known }) => known === "wiped"),
        "told that it is gone",
    );
});

test("on the phone it has the name and the icon of one's own choice, and no server hears the name", async (t) => {
    const phone = await cast.phoneOf(t);
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

test("breathing and help are there before a code, and without a network", async (t) => {
    const phone = await cast.phoneOf(t);
    await phone.tap("Just breathe first");
    await phone.reads("Nothing is counted here.");
    await phone.isAccessible();
    await phone.page.evaluate(() => navigator.serviceWorker.ready);
    await phone.restart({ offline: true });
    await phone.tap("Just breathe first");
    await phone.reads("Breathe in");
    const moves = () => phone.page.locator(".orb .disc").evaluate((disc) => getComputedStyle(disc).animationName);
    assert.equal(await moves(), "breath");
    await phone.page.emulateMedia({ reducedMotion: "reduce" });
    assert.equal(await moves(), "none", "who asks for no motion has none");
});

test("what is not shared never leaves the phone, and what is shared does", async (t) => {
    const { phone } = await cast.phoneWith(t, { daily_limit: 5 }, { timezoneId: zoneAt(12) });
    const silent = async () => {
        const before = await phone.isQuiet();
        await phone.hears();
        return (await phone.isQuiet()) === before;
    };
    assert.ok(await silent(), "nothing is sent");
    await phone.page.getByRole("link", { name: "Mine" }).click();
    await phone.tap("My listening");
    await phone.reads("Breathing: 4 more today");
    await phone.isAccessible();
    await phone.page.getByRole("switch").click();
    await phone.reads("Ada Testperson sees on which days you listened");
    await phone.page.getByRole("link", { name: "Home" }).click();
    assert.ok(!(await silent()), "it is sent");
    await phone.heading("How was it?");
    await phone.isAccessible();
    const before = await phone.isQuiet();
    await phone.tap("A bit lighter");
    await phone.heading("Your clips");
    assert.ok((await phone.isQuiet()) > before, "how it was is sent, too");
    const told = () => stage.ask("listening");
    await until(async () => (await told()).ratings.length === 1, "the therapist sees what is shared");
    assert.equal((await told()).days[0].plays, 1, "and of the play before nothing");
    await phone.page.getByRole("link", { name: "Mine" }).click();
    await phone.tap("My listening");
    await phone.page.getByRole("switch").click();
    await until(async () => !(await told()).shared, "the therapist sees nothing any more");
    assert.deepEqual([(await told()).days, (await told()).ratings], [[], []]);
});

test("nobody is asked how it was at night", async (t) => {
    const { phone } = await cast.phoneWith(t, {}, { share: true, timezoneId: zoneAt(3) });
    await phone.hears();
    await phone.heading("Your clips");
});

test("a no is one page with breathing in it, whatever the reason", async (t) => {
    const { phone, release } = await cast.phoneWith(t, { daily_limit: 1 });
    await phone.reads("Once more today");
    await phone.hears();
    await phone.tap("Play Breathing");
    await phone.reads("That's enough of this one for today.");
    await phone.page.locator(".breathing .orb").waitFor();
    await phone.isAccessible();
    await phone.tap("Back to my clips");
    await stage.ask("hold", { release });
    await phone.reads("This clip is resting for now.");
    assert.equal((await phone.stored()).rows.clips, 0, "the key of what rests is gone");
    // Its title has gone with its key.
    await phone.tap("Play A clip");
    await phone.heading("Not now");
    await phone.reads("This clip is resting for now.");
});

test("this doesn't help me: it stops at once, can be taken back, and arrives", async (t) => {
    const { phone } = await cast.phoneWith(t, {});
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
    await phone.page.evaluate(
        () =>
            new Promise((resolve) => {
                const opening = indexedDB.open("refrain");
                opening.onsuccess = () => {
                    const store = opening.result.transaction("device", "readwrite").objectStore("device");
                    store.get("set_aside").onsuccess = ({ target }) => {
                        store.put(
                            target.result.map((one) => ({ ...one, until: 1 })),
                            "set_aside",
                        ).onsuccess = () => {
                            opening.result.close();
                            resolve();
                        };
                    };
                };
            }),
    );
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

test("a letter in one's own words waits for a network and then arrives; notes stay here", async (t) => {
    const { phone } = await cast.phoneWith(t, {});
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
    assert.deepEqual(await phone.whereIs("It was easier today."), ["notes"]);
    await phone.isAccessible();
    assert.equal(phone.framesSent, before, "a note is nobody else's");
});

test("a wake-up with the app closed takes the clip away and shows one neutral sentence", async (t) => {
    const { phone, release } = await cast.phoneWith(t, {});
    await phone.context.grantPermissions(["notifications"], { origin: stage.base });
    const page = await phone.context.newPage();
    await page.goto("about:blank");
    const push = await pusher(phone, stage.base);
    await phone.page.close();
    await stage.ask("revoke", { release });
    await push();
    await until(
        async () => (await stage.ask("truth", { release })).devices.some(({ known }) => known === "wiped"),
        "told that it is gone",
    );
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

test("a lost phone is removed by another one of the same person, not by one tap", async (t) => {
    const { phone, release } = await cast.phoneWith(t, {});
    const lost = await cast.phoneOf(t);
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

test("a phone that is removed keeps nothing but breathing", async (t) => {
    const { phone } = await cast.phoneWith(t, {});
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

test("in flight mode with the clock set back nothing plays, and nothing is lost", async (t) => {
    const { phone } = await cast.phoneWith(t, {});
    await phone.restart({ offline: true, clock: -3 * 86_400_000 });
    await phone.tap("Play Breathing");
    await phone.reads("Connect once, then it plays again.");
    await phone.restart({ offline: true });
    await phone.plays();
});

test("what the browser took back is found, and fetched anew", async (t) => {
    const { phone } = await cast.phoneWith(t, {});
    const before = await phone.stored();
    await phone.page.evaluate(
        () =>
            new Promise((resolve) => {
                const opening = indexedDB.open("refrain");
                opening.onsuccess = () => {
                    const tx = opening.result.transaction("records", "readwrite");
                    tx.objectStore("records").openCursor(null, "prev").onsuccess = ({ target }) =>
                        target.result.delete();
                    tx.oncomplete = () => {
                        opening.result.close();
                        resolve();
                    };
                };
            }),
    );
    await phone.page.reload();
    await phone.ready();
    assert.deepEqual((await phone.stored()).rows, before.rows);
    await phone.plays();
});

test("a server that starts again is found again, and what it ends then ends", async (t) => {
    const { phone, release } = await cast.phoneWith(t, {});
    await stage.ask("stop");
    await phone.plays();
    await phone.tap("Stop it now");
    await stage.ask("start");
    await stage.ask("revoke", { release });
    await phone.reads("A clip has come to an end.");
});

test("a video plays and seeks like a sound", async (t) => {
    const { clip } = await stage.ask("upload", { file: "breathing.mp4", title: "Seen" });
    const { phone, release } = await cast.phoneWith(t, {});
    const seen = await stage.release({}, { clip });
    t.after(() => stage.ask("revoke", { release: seen }));
    await phone.page.reload();
    await phone.ready("Seen");
    await phone.plays("Seen");
    const { width, duration } = await phone.page.evaluate(() => {
        const { videoWidth, duration } = document.querySelector("video");
        return { width: videoWidth, duration };
    });
    assert.deepEqual([width, Math.round(duration)], [160, 12]);
    assert.ok(release);
    await phone.isAccessible();
    // The headset drops.
    await phone.page.evaluate(() => navigator.mediaDevices.dispatchEvent(new Event("devicechange")));
    await phone.button("Play").waitFor();
    await phone.tap("Stop it now");
    await phone.hears("Seen");
});

test("of two windows one drives, and the other says so", async (t) => {
    const { phone } = await cast.phoneWith(t, {});
    const second = await phone.context.newPage();
    phone.watch(second);
    await second.goto(`${stage.base}/`);
    await second.getByText("It is open in another window.").waitFor();
    await second.getByRole("button", { name: "Use it here" }).click();
    await second.getByRole("button", { name: "Play Breathing" }).waitFor();
    await phone.reads("It is open in another window.");
    await phone.isAccessible();
});

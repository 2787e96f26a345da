// A clip on a phone: it comes, plays, rests and goes.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, test } from "node:test";
import { Cast } from "../stage/cast.mjs";
import { zoneAt } from "../stage/phone.mjs";
import { media } from "../stage/session.mjs";
import { until } from "../stage/until.mjs";

let [stage, cast] = [];
beforeEach(async () => {
    cast = await Cast.open();
    ({ stage } = cast);
});
afterEach(() => cast.close());

test("a clip is shared, downloaded, played, played again in flight mode, and taken back for good", async () => {
    const phone = await cast.phone();
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
    await until(() => cast.knows(release, "ready"), "told that it is ready");

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
    const sound = readFileSync(media("breathing.mp3"));
    for (const readable of [
        sound.subarray(70_000, 70_032),
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
    await until(() => cast.knows(release, "wiped"), "told that it is gone");
});

test("what is not shared never leaves the phone, and what is shared does", async () => {
    const { phone } = await cast.phoneWith({ daily_limit: 5 }, { timezoneId: zoneAt(12) });
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

test("nobody is asked how it was at night", async () => {
    const { phone } = await cast.phoneWith({}, { share: true, timezoneId: zoneAt(3) });
    await phone.hears();
    await phone.heading("Your clips");
});

test("a no is one page with breathing in it, whatever the reason", async () => {
    const { phone, release } = await cast.phoneWith({ daily_limit: 1 });
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

test("in flight mode with the clock set back nothing plays, and nothing is lost", async () => {
    const { phone } = await cast.phoneWith();
    await phone.restart({ offline: true, clock: -3 * 86_400_000 });
    await phone.tap("Play Breathing");
    await phone.reads("Connect once, then it plays again.");
    await phone.restart({ offline: true });
    await phone.plays();
});

test("a video plays and seeks like a sound", async () => {
    const { clip } = await stage.ask("upload", { file: "breathing.mp4", title: "Seen" });
    const { phone } = await cast.phoneWith();
    await stage.release({}, { clip });
    await phone.page.reload();
    await phone.ready("Seen");
    await phone.plays("Seen");
    const { width, duration } = await phone.page.evaluate(() => {
        const { videoWidth, duration } = document.querySelector("video");
        return { width: videoWidth, duration };
    });
    assert.deepEqual([width, Math.round(duration)], [160, 12]);
    await phone.isAccessible();
    // The headset drops.
    await phone.page.evaluate(() => navigator.mediaDevices.dispatchEvent(new Event("devicechange")));
    await phone.button("Play").waitFor();
    await phone.tap("Stop it now");
    await phone.hears("Seen");
});

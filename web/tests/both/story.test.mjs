// The story that Refrain exists for, through both apps: a clip is shared, replayed offline, and taken back everywhere.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Cast } from "../stage/cast.mjs";

const CLIENT = "Ben Placeholder";
const HOUR = 3_600_000;
const IN_FLIGHT = { offline: true };
const CAPTIONS = `WEBVTT

00:00.500 --> 00:04.000
<v Ada>Sit as you like to sit.

00:10.000 --> 00:12.000
Breathe in.

00:30.000 --> 00:33.000
And let it go.
`;

let [stage, cast] = [];
beforeEach(async () => {
    cast = await Cast.open();
    ({ stage } = cast);
});
afterEach(() => cast.close());

test("a clip is shared with a phone and a tablet, and ended while one of them is in flight mode", async () => {
    const desk = await cast.desk();
    await stage.ask("upload", { file: "breathing.m4a", title: "Shoulders, before sleep" });
    await desk.signIn();
    await desk.openClient(CLIENT);

    // Two devices, each with a code from the desk and a name that she knows before anything comes to it.
    const devices = [];
    for (const name of ["Ben's phone", "Ben's tablet"]) {
        await desk.tab("Phones");
        await desk.tap("Add a phone");
        const device = await cast.phone();
        await device.pair(await desk.page.locator(".code").textContent(), { name });
        await desk.reads(`“${name}”`);
        await desk.confirms(device);
        await desk.reads("Confirmed. What you share arrives by itself.");
        await desk.tap("Done");
        devices.push(device);
    }
    const [phone, tablet] = devices;
    const truth = (name, says) => desk.page.locator(".device-states li", { hasText: name }).getByText(says).waitFor();

    await desk.tab("Clips");
    await desk.page
        .locator("article.clip", { hasText: "Breathing" })
        .getByRole("button", { name: "Share", exact: true })
        .click();
    // What is said in it, from a caption file: read along on the phone, and a way to each place.
    const captions = desk.page.getByLabel("Take them from a caption file");
    await captions.setInputFiles({ name: "breathing.vtt", mimeType: "text/vtt", buffer: Buffer.from("no captions") });
    await desk.reads("This file says nothing at any place");
    await captions.setInputFiles({ name: "breathing.vtt", mimeType: "text/vtt", buffer: Buffer.from(CAPTIONS) });
    await desk.page.getByLabel("Words", { exact: true }).nth(2).waitFor();
    await desk.isAccessible();
    await desk.tap(`Share with ${CLIENT} …`);
    await desk.tap(`Yes, share with ${CLIENT}`);
    await desk.tap("Share it now");
    for (const device of devices) {
        await device.page.reload();
        await device.ready();
    }
    await truth("Ben's phone", /Ready since/);
    await truth("Ben's tablet", /Ready since/);

    // The tablet leaves: it plays from a cold start, without a network, and twice.
    for (let play = 0; play < 2; play += 1) {
        await tablet.restart(IN_FLIGHT);
        await tablet.plays();
        await tablet.tap("Stop it now");
    }

    // She ends it: the phone stops in the middle of a word, and what she reads of the tablet is what is known of it.
    await phone.plays();
    await phone.page.getByText("Read along").click();
    await phone.isAccessible();
    await phone.tap("And let it go.");
    await phone.isAt(30);
    await phone.page.locator(".mark", { hasText: "And let it go." }).waitFor();
    await desk.tap("Change this");
    await desk.page.getByText("End it", { exact: true }).click();
    await desk.page.getByLabel("In its place").selectOption("Shoulders, before sleep");
    await desk.page.getByText("Leaning on it a lot").click();
    await desk.isAccessible();
    await desk.tap("End it now");
    await phone.heading("Not now");
    await desk.heading(`Share “Shoulders, before sleep” with ${CLIENT}`);
    await desk.page.goBack();
    await desk.tab("Clips");
    await truth("Ben's phone", /Removed \d\d:\d\d, confirmed by the phone/);
    await truth("Ben's tablet", /Not confirmed; cannot play after/);
    await desk.isAccessible();

    // Nobody has told the tablet. With its clock set back it plays nothing, nor when its days without a network are over.
    for (const clock of [-24 * HOUR, 73 * HOUR]) {
        await tablet.restart({ ...IN_FLIGHT, clock });
        await tablet.tap("Play Breathing");
        await tablet.reads("Connect once, then it plays again.");
        await tablet.isAccessible();
    }

    // It has a network again: nothing of the clip is left but a note, and she reads that.
    await tablet.restart();
    await tablet.reads("A clip has come to an end.");
    const { rows } = await tablet.stored();
    assert.deepEqual([rows.clips, rows.records], [0, 0]);
    await truth("Ben's tablet", /Removed \d\d:\d\d, confirmed by the phone/);

    // What the two of them read says the same, and nothing of a reason.
    for (const device of devices) {
        if (device === phone) await device.tap("Back to my clips");
        await device.tap("There is a note for you");
        const read = await device.page.locator("main").innerText();
        assert.ok(!/lean|flag|revok|end it/i.test(read), read);
    }
});

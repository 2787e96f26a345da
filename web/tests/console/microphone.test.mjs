// A clip that is spoken at the desk, into the microphone that Chromium pretends to have.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { Cast } from "../stage/cast.mjs";
import { writeSession } from "../stage/session.mjs";

const CLIENT = "Ben Placeholder";

let [stage, cast, folder] = [];
beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "refrain-voice-"));
    writeSession(join(folder, "voice.wav"), 30, 48_000);
    cast = await Cast.open();
    ({ stage } = cast);
});
afterEach(async () => {
    await cast.close();
    rmSync(folder, { recursive: true, force: true });
});

async function deskOf(flags) {
    const desk = await cast.desk({ flags });
    await desk.signIn();
    await desk.openClient(CLIENT);
    await desk.tap("Cut a clip");
    return desk;
}

test("a short clip is recorded, listened through, and kept: nothing leaves before, and the microphone is let go of", async () => {
    const desk = await deskOf([
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        `--use-file-for-fake-audio-capture=${join(folder, "voice.wav")}`,
    ]);
    await desk.reads("Your microphone is asked for only then.");
    await desk.isAccessible();
    const before = desk.sent.length;
    await desk.page.evaluate(() => {
        const honest = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = async (wanted) => (globalThis.microphone = await honest(wanted));
    });
    await desk.tap("Record a short one now");
    await desk.page.waitForFunction(() => document.querySelector("meter")?.value > 0.3);
    await desk.page.locator(".recording .time", { hasText: "0:03" }).waitFor();
    await desk.isAccessible();
    await desk.tap("Stop recording");
    await desk.reads(/A piece of 0:0[3-5]/);
    assert.ok(
        await desk.page.evaluate(() =>
            globalThis.microphone.getTracks().every((track) => track.readyState === "ended"),
        ),
        "the microphone is let go of",
    );
    await desk.tap("Cut it, to listen through");
    const audio = desk.page.locator(".two.even audio");
    await audio.evaluate((element) => element.play());
    await desk.reads("You have heard all of it.");
    assert.equal(desk.sent.length, before, "nothing was sent so far");
    await desk.page.locator(".two.even label", { hasText: "Ada Testperson" }).click();
    await desk.page.getByLabel("What it is called").fill("Spoken for you");
    await desk.isAccessible();
    await desk.tap("Keep it as a clip");
    await desk.heading(`Share “Spoken for you” with ${CLIENT}`);
    const { client } = await stage.ask("case");
    const { clips } = await stage.ask("call", { method: "GET", path: `/v1/clients/${client}/clips` });
    const made = clips.find(({ title }) => title === "Spoken for you");
    assert.match(made.media_type, /^audio\/(mp4|webm)/);
    assert.ok(made.duration_ms > 2_500 && made.duration_ms < 6_000, `${made.duration_ms} ms`);
});

test("a microphone that is not allowed is said, and a file goes on as before", async () => {
    const desk = await deskOf(["--use-fake-device-for-media-stream", "--deny-permission-prompts"]);
    await desk.tap("Record a short one now");
    await desk.reads("The microphone was not allowed.");
    await desk.isAccessible();
    await desk.page.getByLabel("The recording", { exact: true }).setInputFiles(join(folder, "voice.wav"));
    await desk.reads("A piece of 0:30");
});

// Sound and picture of every kind, cut at the desk and played on a phone.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Cast } from "../stage/cast.mjs";
import { media } from "../stage/session.mjs";

const CLIENT = "Ben Placeholder";

let [stage, cast, desk] = [];
beforeEach(async () => {
    cast = await Cast.open();
    ({ stage } = cast);
    desk = await cast.desk();
});
afterEach(() => cast.close());

/** Cuts a piece, hears all of it, faster than people would, and keeps it under this name. */
async function keepPiece(name, [begins, ends]) {
    await desk.page.locator(".brand").click();
    await desk.openClient(CLIENT);
    await desk.tap("Cut a clip");
    await desk.page.getByLabel("The recording", { exact: true }).setInputFiles(media(name));
    await desk.reads("A piece of");
    await desk.page.getByLabel("Begins at").fill(`0:${String(begins).padStart(2, "0")}`);
    await desk.page.getByLabel("Ends at").fill(`0:${String(ends).padStart(2, "0")}`);
    await desk.tap("Cut it, to listen through");
    const piece = desk.page.locator(".two.even audio, .two.even video").last();
    await piece.waitFor();
    const seconds = await piece.evaluate(
        (element) =>
            new Promise((resolve, reject) => {
                if (element.readyState > 0) resolve(element.duration);
                element.onloadedmetadata = () => resolve(element.duration);
                element.onerror = () => reject(new Error("it does not play"));
            }),
    );
    assert.ok(seconds > 0.5 && seconds <= ends - begins + 0.1, `${name}: ${seconds} s`);
    for (const heard of ["Ada Testperson", CLIENT]) await desk.page.getByText(heard, { exact: true }).last().click();
    await desk.page.getByLabel("What it is called").fill(name);
    await piece.evaluate((element) => {
        element.playbackRate = 4;
        return element.play();
    });
    await desk.reads("You have heard all of it.");
    await desk.tap("Keep it as a clip");
    await desk.heading(`Share “${name}” with ${CLIENT}`);
}

/** Cuts and keeps each, has it shared, and plays it on a phone. */
async function plays(every) {
    await desk.signIn();
    for (const [name, marks] of every) await keepPiece(name, marks);
    const { phone } = await cast.phoneWith();
    const { client } = await stage.ask("case");
    const { clips } = await stage.ask("call", { method: "GET", path: `/v1/clients/${client}/clips` });
    for (const [name] of every) await stage.release({}, { clip: clips.find(({ title }) => title === name).clip });
    for (const [name] of every) {
        await phone.ready(name);
        await phone.plays(name).catch((cause) => {
            throw new Error(`${name} does not play`, { cause });
        });
        await phone.tap("Stop it now");
    }
}

test("sound of every kind is cut, kept, and played on a phone", async () => {
    await plays([
        ["breathing.mp3", [5, 9]],
        ["breathing.vbr.mp3", [5, 9]],
        ["breathing.m4a", [5, 9]],
        ["breathing.opus", [5, 9]],
        ["breathing.wav", [5, 9]],
        ["breathing.flac", [5, 9]],
    ]);
});

test("pictures are cut, kept, and played on a phone", async () => {
    await plays([
        ["breathing.mp4", [0, 7]],
        ["breathing.webm", [5, 12]],
    ]);
});

test("a picture between two key frames begins at the second one, and shows nothing of before; what is no recording is said", async () => {
    await desk.signIn();
    await desk.openClient(CLIENT);
    await desk.tap("Cut a clip");
    await desk.page.getByLabel("The recording", { exact: true }).setInputFiles(media("breathing.mp4"));
    await desk.page.getByLabel("Begins at").fill("0:07");
    await desk.page.getByLabel("Ends at").fill("0:12");
    await desk.tap("Cut it, to listen through");
    const piece = desk.page.locator(".two.even video").last();
    await piece.waitFor();
    await piece.evaluate(
        (element) =>
            new Promise((resolve) => {
                if (element.readyState > 0) resolve();
                else element.onloadedmetadata = resolve;
            }),
    );
    assert.ok((await piece.evaluate((element) => element.duration)) <= 5.1);
    await desk.page.getByLabel("The recording", { exact: true }).setInputFiles(fileURLToPath(import.meta.url));
    await desk.reads("This file cannot be read here.");
});

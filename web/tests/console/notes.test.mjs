// Private notes, and the words that a clip carries: at the desk, and not on the phone.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Cast } from "../stage/cast.mjs";

const CLIENT = "Ben Placeholder";
const PARTING = "You can do this without the recording now. See you on Monday.";

const TAPER = "For now, once a day, in the evening.";

let [stage, cast, desk, phone] = [];
beforeEach(async () => {
    cast = await Cast.open();
    ({ stage } = cast);
    ({ phone } = await cast.phoneWith());
    desk = await cast.desk();
    await desk.signIn();
    await desk.openClient(CLIENT);
});
afterEach(() => cast.close());

const notes = async () => {
    const { client } = await stage.ask("case");
    return (await stage.ask("call", { method: "GET", path: `/v1/clients/${client}/observations` })).observations;
};

async function change(what, kind, seen, isThere = async () => {}) {
    await desk.tap("Change this");
    await desk.page.getByText(what, { exact: true }).click();
    await isThere();
    await desk.page.getByText(kind).click();
    await desk.page.getByLabel("What you saw").fill(seen);
    await desk.reads(`Write as if ${CLIENT} may read it`);
}

/** Fewer plays, with another sentence before it. */
async function lessens() {
    // The sentence of now is read first: as long as it comes, what stands below it moves.
    const sentence = desk.page.getByLabel(`A sentence for ${CLIENT}, before it plays`);
    const isThere = () =>
        desk.page.waitForFunction(
            (said) => [...document.querySelectorAll("input")].some((one) => one.value === said),
            "Once in the evening, before bed.",
        );
    await change("Fewer plays a day", "Leaning on it a lot", "Ten times on Tuesday.", isThere);
    await sentence.fill(TAPER);
    await desk.page.locator(".glass").getByText(TAPER).waitFor();
    await desk.isAccessible();
    await desk.tap("Once a day from now");
    await desk.reads(/once a day · works offline/);
}

test("a note by itself, with less, with a pause: kept, and no phone receives it", async () => {
    await change("Talk first", "Upset after it", "Called on Sunday, in tears.");
    await desk.isAccessible();
    await desk.tap("Keep the note, and talk first");
    await desk.page.locator("dialog").waitFor({ state: "detached" });
    await desk.page.locator(".standing.live").waitFor();
    await lessens();
    await change("Pause", "Something else", "Until we have spoken.");
    await desk.tap("Pause now");
    await desk.page.locator("dialog").waitFor({ state: "detached" });
    await phone.reads("This clip is resting for now.");
    const kept = await notes();
    assert.deepEqual(
        kept.map(({ kind, reason }) => [kind, reason]),
        [
            ["other", "Until we have spoken."],
            ["fixation", "Ten times on Tuesday."],
            ["distress", "Called on Sunday, in tears."],
        ],
    );
    assert.ok(kept.every(({ releases }) => releases.length === 1));
    await desk.tab("Notes");
    await desk.reads("Called on Sunday, in tears.");
    await desk.reads("about Breathing");
    await desk.isAccessible();
    await desk.tap("Write a note");
    await desk.page.getByLabel("What you saw").fill("Sleeps better.");
    await desk.isAccessible();
    await desk.tap("Keep it");
    await desk.reads("Sleeps better.");
    for (const { reason } of await notes()) assert.ok(!(await phone.page.content()).includes(reason));
});

test("an end shows the very words that it leaves, and sharing again begins with them", async () => {
    await lessens();
    const looks = [];
    desk.page.on("request", (request) => {
        if (request.url().endsWith("/words")) looks.push(request.url());
    });
    await desk.tap("Change this");
    await desk.page.getByText("End it", { exact: true }).click();
    await desk.dialog("Change “Breathing”").getByText(PARTING).waitFor();
    assert.equal(looks.length, 1, "a look is on record, and there is one");
    await desk.page.getByText("Leaning on it a lot").click();
    await desk.page.getByLabel("What you saw").fill("It is time.");
    await desk.isAccessible();
    await desk.tap("End it now");
    await desk.page.locator(".standing.revoked").first().waitFor();
    await phone.reads("A clip has come to an end.");
    assert.equal((await notes())[0].reason, "It is time.");
    await desk.tap("Share again");
    await desk.page.waitForFunction(
        (parting) => [...document.querySelectorAll("textarea")].some((one) => one.value === parting),
        PARTING,
    );
    assert.equal(await desk.page.getByLabel("A line to read before listening").inputValue(), TAPER);
    assert.equal(await desk.page.getByLabel("Words", { exact: true }).inputValue(), "Listen for your shoulders here.");
    await desk.isAccessible();
});

test("a note that could not be sent is not lost, and what was decided is not decided twice", async () => {
    await desk.page.locator(".standing.live").waitFor();
    await change("Pause", "Something else", "Twice is once too often.");
    let lost = true;
    await desk.page.route(/\/observations$/, (route) =>
        lost && route.request().method() === "POST" ? route.abort() : route.fallback(),
    );
    const holds = () => desk.sent.filter(({ method, path }) => method === "POST" && path.endsWith("/holds")).length;
    const before = holds();
    await desk.tap("Pause now");
    await desk.reads("What you decided is in force. Your note could not be kept");
    await desk.isAccessible();
    lost = false;
    await desk.tap("Try the note again");
    await desk.page.locator("dialog").waitFor({ state: "detached" });
    assert.equal(holds(), before + 1);
    assert.equal((await notes())[0].reason, "Twice is once too often.");
});

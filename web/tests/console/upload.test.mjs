// A clip on its way in over a line that breaks.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { Cast } from "../stage/cast.mjs";
import { writeSession } from "../stage/session.mjs";

const CLIENT = "Ben Placeholder";
const PIECE = 1_048_576;

let [stage, cast, desk, folder, session] = [];
beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "refrain-session-"));
    session = writeSession(join(folder, "session.wav"), 9, 192_000);
    cast = await Cast.open();
    ({ stage } = cast);
    desk = await cast.desk();
    await desk.signIn();
    await desk.openClient(CLIENT);
    await desk.tap("Cut a clip");
});
afterEach(async () => {
    await cast.close();
    rmSync(folder, { recursive: true, force: true });
});

/** Cuts out all of a recording, up to the button that sends it. */
async function cutAll(name) {
    await desk.page.getByLabel("The recording", { exact: true }).setInputFiles(join(folder, "session.wav"));
    await desk.tap("Cut it, to listen through");
    await desk.page.locator(".two.even label", { hasText: "Ada Testperson" }).click();
    await desk.page.getByLabel("What it is called").fill(name);
    // Faster than people would.
    await desk.page.locator(".two.even audio").evaluate((audio) => {
        audio.playbackRate = 4;
        return audio.play();
    });
    await desk.reads("You have heard all of it.");
}

const pieces = () =>
    desk.sent
        .filter(({ method }) => method === "PUT")
        .map(({ path, body }) => ({ offset: Number(new URLSearchParams(path.split("?")[1]).get("offset")), body }));

test("the network goes in the middle: it goes on where it stopped, and no more than a piece went twice", async () => {
    await cutAll("Over a line that breaks");
    let cut = false;
    let unanswered = false;
    await desk.page.route(/\/v1\/uploads\/.*offset=/, async (route) => {
        const offset = Number(new URL(route.request().url()).searchParams.get("offset"));
        if (offset === PIECE && !cut) {
            // The network is gone, with the second piece on its way.
            cut = true;
            await desk.context.setOffline(true);
            await route.abort("internetdisconnected");
        } else if (offset === 2 * PIECE && !unanswered) {
            // The third arrives, and its answer does not.
            unanswered = true;
            await route.fetch();
            await route.abort("connectionreset");
        } else await route.fallback();
    });
    await desk.tap("Keep it as a clip");
    await desk.reads("Nobody answers just now; it goes on by itself where it stopped.");
    await desk.isAccessible();
    await desk.context.setOffline(false);
    await desk.heading(`Share “Over a line that breaks” with ${CLIENT}`);
    const sent = pieces();
    const whole = Math.max(...sent.map(({ offset, body }) => offset + body.length));
    const twice = sent.reduce((sum, { body }) => sum + body.length, 0) - whole;
    assert.ok(cut && unanswered && whole > 3 * PIECE, `${whole} bytes`);
    assert.equal(twice, PIECE, "the piece that was under way, and nothing else");
    const { client } = await stage.ask("case");
    const { clips } = await stage.ask("call", { method: "GET", path: `/v1/clients/${client}/clips` });
    const made = clips.filter(({ title }) => title === "Over a line that breaks");
    assert.deepEqual(
        made.map(({ plain_len }) => plain_len),
        [whole],
    );
    assert.ok(whole <= session.length + 100, "what was sent is what was cut");
});

test("what is stopped is thrown away there, too", async () => {
    await cutAll("Never mind");
    let upload;
    await desk.page.route(/\/v1\/uploads\/.*offset=/, (route) => {
        upload = new URL(route.request().url()).pathname;
    });
    const thrownAway = desk.page.waitForResponse((response) => response.request().method() === "DELETE");
    await desk.tap("Keep it as a clip");
    await desk.page.getByText("On its way: 0 of 100").waitFor();
    await desk.page.waitForRequest(/offset=0/).catch(() => {});
    await desk.tap("Stop sending");
    assert.equal((await thrownAway).status(), 204);
    const gone = await stage.ask("call", { method: "GET", path: upload }).catch((error) => String(error));
    assert.match(gone, /404|not_found/);
});

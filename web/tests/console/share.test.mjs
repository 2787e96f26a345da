// Sharing: thirty seconds on the page, what was decided before, and a server that does not answer.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Cast } from "../stage/cast.mjs";

const CLIENT = "Ben Placeholder";

let [stage, cast, desk] = [];
beforeEach(async () => {
    cast = await Cast.open();
    ({ stage } = cast);
    desk = await cast.desk();
});
afterEach(() => cast.close());

/** What was asked of the server that changes something there. */
const asked = (pattern) => desk.sent.filter(({ path, method }) => pattern.test(`${method} ${path}`));

/** Shares the clip, up to the bar that counts down. */
async function share() {
    await desk.page.locator(".brand").click();
    await desk.openClient(CLIENT);
    await desk.tap(/^Share( again)?$/);
    await desk.tap(`Share with ${CLIENT} …`);
    await desk.tap(`Yes, share with ${CLIENT}`);
    await desk.reads("Nothing has left yet.");
}

/** The clip was taken back before, elsewhere. */
async function wasTakenBack() {
    const { client, clip } = await stage.ask("case");
    const body = { on: { clip }, observation: null };
    await stage.ask("call", { method: "POST", path: `/v1/clients/${client}/revocations`, body });
}

const releases = async () => {
    const { client } = await stage.ask("case");
    return (await stage.ask("call", { method: "GET", path: `/v1/clients/${client}/releases` })).releases;
};

test("thirty seconds: what is taken back was never sent, and what is not is sent once", async () => {
    // Before any timer of the page begins.
    await desk.page.clock.install();
    await desk.signIn();
    await share();
    await desk.tap("Take it back");
    await desk.page.clock.fastForward(31_000);
    await desk.button("Share").waitFor();
    assert.equal(asked(/POST .*\/releases$/).length, 0);
    await share();
    await desk.page.clock.fastForward(29_000);
    assert.equal(asked(/POST .*\/releases$/).length, 0);
    const shared = desk.shared();
    await desk.page.clock.fastForward(2_000);
    await shared;
    await desk.reads(`“Breathing” is shared with ${CLIENT}.`);
    assert.equal(asked(/POST .*\/releases$/).length, 1);
});

test("what had been taken back is shown before it can be shared again", async () => {
    await wasTakenBack();
    await desk.signIn();
    await share();
    await desk.tap("Share it now");
    const shown = desk.dialog("Something was decided before");
    await shown.getByText("“Breathing” was taken back before.").waitFor();
    await desk.isAccessible();
    const shared = desk.shared();
    await shown.getByRole("button", { name: "Share it all the same" }).click();
    await shared;
    assert.deepEqual(
        (await releases()).map(({ standing }) => standing),
        ["live"],
    );
});

test("what was shared elsewhere without knowing waits for a word, and gets it", async () => {
    await stage.ask("share_unaware");
    await desk.signIn();
    await desk.openClient(CLIENT);
    await desk.page.locator(".standing.unconfirmed").waitFor();
    await desk.isAccessible();
    await desk.tap("I have looked: share it all the same");
    await desk.page.locator(".standing.held").waitFor();
    await desk.tap(/^End the pause/);
    await desk.page.locator(".standing.live").waitFor();
    await desk.tap("Pause or end everything");
    await desk.page.getByText("It rests, and can come back as it was.").click();
    await desk.isAccessible();
    await desk.tap("Pause everything now");
    await desk.page.locator(".standing.held").waitFor();
    await desk.tap(/^End the pause/);
    await desk.page.locator(".standing.live").waitFor();
});

test("nobody answers: it is said, what was true stays, and what waits is sent once when they do", async () => {
    await wasTakenBack();
    await desk.signIn();
    await share();
    await desk.context.setOffline(true);
    await desk.tap("Share it now");
    await desk.reads(`Nobody answers just now. “Breathing” is for ${CLIENT}`);
    await desk.reads("Nobody answers just now. What you see is what was true before");
    await desk.isAccessible();
    await desk.context.setOffline(false);
    // It had been taken back: that is asked only now, when somebody answers.
    const shared = desk.shared();
    await desk.dialog("Something was decided before").getByRole("button", { name: "Share it all the same" }).click();
    await shared;
    assert.equal((await releases()).length, 1);
});

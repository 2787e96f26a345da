// A server that was away, and a line that is dead without a word.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Cast } from "../stage/cast.mjs";

let [stage, cast] = [];
beforeEach(async () => {
    cast = await Cast.open();
    ({ stage } = cast);
});
afterEach(() => cast.close());

test("a server that starts again is found again, and what it ends then ends", async () => {
    const { phone, release } = await cast.phoneWith();
    await stage.ask("stop");
    await phone.plays();
    await phone.tap("Stop it now");
    await stage.ask("start");
    await stage.ask("revoke", { release });
    await phone.reads("A clip has come to an end.");
});

test("a line that is dead is noticed: with a network again, when somebody looks again, and after two minutes of silence", async () => {
    const phone = await cast.phone();
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
    await notices(() => phone.comesOnline());
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

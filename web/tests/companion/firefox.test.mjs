// The companion in Firefox, woken for real: its own subscription, a message that it decrypts itself.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Autopush } from "../stage/autopush.mjs";
import { Cast } from "../stage/cast.mjs";
import { changeKept } from "../stage/kept.mjs";
import { until } from "../stage/until.mjs";

let [stage, cast, push] = [];
beforeEach(async () => {
    cast = await Cast.open();
    ({ stage } = cast);
    push = cast.closes(await Autopush.open());
});
afterEach(() => cast.close());

test("in Firefox a clip plays, a real push takes it away with the app closed, and the browser restarted", async () => {
    const phone = await cast.phone({ browser: "firefox", push: push.address });
    await phone.context.grantPermissions(["notifications"], { origin: stage.base });
    await phone.pair(await stage.ask("invite"), { each: () => phone.isAccessible() });
    await stage.ask("confirm");
    const first = await stage.release();
    await phone.page.reload();
    await phone.ready();
    await phone.plays();
    await phone.isAccessible();
    await phone.tap("Stop it now");
    await phone.page.getByRole("link", { name: "Mine" }).click();
    await phone.tap("This phone");
    await phone.tap("Tell me when there is something new");
    await phone.reads("This phone tells you when there is something new. It says nothing else.");
    assert.equal(push.subscriptions.length, 1);
    // A server that was restored may not know it any more: it is told again, once.
    const told = () => phone.asked.filter((url) => url.endsWith("/v1/device/push-subscription")).length;
    const before = told();
    await changeKept(phone.page, "told_push", { incarnation: "another" });
    await phone.page.evaluate(() => {
        dispatchEvent(new Event("online"));
    });
    await until(() => told() > before, "it is told where to wake this phone");

    // The app is closed, the browser is open: its worker is woken, wipes, and hands in what it did.
    await phone.page.goto("about:blank");
    await stage.ask("revoke", { release: first });
    await until(() => cast.knows(first, "wiped"), "told that it is gone");
    const [message] = push.pushed;
    assert.ok(push.taken.has(message.version), "Firefox has taken it");

    // The browser is closed when the next one is ended; it hears of it when it opens again, with no page of the app.
    await phone.page.goto(`${stage.base}/`);
    await phone.tap("There is a note for you");
    await phone.tap("I have read it");
    const second = await stage.release();
    await phone.ready();
    // What a phone has told is on its disk: closed a moment earlier it would have forgotten the clip, and say nothing of it.
    await until(() => cast.knows(second, "ready"), "told that it is ready");
    await phone.context.close();
    const pushed = push.pushed.length;
    await stage.ask("revoke", { release: second });
    await until(() => push.pushed.length > pushed, "pushed to a browser that is closed");
    await phone.start({ page: "about:blank" });
    await until(() => cast.knows(second, "wiped"), "told that it is gone");
    await phone.page.goto(`${stage.base}/`);
    await phone.reads("A clip has come to an end.");
    const left = await phone.stored();
    assert.deepEqual([left.rows.clips, left.rows.records, left.databases], [0, 0, ["refrain"]]);
    // What came and what ended are of one size on the way, and say nothing that could be read there.
    assert.ok(push.pushed.length > 2);
    assert.equal(new Set(push.pushed.map(({ body }) => body.length)).size, 1);

    // Removed and paired anew it does not say that it is woken, for it is not; and then it is, by a tap.
    const { devices } = await stage.ask("confirm");
    await stage.ask("remove", { device: devices.at(-1).device });
    await phone.page.reload();
    await phone.heading("This phone has been removed.");
    await phone.tap("Begin again");
    await phone.heading("Your code");
    await phone.page.getByLabel("Code").fill(await stage.ask("invite"));
    await phone.tap("Connect");
    await phone.heading("What Ada Testperson sees");
    await phone.tap("All right");
    await phone.tap("Not now");
    await stage.ask("confirm");
    await phone.mine("This phone");
    await phone.tap("Tell me when there is something new");
    await phone.reads("This phone tells you when there is something new. It says nothing else.");
    const third = await stage.release();
    await phone.page.getByRole("link", { name: "Home" }).click();
    await phone.ready();
    await until(() => cast.knows(third, "ready"), "told that it is ready");
    await phone.page.goto("about:blank");
    await stage.ask("revoke", { release: third });
    await until(() => cast.knows(third, "wiped"), "told that it is gone");
});

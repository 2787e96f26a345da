// Help and breathing, which stand behind nothing.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Cast } from "../stage/cast.mjs";
import { until } from "../stage/until.mjs";

let [stage, cast] = [];
beforeEach(async () => {
    cast = await Cast.open();
    ({ stage } = cast);
});
afterEach(() => cast.close());

test("breathing and help are there before a code, and without a network", async () => {
    const phone = await cast.phone();
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

test("help is one tap away on every page, and the page that comes is where one is", async () => {
    const phone = await cast.phone();
    const seen = [];
    const each = async (name) => {
        seen.push(name);
        const help = phone.page
            .getByRole("button", { name: "Help", exact: true })
            .or(phone.page.getByRole("link", { name: "Help", exact: true }));
        assert.equal(await help.count(), 1, name);
    };
    // Who does not see that a page has changed hears it: where one is goes to its heading.
    const heard = [];
    await phone.context.exposeFunction("heard", (title) => heard.push(title));
    await phone.context.addInitScript(() =>
        addEventListener("focusin", ({ target }) => {
            if (target.tagName === "H1") globalThis.heard(target.textContent);
        }),
    );
    await phone.page.reload();
    await phone.heading("Something to come back to");
    await phone.tap("Help");
    await phone.reads("In an emergency call the emergency number of the place where you are.");
    await phone.page.getByRole("link", { name: "Home" }).click();
    await phone.pair(await stage.ask("invite"), { each, lock: "482913" });
    await each("home");
    await stage.ask("confirm");
    await stage.release({ daily_limit: 1 });
    await phone.page.reload();
    await phone.heading("Good that you are here.");
    await each("lock");
    await phone.page.getByLabel("Your code").fill("482913");
    await phone.tap("Open");
    await phone.ready();
    await until(() => heard.at(-1) === "Your clips", "what was behind the curtain is heard");
    await phone.plays();
    await each("player");
    await phone.tap("Help");
    await phone.reads("Call 030 000002");
    assert.equal(
        await phone.page.evaluate(() => navigator.mediaSession.playbackState),
        "none",
        "nothing plays on behind it",
    );
    await phone.page.getByRole("link", { name: "Home" }).click();
    await phone.hears();
    await phone.tap("Play Breathing");
    await phone.heading("Not now");
    await each("not now");
    await phone.tap("Back to my clips");
    const second = await phone.context.newPage();
    phone.watch(second);
    await second.goto(`${stage.base}/`);
    await second.getByRole("button", { name: "Use it here" }).click();
    await phone.reads("It is open in another window.");
    await phone.page.bringToFront();
    await each("elsewhere");
    await phone.tap("Use it here");
    await phone.heading("Good that you are here.");
    await each("lock again");
    await until(() => heard.at(-1) === "Good that you are here.", "the page that came by itself is heard, too");
    await second.close();
    const pages = [
        "Something to come back to",
        "Put Tides on your phone",
        "Your code",
        "What your therapist sees",
        "A code of your own?",
        "Your clips",
        "Breathing",
        "Help",
        "Not now",
    ];
    // Whose name it is may be told before or after.
    const titles = heard.map((title) => title.replace("Ada Testperson", "your therapist"));
    assert.deepEqual(
        pages.filter((title) => !titles.includes(title)),
        [],
        "each was heard",
    );
    assert.deepEqual(seen, [
        "welcome",
        "install",
        "code",
        "seen",
        "lock-offer",
        "home",
        "lock",
        "player",
        "not now",
        "elsewhere",
        "lock again",
    ]);
});

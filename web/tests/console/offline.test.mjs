// The desk without a network: what it keeps, what is decided meanwhile, and what becomes of it.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Cast } from "../stage/cast.mjs";
import { until } from "../stage/until.mjs";

const CLIENT = "Ben Placeholder";

let [stage, cast, desk, account, walk] = [];
beforeEach(async () => {
    cast = await Cast.open();
    ({ stage } = cast);
    account = await stage.ask("desk");
    walk = (await stage.ask("upload", { file: "breathing.mp3", title: "The slow walk" })).clip;
    await stage.release();
    desk = await cast.desk();
});
afterEach(() => cast.close());

const releases = async () => {
    const { client } = await stage.ask("case");
    return (await stage.ask("call", { method: "GET", path: `/v1/clients/${client}/releases` })).releases;
};
const asked = (from, pattern) => desk.sent.slice(from).filter(({ path, method }) => pattern.test(`${method} ${path}`));

/** Everything that the console keeps, as text. */
const dump = () =>
    desk.page.evaluate(async () => {
        const db = await new Promise((resolve, reject) => {
            const opening = indexedDB.open("refrain-console");
            opening.onsuccess = () => resolve(opening.result);
            opening.onerror = () => reject(opening.error);
        });
        const said = [];
        const text = (value) => {
            if (value instanceof ArrayBuffer || ArrayBuffer.isView(value))
                said.push(new TextDecoder("latin1").decode(value));
            else if (value && typeof value === "object")
                for (const [key, inner] of Object.entries(value)) {
                    said.push(key);
                    text(inner);
                }
            else said.push(String(value));
        };
        for (const name of db.objectStoreNames) {
            const rows = await new Promise((resolve) => {
                const found = [];
                db.transaction(name).objectStore(name).openCursor().onsuccess = ({ target: { result } }) => {
                    if (!result) return resolve(found);
                    found.push([result.key, result.value]);
                    result.continue();
                };
            });
            text(rows);
        }
        db.close();
        return said.join("\n");
    });

const here = () =>
    desk.page.evaluate(async () => [
        (await indexedDB.databases()).map(({ name }) => name),
        (await caches.keys()).filter((name) => name.startsWith("console-")).length,
        (await navigator.serviceWorker.getRegistrations()).length,
    ]);

/** The server says to whoever signs in that their account has ended. */
async function accountEnds() {
    const ended = {
        type: "urn:refrain:problem:account_ended",
        title: "Ended",
        status: 403,
        code: "account_ended",
        detail: "ended",
    };
    const answer = (route) =>
        route.fulfill({ status: 403, contentType: "application/problem+json", body: JSON.stringify(ended) });
    await desk.page.route(/\/v1\/sign-in$/, answer);
    return answer;
}

/** Signs in at a computer that keeps the work, and waits until it has gathered all of it. */
async function keepsTheWork() {
    const gathered = desk.page.waitForResponse(/\/listening$/, { timeout: 60_000 });
    await desk.signIn(undefined, { keep: true });
    await gathered;
    await desk.openClient(CLIENT);
    await desk.page.locator(".standing.live").first().waitFor();
    await desk.page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
}

async function offline() {
    await desk.context.setOffline(true);
    await desk.page.reload();
    await desk.heading("Good to see you");
}

async function opensOffline(password = account.password) {
    await desk.page.getByLabel("E-mail").fill(account.email);
    await desk.page.getByLabel("Password").fill(password);
    await desk.tap("Sign in");
}

async function change(what) {
    await desk.tap("Change this");
    await desk.page.getByText(what, { exact: true }).click();
    await desk.reads("Nobody answers just now. What you decide is kept here");
}

test("nothing is kept unless somebody wants it", async () => {
    await desk.reads("This computer keeps nothing.");
    await desk.signIn();
    await desk.openClient(CLIENT);
    assert.deepEqual(await here(), [[], 0, 0]);
    await desk.tap("Sign out");
    await desk.heading("Good to see you");
});

test("what is kept is encrypted, opens by the password alone, and says from when it is", async () => {
    await desk.page.getByLabel("Keep my work on this computer").check();
    await desk.reads("only on a computer that is yours");
    await desk.isAccessible();
    await keepsTheWork();
    const kept = await dump();
    assert.ok(kept.length > 5_000, `${kept.length} characters`);
    for (const word of [
        CLIENT,
        "Ben",
        "Breathing",
        "The slow walk",
        "client_",
        "/v1/",
        account.email,
        "Ada",
        account.password,
    ])
        assert.ok(!kept.includes(word), word);

    await offline();
    await opensOffline("not the password");
    await desk.reads("Nobody answers just now, and what is kept here does not open with that.");
    await desk.isAccessible();
    await opensOffline();
    await desk.heading("Hello, Ada");
    await desk.reads(/You see what was true as of \w+ \d+ \w+, \d\d:\d\d\./);
    await desk.isAccessible();
    await desk.openClient(CLIENT);
    await desk.page.locator(".standing.live").waitFor();
    await desk.reads("The slow walk");
    await desk.tab("Sessions and papers");
    await desk.reads("Ada Testperson");
    await desk.tap("Cut a clip from it");
    await desk.heading("Cut a clip");
    await desk.isAccessible();
});

test("what is decided without a network is kept, can be taken back, and is sent in order after a sign-in", async () => {
    await keepsTheWork();
    await offline();
    await opensOffline();
    await desk.openClient(CLIENT);
    const from = desk.sent.length;
    // It gives something: it goes last.
    await desk.page
        .locator(".clip", { hasText: "The slow walk" })
        .getByRole("button", { name: "Share", exact: true })
        .click();
    await desk.tap(`Share with ${CLIENT} …`);
    await desk.tap(`Yes, share with ${CLIENT}`);
    await desk.reads("Once the time is over it is kept here until it can be sent.");
    await desk.tap("Share it now");
    await desk.page.getByRole("button", { name: "1 not sent yet" }).waitFor();
    await change("Fewer plays a day");
    await desk.isAccessible();
    await desk.tap("Once a day from now");
    await desk.reads("Decided, and not sent yet: “Breathing”: once a day");
    await change("Pause");
    await desk.page.getByText("Upset after it").click();
    await desk.page.getByLabel("What you saw").fill("Called from the train.");
    await desk.tap("Pause now");
    await desk.page.locator("dialog").waitFor({ state: "detached" });
    await desk.tap("4 not sent yet");
    await desk.heading("Hello, Ada");
    await desk.isAccessible();
    const line = (text) => desk.page.locator(".duty", { hasText: text });
    await line("“Breathing”: once a day").getByRole("button", { name: "Take it back" }).click();
    await desk.page.getByRole("button", { name: "3 not sent yet" }).waitFor();
    assert.deepEqual(asked(from, /./), [], "nobody is asked");

    // A page that is closed asks before, and loses nothing.
    const warned = [];
    desk.page.on("dialog", (dialog) => {
        warned.push(dialog.type());
        void dialog.accept();
    });
    await offline();
    assert.deepEqual(warned, ["beforeunload"]);
    await opensOffline();
    await desk.page.getByRole("button", { name: "3 not sent yet" }).waitFor();
    assert.ok(!(await dump()).includes("train"));
    await desk.tap("Sign out");
    await desk.dialog("Something is not sent yet").getByText("3 changes are not sent yet.").waitFor();
    await desk.isAccessible();
    await desk.tap("Cancel");

    // Of two windows one keeps.
    const second = await desk.context.newPage();
    await second.goto(desk.page.url().replace(/#.*/, ""));
    await second.getByLabel("E-mail").fill(account.email);
    await second.getByLabel("Password").fill(account.password);
    await second.getByRole("button", { name: "Sign in" }).click();
    await second.getByText("It is open in another window.").waitFor();
    await second.close();

    await desk.context.setOffline(false);
    await desk.reads("The server answers again.");
    await desk.isAccessible();
    await desk.page.locator(".asof").getByRole("button", { name: "Sign in" }).click();
    await desk.reads("Sign in, and what waits is sent.");
    await desk.signIn();
    await desk.page.getByRole("button", { name: /not sent yet/ }).waitFor({ state: "detached" });
    const sent = asked(from, /holds$|releases$|observations$/).map(({ path }) => path.split("/").at(-1));
    assert.deepEqual(
        sent,
        ["holds", "releases", "observations"],
        "what takes away first, then the rest as it was decided",
    );
    const now = await releases();
    assert.deepEqual(now.map(({ standing }) => standing).sort(), ["held", "live"]);
    assert.ok(
        now.every(({ terms }) => terms.daily_limit === null),
        "what was taken back was never sent",
    );
    const { client } = await stage.ask("case");
    const { observations } = await stage.ask("call", { method: "GET", path: `/v1/clients/${client}/observations` });
    assert.deepEqual(
        observations.map(({ reason }) => reason),
        ["Called from the train."],
    );
});

test("what was decided elsewhere meanwhile is shown, and somebody decides", async () => {
    const { client } = await stage.ask("case");
    const release = await stage.release({}, { clip: walk });
    await keepsTheWork();
    // In the middle of a session: what was signed in stays so.
    await desk.context.setOffline(true);
    await desk.reads("You see what was true as of");
    await desk.page.locator(".clip", { hasText: "The slow walk" }).getByRole("button", { name: "Change this" }).click();
    await desk.page.getByText("Fewer plays a day", { exact: true }).click();
    await desk.tap("Once a day from now");
    await desk.reads("Decided, and not sent yet: “The slow walk”: once a day");
    await stage.ask("call", {
        method: "POST",
        path: `/v1/clients/${client}/revocations`,
        body: { on: { release }, observation: null },
    });
    await desk.context.setOffline(false);
    await desk.page.getByRole("button", { name: "1 not sent yet" }).click();
    await desk.reads("It had ended already.");
    await desk.isAccessible();
    await desk.tap("Leave it");
    await desk.page.getByRole("button", { name: /not sent yet/ }).waitFor({ state: "detached" });
});

test("a clip that was taken back meanwhile is not shared before that was seen", async () => {
    const { client } = await stage.ask("case");
    await keepsTheWork();
    await desk.page
        .locator(".clip", { hasText: "The slow walk" })
        .getByRole("button", { name: /^Share/ })
        .click();
    await desk.reads("How long, and how often");
    await desk.context.setOffline(true);
    await desk.tap(`Share with ${CLIENT} …`);
    await desk.tap(`Yes, share with ${CLIENT}`);
    await desk.tap("Share it now");
    await desk.page.getByRole("button", { name: "1 not sent yet" }).waitFor();
    await stage.ask("call", {
        method: "POST",
        path: `/v1/clients/${client}/revocations`,
        body: { on: { clip: walk }, observation: null },
    });
    await desk.context.setOffline(false);
    const shown = desk.dialog("Something was decided before");
    await shown.getByText("“The slow walk” was taken back before.").waitFor();
    await desk.isAccessible();
    const shared = desk.shared();
    await shown.getByRole("button", { name: "Share it all the same" }).click();
    await shared;
    await desk.page.getByRole("button", { name: /not sent yet/ }).waitFor({ state: "detached" });
    assert.equal((await releases()).filter(({ clip, standing }) => clip === walk && standing === "live").length, 1);
});

test("after ten quiet minutes nobody's name is there, and only a password opens it", async () => {
    await keepsTheWork();
    await desk.page.clock.install();
    await desk.page.clock.fastForward(11 * 60_000);
    await desk.reads("The desk was locked after ten quiet minutes.");
    assert.ok(!(await desk.page.content()).includes(CLIENT));
    await desk.page.clock.resume();
    await offline();
    for (let n = 0; n < 3; n += 1) {
        await opensOffline(`wrong ${n}`);
        await desk.reads(/does not open with that|Wait/);
    }
    await opensOffline();
    await desk.reads(/Wait (a second|\d+ seconds), then try again\./);
    await desk.page.waitForFunction(() => !document.querySelector("button[type=submit]").disabled);
});

test("an account that has ended erases what it kept, and so does whoever wants nothing kept", async () => {
    await keepsTheWork();
    await desk.page.reload();
    const answer = await accountEnds();
    assert.deepEqual((await here())[0], ["refrain-console"]);
    await desk.page.getByLabel("E-mail").fill(account.email);
    await desk.page.getByLabel("Password").fill(account.password);
    await desk.page.getByLabel("Code", { exact: true }).fill("123456");
    await desk.tap("Sign in");
    await desk.reads("What it kept on this computer is erased.");
    assert.deepEqual(await here(), [[], 0, 0]);
    await desk.page.unroute(/\/v1\/sign-in$/, answer);
    await desk.page.reload();
    await desk.signIn(undefined, { keep: true });
    await desk.page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
    assert.deepEqual((await here())[0], ["refrain-console"]);
    await desk.tap("Sign out");
    await desk.page.reload();
    await desk.signIn(undefined, { keep: false });
    assert.deepEqual(await here(), [[], 0, 0]);
});

test("what waits is sent before nothing is kept, and what can never be sent is said", async () => {
    const { clip } = await stage.ask("upload", { file: "breathing.mp3", title: "The last one" });
    await stage.release({}, { clip });
    // Decided while somebody was signed in: it was tried, and may have arrived. Forgetting it here would take nothing back.
    const decidesWithout = async (what, does) => {
        await desk.page.reload();
        await desk.signIn(undefined, { keep: true });
        await desk.openClient(CLIENT);
        const card = desk.page.locator(".clip", { hasText: "The last one" });
        await card.getByRole("button", { name: "Change this" }).waitFor();
        await desk.context.setOffline(true);
        await card.getByRole("button", { name: "Change this" }).click();
        await desk.page.locator("form").getByText(what, { exact: true }).click();
        await desk.tap(does);
        await desk.page.locator("dialog").waitFor({ state: "detached" });
        await desk.tap("1 not sent yet");
        await desk.reads("It may have arrived already.");
        assert.equal(await desk.button("Take it back").count(), 0);
        await desk.isAccessible();
        await desk.tap("Sign out");
        await desk.dialog("Something is not sent yet").getByRole("button", { name: "Sign out" }).click();
        await desk.heading("Good to see you");
        await desk.context.setOffline(false);
    };
    const standing = async () => (await releases()).find((one) => one.clip === clip).standing;

    await decidesWithout("Pause", "Pause now");
    assert.equal(await standing(), "live");
    await desk.signIn(undefined, { keep: false });
    await until(async () => (await standing()) === "held", "the pause was sent");
    await until(async () => (await here())[0].length === 0, "and then everything erased");
    await desk.tap("Sign out");

    await decidesWithout("End it", "End it now");
    await accountEnds();
    await desk.page.getByLabel("E-mail").fill(account.email);
    await desk.page.getByLabel("Password").fill(account.password);
    await desk.page.getByLabel("Code", { exact: true }).fill("123456");
    await desk.tap("Sign in");
    await desk.reads("What you had decided here could not be sent any more.");
    await desk.reads("end “The last one”");
    await desk.isAccessible();
    assert.deepEqual(await here(), [[], 0, 0]);
});

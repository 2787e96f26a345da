// Today, with more clients than one page of anything: nothing is hidden, the most urgent stands first, and few questions are asked.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Cast } from "../stage/cast.mjs";
import { until } from "../stage/until.mjs";

let [stage, cast, desk, asked] = [];
beforeEach(async () => {
    cast = await Cast.open();
    ({ stage } = cast);
    desk = await cast.desk();
    asked = [];
    desk.context.on("request", (request) => {
        const { pathname } = new URL(request.url());
        if (pathname.startsWith("/v1/")) asked.push(`${request.method()} ${pathname}`);
    });
});
afterEach(() => cast.close());

const call = (method, path, body) => stage.ask("call", { method, path, body });
const addClient = async (name) => (await call("POST", "/v1/clients", { name })).client;
const lines = () =>
    desk.page.locator("section", { has: desk.page.getByRole("heading", { name: "To do" }) }).locator(".duty");
const toToday = () => desk.page.locator(".brand").click();

test("with forty-one clients the last one's letter is the first line, and little is asked for it", async () => {
    for (let n = 1; n <= 39; n += 1) await stage.ask("phone", { client: await addClient(`Client ${n}`) });
    await stage.ask("phone", { client: await addClient("Zoe Last"), confirmed: true, returns: 1 });
    asked.length = 0;
    // Before any timer of the page begins.
    await desk.page.clock.install();
    await desk.signIn();
    await lines().nth(39).waitFor();
    assert.match(await lines().first().textContent(), /Zoe Last stopped a clip/);
    assert.equal(await lines().count(), 40);
    assert.equal(await desk.page.getByText("All done.").count(), 0);
    await desk.isAccessible();
    const reads = asked.filter((one) => one.startsWith("GET"));
    assert.ok(reads.length <= 4, `Today is read with few questions: ${reads}`);

    // Ten minutes of nobody touching anything lock the desk; five do not.
    asked.length = 0;
    const now = () => desk.page.evaluate(() => Date.now());
    const began = await now();
    for (let times = 1; times <= 5; times += 1) {
        await until(async () => {
            await desk.page.clock.fastForward(5_000);
            return asked.filter((one) => one.endsWith("/v1/duties")).length >= times;
        }, "it is read again");
    }
    const minutes = ((await now()) - began) / 60_000;
    assert.ok(asked.length <= minutes * 4, `an idle desk asks little in ${minutes} minutes: ${asked}`);
});

test("a letter is to do until it was read; what was new is shown as new", async () => {
    await stage.ask("phone", { client: await addClient("Yara Waiting") });
    await stage.ask("phone", { client: await addClient("Zoe Last"), confirmed: true, returns: 1 });
    await desk.signIn();
    await lines().filter({ hasText: "Zoe Last" }).click();
    await desk.heading("Zoe Last");
    await desk.reads("Zoe Last stopped a clip");
    await desk.page.locator("article", { hasText: "stopped a clip" }).getByText("New", { exact: true }).waitFor();
    await desk.isAccessible();
    await until(
        async () => (await call("GET", "/v1/duties")).duties.every(({ kind }) => kind !== "read_letter"),
        "it is read",
    );
    await desk.tab("Phones");
    await desk.tab("Letters");
    await desk.reads("Zoe Last stopped a clip");
    assert.equal(await desk.page.getByText("New", { exact: true }).count(), 0, "it was new once");
    await toToday();
    await lines().filter({ hasText: "Yara Waiting" }).waitFor();
    assert.equal(await lines().count(), 1);
    assert.equal(await lines().filter({ hasText: "Zoe Last" }).count(), 0);
});

test("all pages are read: what stands on the second one is shown", async () => {
    const { client } = await stage.ask("case");
    await stage.ask("phone", { client, confirmed: true, requests: 110 });
    const last = await addClient("Yara Later");
    await stage.ask("phone", { client: last, confirmed: true, requests: 1 });
    assert.ok((await call("GET", "/v1/duties")).next, "there is a second page");
    await desk.signIn();
    await desk.reads("and 109 more");
    await lines().filter({ hasText: "Yara Later" }).waitFor();
    assert.equal(await lines().count(), 2);
});

test("what could not be read whole is never called done", async () => {
    await desk.signIn();
    let fails = "second";
    await desk.context.route(/\/v1\/duties/, async (route) => {
        const isFirst = !route.request().url().includes("after=");
        if (fails === "second" && isFirst)
            await route.fulfill({ json: { duties: [], next: "x", letters_next: "2026-01-01T00:00:00Z" } });
        else if (fails)
            await route.fulfill({
                status: 503,
                contentType: "application/problem+json",
                json: { code: "unavailable" },
            });
        else await route.fulfill({ json: { duties: [], next: null, letters_next: "2026-01-01T00:00:00Z" } });
    });
    for (const what of ["second", "first"]) {
        fails = what;
        await desk.openClient("Ben Placeholder");
        await toToday();
        await desk.reads("What is to do could not be read just now.");
        assert.equal(await desk.page.getByText("All done.").count(), 0);
        await desk.isAccessible();
    }
    // The rest of the page is there all the same.
    await desk.reads("Ben Placeholder");
    fails = "";
    await desk.page.locator(".trouble").getByRole("button", { name: "Try again" }).click();
    await desk.reads("All done.");
});

test("a phone that was copied is to do until the therapist says that they know", async () => {
    await stage.ask("phone", { client: await addClient("Zoe Last"), confirmed: true, copied: true });
    await desk.signIn();
    const line = lines().filter({ hasText: "Zoe Last" });
    assert.match(await line.textContent(), /has a phone that was copied. Refrain has removed it/);
    await line.click();
    await desk.reads("“Phone” was copied: two devices answered as one.");
    await desk.reads("Ask Zoe Last who else can open the phone before you add a new one.");
    await desk.isAccessible();
    await desk.page.getByRole("button", { name: "I know" }).click();
    await desk.page.getByText("was copied: two devices").waitFor({ state: "detached" });
    await toToday();
    await desk.reads("All done.");
});

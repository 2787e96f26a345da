// The console in a real browser, against the real server, with a real phone beside it.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Desk } from "./desk.mjs";
import { Phone } from "./phone.mjs";
import { byteOf, RATE, writeSession } from "./session.mjs";
import { Stage } from "./stage.mjs";

const media = (name) => fileURLToPath(new URL(`../../tests/media/${name}`, import.meta.url));
const CLIENT = "Cleo Example";

let stage;
let desk;
let folder;
let phone;
before(async () => {
    folder = mkdtempSync(join(tmpdir(), "refrain-session-"));
    stage = await Stage.open();
    desk = await Desk.open(stage);
});
after(async () => {
    await phone?.close();
    await desk?.close();
    await stage?.close();
    rmSync(folder, { recursive: true, force: true });
});

/** What was asked of the server that changes something there. */
const asked = (pattern) => desk.sent.filter(({ path, method }) => pattern.test(`${method} ${path}`));

async function toClient(name) {
    // What an earlier test has left open is not in the way of this one.
    while (await desk.page.locator("dialog[open]").count()) await desk.page.keyboard.press("Escape");
    await desk.page.locator(".brand").click();
    await desk.openClient(name);
}

/** Shares the clip of the stage's client, up to the bar that counts down. */
async function share() {
    await toClient("Ben Placeholder");
    await desk.tap(/^Share( again)?$/);
    await desk.tap("Share with Ben Placeholder …");
    await desk.tap("Yes, share with Ben Placeholder");
    await desk.reads("Nothing has left yet.");
}

async function endEverything(client) {
    await stage.ask("call", {
        method: "POST",
        path: `/v1/clients/${client}/revocations`,
        body: { on: "shelf", observation: null },
    });
}

test("signing in: a wrong password says so, and where nobody can yet, the page says the command", async () => {
    await desk.isAccessible();
    await desk.page.reload();
    await desk.reads("The page was loaded anew, so please sign in again.");
    await desk.page.getByText("Nobody can sign in yet?").click();
    await desk.reads("refrain init");
    await desk.signIn("not the password");
    await desk.reads("That did not fit together.");
    await desk.isAccessible();
    await desk.signIn();
    await desk.heading("Hello, Ada");
    await desk.reads("All done.");
    await desk.isAccessible();
});

test("from a new client to a clip that is shared, paused, ended, and the truth about it", async () => {
    await desk.tap("Add a client");
    await desk.page.getByLabel("Name").fill(CLIENT);
    await desk.isAccessible();
    await desk.tap("Add");
    await desk.openClient(CLIENT);
    await desk.reads("No clips yet.");
    await desk.isAccessible();

    // A phone: invited, its name seen, confirmed.
    await desk.tab("Phones");
    await desk.tap("Add a phone");
    const code = await desk.page.locator(".code").textContent();
    await desk.reads("15 minutes left");
    await desk.isAccessible();
    phone = await Phone.open(stage.base);
    await phone.pair(code, { share: true });
    await desk.reads("“Ben's phone”");
    await desk.isAccessible();
    await desk.tap("Yes, it is theirs");
    await desk.reads("Confirmed. What you share arrives by itself.");
    await desk.tap("Done");
    await desk.isAccessible();

    // A session: who was there, and what each has signed.
    await desk.tab("Sessions and papers");
    await desk.reads("No session yet.");
    await desk.tap("Enter a session");
    await desk.page.getByLabel("Name").fill("Dana Example");
    await desk.tap("Add this person");
    await desk.isAccessible();
    await desk.tap("Enter the session");
    for (const name of ["Ada Testperson", CLIENT, "Dana Example"]) {
        await desk.page
            .locator(".people li", { hasText: name })
            .getByRole("button", { name: /^Enter a signed paper/ })
            .click();
        const paper = desk.dialog(`${name} has signed`);
        await paper.getByText("Clips of our sessions may be shared with you.").waitFor();
        if (name === CLIENT) await desk.isAccessible();
        if (name !== "Dana Example") await paper.getByText("watching together in the room").click();
        await paper.getByRole("button", { name: "Enter the paper" }).click();
        await desk.page
            .locator(".people li", { hasText: name })
            .getByText(/Agreed to: being recorded, sharing clips/)
            .waitFor();
    }
    await desk.isAccessible();

    // An hour of it, of which four seconds leave the computer.
    await desk.tap("Cut a clip from it");
    await desk.heading("Cut a clip");
    await desk.isAccessible();
    const session = writeSession(join(folder, "session.wav"), 3_600);
    const before = desk.sent.length;
    await desk.page.getByLabel("The recording", { exact: true }).setInputFiles(join(folder, "session.wav"));
    await desk.reads("A piece of 1:00");
    await desk.page.getByLabel("Begins at").fill("42:10");
    await desk.page.getByLabel("Ends at").fill("42:14");
    await desk.reads("A piece of 0:04");
    await desk.tap("Cut it, to listen through");
    const use = desk.button("Keep it as a clip");
    await desk.page.getByText("Dana Example", { exact: true }).waitFor();
    await desk.page.getByText(CLIENT, { exact: true }).last().click();
    await desk.page.getByText("Ada Testperson", { exact: true }).last().click();
    await desk.page.getByLabel("What it is called").fill("The breath before the door");
    assert.ok(await use.isDisabled(), "not before it was heard");
    await desk.isAccessible();
    await desk.page.locator(".two.even audio").evaluate((audio) => audio.play());
    await desk.reads("You have heard all of it.");
    assert.equal(desk.sent.length, before, "nothing was sent so far");
    await use.click();
    await desk.heading(`Share “The breath before the door” with ${CLIENT}`);
    const sent = desk.sent.slice(before);
    assert.deepEqual(
        sent.map(({ method }) => method),
        ["POST", "PUT", "POST"],
        "what is said of it, the piece, and nothing else",
    );
    const [, { body }] = sent;
    const piece = session.subarray(byteOf(2_530), byteOf(2_534));
    assert.ok(body.length < piece.length + 1_000 && body.includes(piece.subarray(RATE, -RATE)), "the piece");
    for (let second = 0; second < 3_600; second += 1) {
        if (second >= 2_530 && second < 2_534) continue;
        assert.ok(!body.includes(session.subarray(byteOf(second), byteOf(second) + 16)), `nothing of second ${second}`);
    }

    // It is shared, with words.
    await desk.page.getByText("Once a day for two weeks").click();
    await desk.page.getByLabel("A line to read before listening").fill("Before you go out.");
    await desk.tap("+ Add words at a place");
    await desk.page.getByLabel("At", { exact: true }).fill("0:02");
    await desk.page.getByLabel("Words", { exact: true }).fill("Listen for your shoulders here.");
    await desk.isAccessible();
    await desk.tap(`Share with ${CLIENT} …`);
    await desk.reads("this would be their first clip");
    await desk.isAccessible();
    await desk.tap(`Yes, share with ${CLIENT}`);
    await desk.reads("Nothing has left yet.");
    await desk.isAccessible();
    assert.deepEqual(asked(/POST .*\/releases$/), []);
    await desk.tap("Share it now");
    await desk.reads("once a day · works offline for 3 days");
    await phone.page.reload();
    await phone.button("Play The breath before the door").waitFor();
    await desk.reads(/Ready since \d\d:\d\d\. Works offline until/);
    await desk.reads("If you end it now, it cannot play anywhere after");
    await desk.isAccessible();

    // It is heard; a letter arrives; in the room it plays without the phone.
    await phone.plays("The breath before the door");
    await phone.page.waitForFunction(() => Number(document.querySelector(".where input")?.value) >= 2);
    await phone.tap("Stop it now");
    await phone.page.getByRole("link", { name: "Ask" }).click();
    await phone.page.getByLabel("Or in your own words").fill("Could we talk about the door?");
    await phone.tap("Send");
    await phone.reads("Arrived");
    await phone.page.getByRole("link", { name: "Home" }).click();
    await desk.page.locator(".brand").click();
    const line = desk.page.locator(".duty", { hasText: "has written to you" });
    await line.waitFor();
    await desk.isAccessible();
    const read = desk.page.waitForResponse(
        (response) => /\/letters\/readings$/.test(response.url()) && response.status() === 204,
    );
    await line.click();
    await desk.reads("Could we talk about the door?");
    await read;
    await desk.isAccessible();
    await desk.page.locator(".brand").click();
    await desk.reads("All done.");
    assert.equal(await line.count(), 0, "what was read is done");
    await desk.openClient(CLIENT);
    await desk.tap("Play in the room");
    await desk.page.locator("audio").evaluate((audio) => audio.play());
    await desk.isAccessible();
    await desk.tap("Done");

    // It stays longer.
    await desk.tap("Change this");
    await desk.page.getByText("Longer, or less long.").click();
    const later = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10);
    await desk.page.getByLabel("Until", { exact: true }).fill(`${later}T18:30`);
    await desk.isAccessible();
    await desk.tap("Until then, from now");
    await desk.reads(/^Until .* 18:30 · once a day/);

    // It rests, and comes back.
    await desk.tap("Change this");
    await desk.reads("Nothing changes on the phone.");
    await desk.isAccessible();
    await desk.page.getByText("It rests, and can come back as it was.").click();
    await desk.dialog("Change “The breath before the door”").getByText("This clip is resting for now.").waitFor();
    await desk.tap("Pause now");
    await phone.reads("This clip is resting for now.");
    await desk.tap("End the pause");
    await desk.page.locator(".standing.live").waitFor();
    await phone.page.reload();
    await phone.button("Play The breath before the door").waitFor();

    // It ends, with a note that no phone receives.
    await desk.tap("Change this");
    await desk.page.getByText("End it", { exact: true }).click();
    await desk.dialog("Change “The breath before the door”").getByText("This clip has come to an end.").waitFor();
    await desk.page.getByText("Leaning on it a lot").click();
    await desk.page.getByLabel("What you saw").fill("Hears it ten times before leaving the house.");
    await desk.isAccessible();
    await desk.tap("End it now");
    await desk.reads(/Removed \d\d:\d\d, confirmed by the phone/);
    await phone.reads("A clip has come to an end.");
    await desk.isAccessible();

    // The phone is removed.
    await desk.tab("Phones");
    await desk.tap(/^Remove this phone/);
    await desk.dialog("Remove “Ben's phone”?").getByText("there is nothing on it that plays").waitFor();
    await desk.isAccessible();
    await desk.tap("Remove it now");
    await desk.reads("Removed phones (1)");
    await phone.page.reload();
    await phone.heading("This phone has been removed.");
});

test("thirty seconds: what is taken back was never sent, and what is not is sent once", async () => {
    const { client } = await stage.ask("case");
    await desk.page.clock.install();
    const before = asked(/POST .*\/releases$/).length;
    await share();
    await desk.tap("Take it back");
    await desk.page.clock.fastForward(31_000);
    await desk.button("Share").waitFor();
    assert.equal(asked(/POST .*\/releases$/).length, before);
    await share();
    await desk.page.clock.fastForward(29_000);
    assert.equal(asked(/POST .*\/releases$/).length, before);
    const shared = desk.shared();
    await desk.page.clock.fastForward(2_000);
    await shared;
    await desk.reads("“Breathing” is shared with Ben Placeholder.");
    assert.equal(asked(/POST .*\/releases$/).length, before + 1);
    await desk.page.clock.resume();
    await endEverything(client);
});

test("what had been taken back is shown before it can be shared again", async () => {
    const { client, clip } = await stage.ask("case");
    await stage.ask("call", {
        method: "POST",
        path: `/v1/clients/${client}/revocations`,
        body: { on: { clip }, observation: null },
    });
    await share();
    await desk.tap("Share it now");
    const shown = desk.dialog("Something was decided before");
    await shown.getByText("“Breathing” was taken back before.").waitFor();
    await desk.isAccessible();
    const shared = desk.shared();
    await shown.getByRole("button", { name: "Share it all the same" }).click();
    await shared;
    const { releases } = await stage.ask("call", { method: "GET", path: `/v1/clients/${client}/releases` });
    assert.deepEqual(
        releases.map(({ standing }) => standing).filter((standing) => standing !== "revoked"),
        ["live"],
    );
    await endEverything(client);
});

test("what was shared elsewhere without knowing waits for a word, and gets it", async () => {
    const { client } = await stage.ask("case");
    await stage.ask("share_unaware");
    await toClient("Ben Placeholder");
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
    await endEverything(client);
});

test("nobody answers: it is said, what was true stays, and what waits is sent once when they do", async () => {
    const { client, clip } = await stage.ask("case");
    await stage.ask("call", {
        method: "POST",
        path: `/v1/clients/${client}/revocations`,
        body: { on: { clip }, observation: null },
    });
    const { releases: old } = await stage.ask("call", { method: "GET", path: `/v1/clients/${client}/releases` });
    await share();
    await desk.context.setOffline(true);
    await desk.tap("Share it now");
    await desk.reads("Nobody answers just now. “Breathing” is for Ben Placeholder");
    await desk.reads("Nobody answers just now. What you see is what was true before");
    await desk.isAccessible();
    await desk.context.setOffline(false);
    // It had been taken back: that is asked only now, when somebody answers.
    const shared = desk.shared();
    await desk.dialog("Something was decided before").getByRole("button", { name: "Share it all the same" }).click();
    await shared;
    const { releases } = await stage.ask("call", { method: "GET", path: `/v1/clients/${client}/releases` });
    assert.equal(releases.length, old.length + 1);
});

test("what is shared of listening is shown beside what was agreed; what is not, is not", async () => {
    const { client } = await stage.ask("case");
    await toClient("Ben Placeholder");
    await desk.tab("Letters");
    await desk.reads("No letters yet.");
    await desk.isAccessible();
    await desk.tab("Listened");
    await desk.reads("Ben Placeholder does not share when they listen.");
    await desk.isAccessible();
    const { releases } = await stage.ask("call", { method: "GET", path: `/v1/clients/${client}/releases` });
    await stage.ask("listen", { release: releases.find(({ standing }) => standing === "live").release });
    await desk.reads("The last 21 days: 1 time on 1 day. About as agreed.");
    await desk.isAccessible();
    await desk.tab("Letters");
    await desk.reads("A longer one?");
    await desk.tab("Clips");
    await desk.tap("Change this");
    await desk.page.getByText("It stays, with less of it.").click();
    await desk.tap("Once a day from now");
    await desk.reads(/^Until .* · once a day · works offline/);
    await desk.tap("Play in the room");
    await desk.reads("Somebody heard in it has not agreed to watching together.");
    await desk.isAccessible();
});

test("a change of mind is entered at once, and what ends with it is shown before", async () => {
    await toClient("Ben Placeholder");
    await desk.tab("Sessions and papers");
    await desk.page
        .locator(".people li", { hasText: "Ada Testperson" })
        .getByRole("button", { name: /^They have changed their mind/ })
        .click();
    const mind = desk.dialog("Ada Testperson has changed their mind");
    await mind.getByText("Breathing: no longer plays here").waitFor();
    await desk.isAccessible();
    await mind.getByRole("button", { name: "Enter it now" }).click();
    await desk.reads(/changed their mind about everything/);
    await desk.isAccessible();
    await desk.tab("Clips");
    await desk.page.locator(".standing.revoked").first().waitFor();
});

/** Cuts a piece, hears all of it, faster than people would, and keeps it under this name. */
async function keepPiece(name, [begins, ends]) {
    await toClient(CLIENT);
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

test("sound and picture of every kind are cut, kept, and played on a phone, and never show what was before the mark", async () => {
    const every = [
        ["breathing.mp3", [5, 12]],
        ["breathing.vbr.mp3", [5, 12]],
        ["breathing.m4a", [5, 12]],
        ["breathing.mp4", [0, 7]],
        ["breathing.webm", [5, 12]],
        ["breathing.opus", [5, 12]],
        ["breathing.wav", [5, 12]],
        ["breathing.flac", [5, 12]],
    ];
    for (const [name, marks] of every) {
        await keepPiece(name, marks);
        await desk.tap(`Share with ${CLIENT} …`);
        await desk.tap(`Yes, share with ${CLIENT}`);
        const shared = desk.shared();
        await desk.tap("Share it now");
        await shared;
    }
    await desk.tab("Phones");
    await desk.tap("Add a phone");
    const another = await Phone.open(stage.base);
    try {
        await another.pair(await desk.page.locator(".code").textContent());
        await desk.tap("Yes, it is theirs");
        await desk.tap("Done");
        await another.page.reload();
        for (const [name] of every) {
            await another.ready(name);
            await another.plays(name).catch((cause) => {
                throw new Error(`${name} does not play`, { cause });
            });
            await another.tap("Stop it now");
        }
    } finally {
        await another.close();
    }

    // A picture between two key frames begins at the second one, and shows nothing of before.
    await toClient(CLIENT);
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

test("by keyboard alone: tabs, a dialog, and back to where one was", async () => {
    await toClient(CLIENT);
    const press = (key) => desk.page.keyboard.press(key);
    // The page answers a key when it has drawn; what it says a moment before that decides nothing.
    const focuses = (text) =>
        desk.page.waitForFunction((wanted) => document.activeElement?.textContent === wanted, text);
    await focuses(CLIENT);
    const focused = () => desk.page.evaluate(() => document.activeElement?.textContent);
    for (let steps = 0; (await focused()) !== "Clips"; steps += 1) {
        assert.ok(steps < 6, "the tabs are a few steps away");
        await press("Tab");
    }
    await press("ArrowRight");
    await desk.page.getByRole("tab", { selected: true, name: "Sessions and papers" }).waitFor();
    await focuses("Sessions and papers");
    await desk.button("Enter a session").waitFor();
    await press("Tab");
    await focuses("Enter a session");
    await press("Enter");
    await desk.dialog("Enter a session").waitFor();
    await desk.page.waitForFunction(() => document.activeElement?.closest("dialog"));
    await press("Escape");
    await desk.page.locator("dialog").waitFor({ state: "detached" });
    await focuses("Enter a session");
});

test("by night, and on a tablet", async () => {
    await desk.page.emulateMedia({ colorScheme: "dark" });
    await desk.page.setViewportSize({ width: 820, height: 1180 });
    await toClient(CLIENT);
    for (const tab of ["Sessions and papers", "Letters", "Phones", "Listened", "Clips"]) {
        await desk.tab(tab);
        await desk.isAccessible();
    }
    assert.ok(
        await desk.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
        "nothing stands out at the side",
    );
    await desk.page.emulateMedia({ colorScheme: "light" });
    await desk.page.setViewportSize({ width: 1280, height: 800 });
});

test("the other language, with nothing left in the first", async () => {
    await desk.page.locator(".brand").click();
    await desk.tap("Deutsch");
    await desk.heading("Hallo, Ada");
    assert.equal(await desk.page.evaluate(() => document.documentElement.lang), "de");
    await desk.isAccessible();
    await desk.tap("English");
});

test("a desk that nobody touches is locked, shows no name, and comes back to where it was", async () => {
    await toClient(CLIENT);
    await desk.page.clock.fastForward(9 * 60_000);
    await desk.page.keyboard.press("Shift");
    await desk.page.clock.fastForward(9 * 60_000);
    await desk.heading(CLIENT);
    await desk.page.clock.fastForward(2 * 60_000);
    await desk.reads("The desk was locked after ten quiet minutes.");
    assert.ok(!(await desk.page.content()).includes("Cleo"));
    await desk.isAccessible();
    await desk.signIn();
    await desk.heading(CLIENT);
    const kept = await desk.page.evaluate(async () => [
        sessionStorage.length,
        Object.keys(localStorage),
        (await indexedDB.databases()).length,
        (await caches.keys()).length,
    ]);
    assert.deepEqual(kept, [0, ["console.language"], 0, 0]);
    await desk.page.reload();
    await desk.heading("Good to see you");
    assert.ok(!(await desk.page.content()).includes("Cleo"));
});

// The whole way at the desk, with a real phone beside it: from a new client to a clip's end.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { Cast } from "../stage/cast.mjs";
import { byteOf, RATE, writeSession } from "../stage/session.mjs";

const CLIENT = "Cleo Example";

let [cast, desk, folder] = [];
beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "refrain-session-"));
    cast = await Cast.open();
    desk = await cast.desk();
});
afterEach(async () => {
    await cast.close();
    rmSync(folder, { recursive: true, force: true });
});

/** What was asked of the server that changes something there. */
const asked = (pattern) => desk.sent.filter(({ path, method }) => pattern.test(`${method} ${path}`));

test("from a new client to a clip that is shared, paused, ended, and the truth about it", async () => {
    await desk.signIn();
    await desk.tap("Add a client");
    await desk.page.getByLabel("Name").fill(CLIENT);
    await desk.isAccessible();
    await desk.tap("Add");
    await desk.openClient(CLIENT);
    await desk.reads("No clips yet.");
    await desk.isAccessible();

    // A phone: invited, its name seen, its digits read aloud, confirmed.
    await desk.tab("Phones");
    await desk.tap("Add a phone");
    const code = await desk.page.locator(".code").textContent();
    await desk.reads("15 minutes left");
    await desk.isAccessible();
    const phone = await cast.phone();
    await phone.pair(code, { share: true });
    await desk.reads("“Ben's phone”");
    await desk.isAccessible();
    const wrong = String((Number(await phone.digits()) + 1) % 10_000).padStart(4, "0");
    await desk.confirms(phone, wrong);
    await desk.reads("The phone shows other digits.");
    await desk.isAccessible();
    await phone.isAccessible();
    await desk.confirms(phone);
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

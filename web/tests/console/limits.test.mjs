// Numbers and instants that a form does not take: refused at the field, by its name and its bound, before anything counts down.
// What is not taken is a rule of `rules/faults.test.mjs`; here one of each kind reaches each field.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Cast } from "../stage/cast.mjs";
import { media } from "../stage/session.mjs";

const CLIENT = "Ben Placeholder";
const DAY = 86_400_000;

let [stage, cast, desk] = [];
beforeEach(async () => {
    cast = await Cast.open();
    ({ stage } = cast);
    desk = await cast.desk();
    await desk.signIn();
});
afterEach(() => cast.close());

const field = (label) => desk.page.getByLabel(label, { exact: true });
const asked = (pattern) => desk.sent.filter(({ path, method }) => pattern.test(`${method} ${path}`)).length;
/** As a field for a day and a time takes it, in the zone of the desk. */
const local = (at) =>
    new Date(at)
        .toLocaleString("sv-SE", { timeZone: "Europe/Berlin", dateStyle: "short", timeStyle: "short" })
        .replace(" ", "T");
const inDays = (days) => local(Date.now() + days * DAY);

/** The field says no: to eyes, to who listens, and by taking the focus. The browser says nothing. */
async function isRefused(label, ...says) {
    await desk.page.locator("[aria-invalid=true]").first().waitFor();
    const found = await field(label).evaluate((element) => ({
        invalid: element.getAttribute("aria-invalid"),
        says: (element.getAttribute("aria-describedby") ?? "")
            .split(" ")
            .map((id) => document.getElementById(id)?.textContent)
            .join(" "),
        focused: document.activeElement === element,
        silent: element.form === null || element.form.noValidate,
    }));
    for (const words of [label, ...says])
        assert.ok(found.says.includes(words), `${label}: “${found.says}” names ${words}`);
    assert.deepEqual({ ...found, says: "" }, { invalid: "true", says: "", focused: true, silent: true }, label);
}

async function isTaken(label) {
    assert.equal(await field(label).getAttribute("aria-invalid"), null, label);
}

test("what a form to share does not take is said at its field, and nothing counts down", async () => {
    await desk.openClient(CLIENT);
    await desk.tap("Share");
    const go = () => desk.tap(`Share with ${CLIENT} …`);
    const tries = async (label, values, good, ...says) => {
        for (const value of values) {
            await field(label).fill(value);
            await go();
            await isRefused(label, ...says);
        }
        await field(label).fill(good);
        await isTaken(label);
    };
    await tries("Plays a day", ["3x"], "", "1 to 48");
    await tries("Agreed: how often a day", ["49"], "2", "1 to 48");
    await desk.isAccessible();
    await tries("Our next session", [inDays(-4)], inDays(5));
    await desk.page.getByText("In your own way").click();
    await tries(
        "Until",
        [inDays(367)],
        inDays(10),
        String(new Date(Date.now() + 366 * DAY).getFullYear()),
        "at the latest",
    );
    await tries("Until", [""], inDays(10));
    await desk.tap("+ Add words at a place");
    await field("Words").fill("Your shoulders.");
    await tries("At", ["59:59"], "0:02", "up to 0:51");
    await field("When it ends, it leaves this note").fill(" ");
    await go();
    assert.equal(await field("When it ends, it leaves this note").getAttribute("aria-invalid"), "true");
    await field("When it ends, it leaves this note").fill("You can do this without it.");

    // A long time is meant, or it is none.
    const far = inDays(100);
    await field("Until").fill(far);
    await go();
    const sure = desk.page.getByRole("checkbox", { name: /^Yes, for 100 days: until / });
    await desk.page.waitForFunction(() => document.activeElement?.getAttribute("aria-invalid") === "true");
    assert.equal(await sure.getAttribute("aria-invalid"), "true");
    await sure.check();
    await go();
    await desk.dialog("Is this the right person?").waitFor();
    await desk.page.keyboard.press("Escape");
    await field("Until").fill(inDays(90));
    await go();
    assert.equal(
        await desk.page.getByRole("checkbox", { name: /^Yes, for 90 days/ }).getAttribute("aria-invalid"),
        "true",
        "another end is asked about again",
    );
    assert.equal(asked(/POST .*\/releases$/), 0);
});

test("what a change does not take is said at its field, and nothing is changed", async () => {
    await stage.release({ daily_limit: 5 });
    await desk.openClient(CLIENT);
    await desk.tap("Change this");
    await desk.page.getByText("It stays, with less of it.").click();
    for (const value of ["5", ""]) {
        await field("Plays a day from now").fill(value);
        await desk
            .dialog(/^Change/)
            .locator("button[type=submit]")
            .click();
        await isRefused("Plays a day from now", "1 to 4");
    }
    await desk.isAccessible();
    await desk.page.getByText("Longer, or less long.").click();
    for (const value of ["", inDays(-1)]) {
        await field("Until").fill(value);
        await desk.tap("Until then, from now");
        await isRefused("Until");
    }
    await field("Until").fill(inDays(200));
    await desk.tap("Until then, from now");
    assert.equal(
        await desk.page.getByRole("checkbox", { name: /^Yes, for 200 days/ }).getAttribute("aria-invalid"),
        "true",
    );
    await desk.page.getByText("It rests, and can come back as it was.").click();
    for (const value of ["2036-01-01T10:00"]) {
        await field("Until").fill(value);
        await desk.tap("Pause now");
        await isRefused("Until");
    }
    // A day without its hour is no pause without an end.
    await field("Until").fill("");
    await field("Until").pressSequentially("01012027");
    await desk.tap("Pause now");
    await isRefused("Until", "a day and a time");
    assert.equal(asked(/PATCH|holds$/), 0);
});

test("a mark that cannot be read is cut nowhere", async () => {
    await desk.openClient(CLIENT);
    await desk.tap("Cut a clip");
    await field("The recording").setInputFiles(media("breathing.mp3"));
    await desk.reads("A piece of");
    for (const [label, values] of [
        ["Begins at", ["1:99"]],
        ["Ends at", ["99:00"]],
    ]) {
        for (const value of values) {
            await field(label).fill(value);
            await desk.tap("Cut it, to listen through");
            await isRefused(label, "up to 0:51");
        }
        await field(label).fill(label === "Begins at" ? "0:07" : "0:09");
        await isTaken(label);
    }
    assert.equal(await desk.page.locator(".two.even audio").count(), 0);
    await desk.tap("Cut it, to listen through");
    await desk.page.locator(".two.even audio").waitFor();
});

test("what only the server does not take comes back into the form that was filled in, with the field named", async () => {
    // The clock of this computer is two days late: what lies ahead there is over.
    const late = await cast.desk();
    await late.page.clock.install({ time: Date.now() - 2 * DAY });
    await late.page.reload();
    await late.signIn();
    await late.openClient(CLIENT);
    await late.tap(/^Share( again)?$/);
    await late.page.getByText("In your own way").click();
    await late.page.getByLabel("Until", { exact: true }).fill(inDays(-1));
    await late.page.getByLabel("A line to read before listening").fill("Before you go out.");
    await late.tap(`Share with ${CLIENT} …`);
    await late.tap(`Yes, share with ${CLIENT}`);
    await late.tap("Share it now");
    await late.tap("Back to the form");
    await late.heading(/^Share “/);
    assert.equal(await late.page.getByLabel("A line to read before listening").inputValue(), "Before you go out.");
    const until = late.page.getByLabel("Until", { exact: true });
    assert.equal(await until.getAttribute("aria-invalid"), "true");
    await late.reads(/^Until: later than now, and .* at the latest\. The server's clock counts/);
    await late.isAccessible();
    // Mended, it goes.
    await until.fill(inDays(3));
    await late.tap(`Share with ${CLIENT} …`);
    await late.tap(`Yes, share with ${CLIENT}`);
    const shared = late.shared();
    await late.tap("Share it now");
    await shared;
});

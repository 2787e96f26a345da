// Consent at the desk: asked of everybody before anything is cut, never entered for who has withdrawn on their own phone, and taken
// back at once.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Cast } from "../stage/cast.mjs";

const CLIENT = "Ben Placeholder";
const NEW = "Cleo Example";

let [stage, cast, desk] = [];
beforeEach(async () => {
    cast = await Cast.open();
    ({ stage } = cast);
    desk = await cast.desk();
});
afterEach(() => cast.close());

const call = (method, path, body) => stage.ask("call", { method, path, body });
const person = (name) => desk.page.locator(".people li", { hasText: name });

async function sign(name) {
    await person(name)
        .getByRole("button", { name: /^Enter a signed paper/ })
        .click();
    await desk.dialog(`${name} has signed`).getByRole("button", { name: "Enter the paper" }).click();
    await person(name)
        .getByText(/Agreed to: being recorded, sharing clips/)
        .waitFor();
}

test("that somebody has not agreed to being recorded is said before anything is cut", async () => {
    await call("POST", "/v1/clients", { name: NEW });
    await desk.signIn();
    await desk.openClient(NEW);
    await desk.tab("Sessions and papers");
    await desk.tap("Enter a session");
    await desk.page.getByRole("dialog").getByRole("button", { name: "Enter the session" }).click();
    await sign("Ada Testperson");
    await desk.tap("Cut a clip from it");
    await desk.reads(`Ask first: ${NEW} did not agree to being recorded.`);
    assert.equal(await desk.page.getByLabel("The recording", { exact: true }).count(), 0, "no work is begun in vain");
    await desk.isAccessible();
    await desk.tap("Enter a signed paper");
    await sign(NEW);
    await desk.tap("Cut a clip from it");
    await desk.page.getByLabel("The recording", { exact: true }).waitFor();
    assert.equal(await desk.page.getByText("Ask first:").count(), 0);
});

test("who has withdrawn on their own phone is not asked for a paper again, and none is taken", async () => {
    const { client, recording } = await stage.ask("case");
    const { recordings } = await call("GET", `/v1/clients/${client}/recordings`);
    const session = recordings.find((one) => one.recording === recording);
    const { participant } = session.participants.find(({ kind }) => kind === "client");
    const {
        forms: [{ form }],
    } = await call("GET", "/v1/forms");
    await desk.signIn();
    await desk.openClient(CLIENT);
    await desk.tab("Sessions and papers");
    // The dialog stands open while they say no.
    await person(CLIENT)
        .getByRole("button", { name: /^Enter a signed paper/ })
        .click();
    await stage.ask("phone", { client, confirmed: true, withdraws: session.recording });
    await desk.dialog(`${CLIENT} has signed`).getByRole("button", { name: "Enter the paper" }).click();
    await desk.reads("They withdrew on their own phone.");
    await desk.isAccessible();
    await desk.page.keyboard.press("Escape");
    await desk.reads("This was said on their own phone.");
    assert.equal(
        await person(CLIENT)
            .getByRole("button", { name: /^Enter a signed paper/ })
            .count(),
        0,
    );
    assert.equal(
        await person("Ada Testperson")
            .getByRole("button", { name: /^Enter a signed paper/ })
            .count(),
        1,
    );
    await desk.isAccessible();
    const body = { participant, purposes: ["record"], form, at: "2026-01-01T00:00:00Z" };
    await assert.rejects(call("POST", `/v1/recordings/${session.recording}/consents`, body), /withdrawn_by_person/);
    await desk.tap("Cut a clip from it");
    await desk.reads(`Ask first: ${CLIENT} did not agree to being recorded.`);
});

test("a change of mind is entered at once, and what ends with it is shown before", async () => {
    await stage.release();
    await desk.signIn();
    await desk.openClient(CLIENT);
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

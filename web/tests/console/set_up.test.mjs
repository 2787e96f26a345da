// A practice that is set up in the browser, by whoever has the code that the server has made.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Cast } from "../stage/cast.mjs";
import { code as digitsOf } from "../stage/desk.mjs";

const STEP = 30_000;
const PASSWORD = "an invented long password";

let [stage, cast, desk] = [];
beforeEach(async () => {
    cast = await Cast.open("--not-set-up");
    ({ stage } = cast);
    desk = await cast.desk();
});
afterEach(() => cast.close());

const fill = (label, value) => desk.page.getByLabel(label).fill(value);

test("a practice and its first therapist are set up once with the code, and she signs in", async () => {
    const made = await stage.ask("code");
    assert.match(made, /^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/);
    const logged = (await stage.ask("said")).split("\n").filter((line) => line.startsWith("{"));
    assert.ok(logged.length > 0 && logged.every((line) => !line.includes(made)), "no log has it");
    await desk.heading("Set up your practice");
    await desk.reads("Days begin in the zone");
    await desk.isAccessible();
    await fill("Code for setting up", "0000-0000-0000");
    await fill("What it is called", "Practice by the Invented River");
    await fill("How clients reach you", "030 000001");
    await fill("Your name, as clients know it", "Ada Testperson");
    await fill("E-mail", "ada@practice.example");
    await fill("Password", "too short");
    await desk.tap("Go on to the authenticator");
    assert.ok(
        await desk.page
            .getByLabel("The crisis number where your clients live")
            .evaluate((field) => field.validity.valueMissing),
        "there is none without a crisis number",
    );
    await fill("The crisis number where your clients live", "030 000002");
    await desk.tap("Go on to the authenticator");
    await desk.reads("A password has 15 characters or more.");
    await fill("Password", PASSWORD);
    await desk.tap("Go on to the authenticator");
    await desk.reads("That is not the code, or it is used.");
    await desk.isAccessible();
    await fill("Code for setting up", made.toLowerCase());
    await fill("Password", "ada@practice.example");
    await desk.tap("Go on to the authenticator");
    await desk.reads("This password is easily guessed");
    await desk.isAccessible();
    await fill("Password", PASSWORD);
    await desk.tap("Go on to the authenticator");
    await desk.reads("Add this to an authenticator app on your phone.");
    await desk.isAccessible();
    const secret = (await desk.page.locator(".secret .code").textContent()).replaceAll(" ", "");
    const shows = (step) => digitsOf(`otpauth://totp/Refrain?secret=${secret}`, step);
    await fill("The six digits that it shows now", "000000");
    await desk.tap("Set up the practice");
    await desk.reads("These are not the digits that it shows now.");
    await desk.isAccessible();
    await fill("The six digits that it shows now", shows(Math.floor(Date.now() / STEP)));
    await desk.tap("Set up the practice");
    await desk.reads("Your practice is set up.");
    await desk.isAccessible();
    assert.equal(await desk.page.getByLabel("E-mail").inputValue(), "ada@practice.example");
    await fill("Password", PASSWORD);
    await desk.page.getByLabel("Code", { exact: true }).fill(shows(Math.floor(Date.now() / STEP) + 1));
    await desk.tap("Sign in");
    await desk.heading("Hello, Ada");
    await desk.reads("Practice by the Invented River");
    await desk.isAccessible();

    // It is over when it was used: the code opens nothing, and the page asks for a sign-in.
    const answered = await desk.page.evaluate(
        (code) =>
            fetch("/v1/set-up/proof", {
                method: "POST",
                headers: { "Content-Type": "application/json" },
                body: JSON.stringify({ code, digits: "000000" }),
            }).then((answer) => answer.json()),
        made,
    );
    assert.equal(answered.code, "code_not_valid");
    await desk.page.reload();
    await desk.heading("Good to see you");
});

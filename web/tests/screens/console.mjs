// Writes every screen of the console, by day and by night, for a laptop and a tablet.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Desk } from "../stage/desk.mjs";
import { Phone } from "../stage/phone.mjs";
import { Stage } from "../stage/stage.mjs";

const out = process.env.REFRAIN_SCREENS;
mkdirSync(out, { recursive: true });
const stage = await Stage.open();
const unopened = await Stage.open("--not-set-up");
const first = await Desk.open(unopened);
const desk = await Desk.open(stage, {
    flags: ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"],
});
const phone = await Phone.open(stage.base);
const SIZES = { laptop: { width: 1280, height: 800 }, tablet: { width: 820, height: 1180 } };
const NAME = "Ben Placeholder";

let count = 0;
async function shoot(name, { page, settles } = { page: desk.page, settles: () => desk.settles() }) {
    count += 1;
    for (const [size, viewport] of Object.entries(SIZES)) {
        await page.setViewportSize(viewport);
        for (const colorScheme of ["light", "dark"]) {
            await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
            await settles();
            await page.screenshot({
                path: join(out, `console-${String(count).padStart(2, "0")}-${name}-${size}-${colorScheme}.png`),
            });
        }
    }
    await page.setViewportSize(SIZES.laptop);
    await page.emulateMedia({ colorScheme: "light" });
}
const pressEscape = () => desk.page.keyboard.press("Escape");
const person = (name, act) =>
    desk.page.locator(".people li", { hasText: name }).getByRole("button", { name: act }).click();

/** A practice that nobody has set up yet. */
async function setUp() {
    const at = { page: first.page, settles: () => first.settles() };
    const fill = (label, value) => first.page.getByLabel(label).fill(value);
    await first.heading("Set up your practice");
    await shoot("set-up", at);
    for (const [label, value] of [
        ["Code for setting up", await unopened.ask("code")],
        ["What it is called", "Practice by the Invented River"],
        ["How clients reach you", "030 000001"],
        ["The crisis number where", "030 000002"],
        ["Your name, as clients know it", "Ada Testperson"],
        ["E-mail", "ada@practice.example"],
        ["Password", "an invented long password"],
    ])
        await fill(label, value);
    await first.tap("Go on to the authenticator");
    await first.reads("Add this to an authenticator app");
    await shoot("set-up-authenticator", at);
}

try {
    await setUp();
    const { client } = await stage.ask("case");
    const live = async () =>
        (await stage.ask("call", { method: "GET", path: `/v1/clients/${client}/releases` })).releases[0].release;
    for (const name of ["Mara Invented", "Jonas Sample", "Benedikt Example"])
        await stage.ask("call", { method: "POST", path: "/v1/clients", body: { name } });
    await shoot("door");
    await desk.page.getByLabel("Keep my work on this computer").check();
    await shoot("door-keep");
    const gathered = desk.page.waitForResponse(/\/listening$/, { timeout: 60_000 });
    await desk.signIn(undefined, { keep: true });
    await gathered;
    await desk.reads("All done.");
    await desk.openClient(NAME);
    await desk.tab("Phones");
    await desk.tap("Add a phone");
    await desk.reads("minutes left");
    await shoot("invite");
    await phone.pair(await desk.page.locator(".code").textContent());
    await desk.reads("“Ben's phone”");
    await shoot("invite-appeared");
    await desk.confirms(phone);
    await desk.tap("Done");
    await shoot("phones");
    await desk.tab("Clips");
    await desk.tap("Share");
    await desk.page.getByText("In your own way").click();
    await desk.page.getByLabel("Until", { exact: true }).fill("2036-01-01T10:00");
    await desk.page.getByLabel("Plays a day", { exact: true }).fill("99");
    await desk.tap(`Share with ${NAME} …`);
    await shoot("share-out-of-bounds");
    await desk.page.getByLabel("Plays a day", { exact: true }).fill("");
    await desk.page.getByText("Once a day for two weeks").click();
    await desk.page.getByLabel("A line to read before listening").fill("Before you go out.");
    await shoot("share");
    await desk.tap(`Share with ${NAME} …`);
    await desk.reads("Is this the right person?");
    await shoot("right-person");
    await desk.tap(`Yes, share with ${NAME}`);
    await desk.reads("Nothing has left yet.");
    await desk.heading(NAME);
    await shoot("thirty-seconds");
    await desk.tap("Share it now");
    await phone.page.reload();
    await phone.ready();
    await stage.ask("listen", { release: await live() });
    await phone.page.getByRole("link", { name: "Ask" }).click();
    await phone.page.getByLabel("Or in your own words").fill("Could it work for longer? I am going to the sea.");
    await phone.tap("Send");
    await phone.reads("Arrived");
    const evening = await stage.ask("upload", { file: "breathing.m4a", title: "Shoulders, before sleep" });
    const held = await stage.release({ daily_limit: 2 }, { clip: evening.clip });
    await stage.ask("hold", { release: held });
    await desk.reads(/Ready since/);
    await desk.page.locator(".standing.held").waitFor();
    await shoot("client");
    await desk.page.locator("article", { hasText: "Breathing" }).getByRole("button", { name: "Change this" }).click();
    await shoot("change-talk");
    await desk.page.getByText("End it", { exact: true }).click();
    await desk.page.getByText("Leaning on it a lot").click();
    await shoot("change-end");
    await desk.dialog("Change “Breathing”").locator("footer").scrollIntoViewIfNeeded();
    await shoot("change-end-below");
    await pressEscape();
    await desk.tab("Notes");
    await desk.tap("Write a note");
    await desk.page
        .getByLabel("What you saw")
        .fill("Called on Sunday, in tears. We talk about it on Monday, before anything else.");
    await shoot("new-note");
    await desk.tap("Keep it");
    await desk.reads("Called on Sunday");
    await shoot("notes");
    await desk.tab("Sessions and papers");
    await shoot("sessions");
    await person(NAME, /^Enter a signed paper/);
    await desk.reads("may be shared with you.");
    await shoot("paper");
    await pressEscape();
    await person(NAME, /^They have changed their mind/);
    await shoot("changed-mind");
    await pressEscape();
    await desk.tap("Enter a session");
    await shoot("new-session");
    await pressEscape();
    // Before the letter is read: then it is to do no more.
    await desk.page.locator(".brand").click();
    await desk.reads("has written to you");
    await shoot("today");
    await desk.openClient(NAME);
    await desk.tab("Letters");
    await desk.reads("to the sea");
    await shoot("letters");
    await desk.tab("Listened");
    await desk.reads("1 time on 1 day");
    await shoot("listened");
    await stage.listened(await live(), [
        [12, "evening", 1],
        [10, "evening", 1],
        [9, "morning", 1],
        [7, "evening", 1],
        [5, "afternoon", 2],
        [3, "night", 4],
        [3, "evening", 2],
        [2, "night", 2],
        [1, "evening", 3],
    ]);
    await desk.reads("Perhaps worth a conversation");
    await shoot("listened-signs");
    await desk.tap("Cut a clip");
    await desk.heading("Cut a clip");
    await shoot("cut-empty");
    await desk.tap("Record a short one now");
    await desk.page.locator(".recording .time", { hasText: "0:02" }).waitFor();
    await shoot("recording");
    await desk.tap("Stop recording");
    await desk.reads("A piece of");
    await desk.page
        .getByLabel("The recording", { exact: true })
        .setInputFiles(fileURLToPath(new URL("../../../tests/media/breathing.mp3", import.meta.url)));
    await desk.page.getByLabel("Begins at").fill("0:12");
    await desk.page.getByLabel("Ends at").fill("0:31");
    await desk.page.waitForFunction(() => !document.querySelector(".marking [role=status]"));
    await shoot("cut");
    await desk.tap("Cut it, to listen through");
    await desk.page.getByLabel("What it is called").fill("The breath before the door");
    await desk.page.getByText("Ada Testperson", { exact: true }).last().click();
    await shoot("listen-through");
    await stage.ask("call", {
        method: "POST",
        path: `/v1/clients/${client}/revocations`,
        body: { on: "shelf", observation: null },
    });
    await desk.page.locator(".back").click();
    await desk.reads(/Removed \d\d:\d\d, confirmed by the phone/);
    await shoot("ended");
    await desk.page
        .locator("article", { hasText: "Breathing" })
        .getByRole("button", { name: "Play in the room" })
        .click();
    await desk.reads("has not agreed to watching together");
    await shoot("room-not");
    await desk.context.setOffline(true);
    await desk.page.locator(".back").click();
    await desk.reads("You see what was true as of");
    await shoot("offline");
    await stage.ask("stop");
    await desk.page.reload();
    await desk.heading("Good to see you");
    await desk.page.getByLabel("E-mail").fill((await stage.ask("desk")).email);
    await desk.page.getByLabel("Password").fill((await stage.ask("desk")).password);
    await desk.tap("Sign in");
    await desk.openClient(NAME);
    await desk.page
        .locator("article", { hasText: "Shoulders" })
        .getByRole("button", { name: /^Share/ })
        .click();
    await desk.tap(`Share with ${NAME} …`);
    await desk.tap(`Yes, share with ${NAME}`);
    await desk.tap("Share it now");
    await desk.tap("1 not sent yet");
    await desk.reads("Kept here, encrypted.");
    await shoot("not-sent-yet");
    await desk.tap("Sign out");
    await shoot("leaving");
    await stage.ask("start");
    console.log(`${count} screens of the console, by day and by night, for laptop and tablet`);
} finally {
    await phone.close();
    await first.close();
    await desk.close();
    await unopened.close();
    await stage.close();
}

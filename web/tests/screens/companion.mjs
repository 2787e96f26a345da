// Writes every screen of the companion, by day and by night: `cargo xtask screenshots`. For people to look at; and a screen that
// cannot be drawn any more is heard of with the tests.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Phone } from "../stage/phone.mjs";
import { Stage } from "../stage/stage.mjs";

const out = process.env.REFRAIN_SCREENS;
mkdirSync(out, { recursive: true });
const stage = await Stage.open();
const phone = await Phone.open(stage.base);

let count = 0;
async function shoot(name) {
    count += 1;
    for (const colorScheme of ["light", "dark"]) {
        await phone.page.emulateMedia({ colorScheme });
        // The circle is shown as it is largest.
        await phone.page.evaluate(() => {
            for (const one of document.getAnimations()) {
                if (one.effect?.getTiming().iterations !== Infinity) continue;
                one.pause();
                one.currentTime = 3_600;
            }
        });
        // Colours fade from day to night: what is shown is what they have come to.
        await phone.page.evaluate(() =>
            Promise.all(
                document
                    .getAnimations()
                    .filter((one) => one.playState === "running")
                    .map((one) => one.finished),
            ),
        );
        await phone.page.screenshot({
            path: join(out, `${String(count).padStart(2, "0")}-${name}-${colorScheme}.png`),
        });
    }
    await phone.page.emulateMedia({ colorScheme: "light" });
    await phone.page.evaluate(() => {
        for (const one of document.getAnimations()) one.play();
    });
}

const link = (name) => phone.page.getByRole("link", { name }).click();

try {
    await phone.pair(await stage.ask("invite"), { each: shoot });
    await phone.digits();
    await shoot("home-empty");
    await stage.ask("confirm");
    const soon = new Date(Date.now() + 30 * 3_600_000).toISOString();
    const evening = await stage.ask("upload", { file: "breathing.m4a", title: "Shoulders, before sleep" });
    const release = await stage.release({ daily_limit: 1 });
    await stage.release({ expires_at: soon }, { clip: evening.clip });
    await phone.page.reload();
    await phone.ready("Breathing");
    await phone.ready("Shoulders, before sleep");
    await shoot("home");
    await phone.page.locator(".to-breathe").click();
    await shoot("breathe");
    await phone.tap("That's enough");
    await phone.plays("Shoulders, before sleep");
    await phone.reads("Listen for your shoulders here.");
    await shoot("player");
    await phone.tap("This doesn't help me");
    await phone.heading("All right. It has stopped.");
    await shoot("returned");
    await phone.tap("All right");
    await shoot("home-set-aside");
    await phone.tap("Take it back");
    await phone.hears("Breathing");
    await phone.tap("Play Breathing");
    await phone.heading("Not now");
    await shoot("not-now");
    await phone.tap("Back to my clips");
    await stage.ask("revoke", { release });
    await phone.tap("There is a note for you");
    await phone.reads("You can do this without the recording now.");
    await shoot("goodbye");
    await phone.tap("I have read it");
    await link("Ask");
    await phone.page.getByLabel("Or in your own words").fill("Could we talk about Tuesday?");
    await shoot("ask");
    await phone.tap("Send");
    await phone.reads("Could we talk about Tuesday?");
    await link("Mine");
    await shoot("mine");
    await phone.mine("My notes");
    await phone.page.getByLabel("What would you like to keep?").fill("It was easier today.");
    await phone.tap("Keep");
    await shoot("notes");
    await phone.mine("My listening");
    await phone.page.getByRole("switch").waitFor();
    await shoot("listening");
    await phone.mine("My sessions and papers");
    await phone.tap("Read the paper");
    await shoot("sessions");
    await phone.tap("Change my mind");
    await phone.button("Yes, change my mind").scrollIntoViewIfNeeded();
    await shoot("change-my-mind");
    await phone.mine("Who did what");
    await phone.reads("Ada Testperson shared");
    await shoot("who-did-what");
    await phone.mine("This phone");
    await phone.reads("Add another phone");
    await shoot("phones");
    await phone.tap("Add another phone");
    await phone.page.locator(".code.shown").waitFor();
    await shoot("move");
    const strange = await Phone.open(stage.base);
    await strange.pair(await stage.ask("invite"), { name: "Another phone" });
    await phone.heading("“Another phone” is here.");
    await shoot("move-came");
    await strange.close();
    const other = await Phone.open(stage.base);
    await other.pair(await stage.ask("invite"), { name: "A phone from somewhere" });
    await other.close();
    await phone.page.reload();
    await phone.reads("was added to your phones.");
    await shoot("home-new-phone");
    await phone.tap("Yes, that's mine");
    await phone.mine("Sound, touch and language");
    await phone.reads("One clip, one button");
    await shoot("preferences");
    await phone.page.getByRole("switch", { name: "One clip, one button" }).click();
    await link("Home");
    await phone.page.locator(".one").waitFor();
    await shoot("simple");
    await link("Help");
    await phone.tap("Show everything again");
    await phone.mine("Sound, touch and language");
    await phone.tap("A code for this app");
    await phone.heading("A code for this app");
    await shoot("lock-choose");
    for (const label of ["At least six numbers", "Once more"]) await phone.page.getByLabel(label).fill("482913");
    await phone.tap("Use this code");
    await phone.heading("Sound, touch and language");
    await phone.page.reload();
    await phone.heading("Good that you are here.");
    await shoot("lock");
    await phone.page.getByLabel("Your code").fill("482913");
    await phone.tap("Open");
    await phone.heading("Your clips");
    await link("Help");
    await shoot("help");
    console.log(`${count} screens, by day and by night`);
} finally {
    await phone.close();
    await stage.close();
}

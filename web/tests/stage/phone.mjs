// A phone: a real browser with a profile of its own, which can be closed, opened again, and put in flight mode.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBrowser } from "./browsers.mjs";
import { whereIs } from "./kept.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** A zone of the world in which it is this hour now. */
export function zoneAt(hour) {
    const ahead = ((hour - new Date().getUTCHours() + 36) % 24) - 12;
    // In these names, and nowhere else, what lies east is a minus.
    return `Etc/GMT${ahead > 0 ? "-" : "+"}${Math.abs(ahead)}`;
}

/** No page takes longer, on the slowest machine. */
export const PATIENCE = 30_000;

export class Phone {
    profile = mkdtempSync(join(tmpdir(), "refrain-phone-"));
    /** What went elsewhere than to the server, and what a policy has stopped. */
    elsewhere = [];
    trouble = [];
    /** Every address that was asked for. */
    asked = [];
    framesSent = 0;
    context;
    page;
    #base;
    #options;

    static async open(base, options = {}) {
        const phone = new Phone();
        phone.#base = base;
        phone.#options = options;
        await phone.start();
        return phone;
    }

    async start({ offline = false, clock = 0, page = `${this.#base}/` } = {}) {
        this.context = await openBrowser(this.profile, {
            viewport: { width: 390, height: 844 },
            deviceScaleFactor: 2,
            hasTouch: true,
            locale: "en-GB",
            timezoneId: "Europe/Berlin",
            ...this.#options,
        });
        this.context.setDefaultTimeout(PATIENCE);
        this.context.on("request", (request) => {
            const url = new URL(request.url());
            this.asked.push(url.href);
            if (url.protocol.startsWith("http") && url.origin !== this.#base) this.elsewhere.push(url.origin);
        });
        if (offline) await this.context.setOffline(true);
        if (clock !== 0) {
            await this.context.addInitScript((by) => {
                const honest = Date.now;
                Date.now = () => honest() + by;
            }, clock);
        }
        this.page = this.context.pages()[0] ?? (await this.context.newPage());
        this.watch(this.page);
        await this.page.goto(page);
    }

    watch(page) {
        page.on("console", (message) => {
            if (/Content Security Policy|TrustedScript|Trusted Type/i.test(message.text()))
                this.trouble.push(message.text());
        });
        page.on("pageerror", (error) => this.trouble.push(String(error)));
        page.on("websocket", (socket) =>
            socket.on("framesent", () => {
                this.framesSent += 1;
            }),
        );
    }

    async restart(options) {
        await this.context.close();
        await this.start(options);
    }

    async close() {
        await this.context.close();
        rmSync(this.profile, { recursive: true, force: true });
        assert.deepEqual(this.elsewhere, [], "nothing goes to anybody else");
        assert.deepEqual(this.trouble, [], "nothing is stopped by a policy, and nothing throws");
    }

    // What a person does

    button(name) {
        return this.page.getByRole("button", { name, exact: true });
    }

    async tap(name) {
        await this.button(name).click();
    }

    async heading(name) {
        await this.page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
    }

    async reads(text) {
        await this.page.getByText(text).first().waitFor();
    }

    /** The first steps, up to a phone that is connected. */
    async pair(code, { share = false, lock, name = "Ben's phone", each = async () => {} } = {}) {
        await this.heading("Something to come back to");
        await each("welcome");
        await this.tap("Tides");
        await this.tap("That's me");
        await this.heading("Put Tides on your phone");
        await each("install");
        await this.tap("Go on without");
        await this.heading("Your code");
        await this.page.getByLabel("Code").fill(code.toLowerCase());
        await this.page.getByLabel("What do you call this phone?").fill(name);
        await each("code");
        await this.tap("Connect");
        await this.heading("What Ada Testperson sees");
        if (share) await this.page.getByRole("switch").click();
        await each("seen");
        await this.tap("All right");
        await this.heading("A code of your own?");
        await each("lock-offer");
        if (lock) {
            await this.tap("Choose a code");
            await this.page.getByLabel("At least six numbers").fill(lock);
            await this.page.getByLabel("Once more").fill(lock);
            await this.tap("Use this code");
        } else {
            await this.tap("Not now");
        }
        await this.heading("Your clips");
    }

    /** The four digits that are read aloud, as soon as they are shown. */
    async digits() {
        await this.page
            .locator(".digits")
            .getByText(/\d( \d){3}/)
            .waitFor();
        return (await this.page.locator(".digits").textContent()).replaceAll(" ", "");
    }

    /** Opens a page from "Mine", by the words on its row. */
    async mine(row) {
        await this.page.getByRole("link", { name: "Mine" }).click();
        await this.page.locator("button.tap", { has: this.page.getByText(row, { exact: true }) }).click();
    }

    /** Waits until a clip is here, and works without internet. */
    async ready(title = "Breathing") {
        const card = this.page.locator(".clip", { has: this.button(`Play ${title}`) });
        await card
            .getByText(/Works without internet until|Once more today|This one is here until/)
            .first()
            .waitFor();
    }

    /** Presses play, and waits until it is heard. */
    async plays(title = "Breathing") {
        await this.tap(`Play ${title}`);
        await this.button("Pause").waitFor();
        await this.isAt(1);
    }

    /** Leaps to another second of what plays, or to the last one. */
    async leaps(to) {
        await this.page.locator(".where input").evaluate((slider, to) => {
            slider.value = String(to ?? Number(slider.max) - 1);
            slider.dispatchEvent(new Event("input", { bubbles: true }));
        }, to);
    }

    async isAt(second) {
        await this.page.waitForFunction(
            (second) => Number(document.querySelector(".where input")?.value) >= second,
            second,
        );
    }

    /** Hears a clip to its end, most of it in a leap. */
    async hears(title) {
        await this.plays(title);
        await this.leaps();
        await this.page.waitForFunction(() => !document.querySelector(".player"));
    }

    /** The browser says that there is a network. */
    async comesOnline() {
        await this.page.evaluate(() => {
            dispatchEvent(new Event("online"));
        });
    }

    /** Waits until nothing has been sent for a moment; gives how much was until then. */
    async isQuiet() {
        for (let before = -1; ; before = this.framesSent) {
            if (before === this.framesSent) return before;
            await this.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 400)));
        }
    }

    // What is looked at

    /** Finds what axe calls a violation; there is none. */
    async isAccessible() {
        // Colours are judged when nothing fades.
        await this.page.evaluate(() =>
            Promise.all(
                document
                    .getAnimations()
                    .filter((one) => one.effect?.getTiming().iterations !== Infinity)
                    .map((one) => one.finished),
            ),
        );
        await this.page.evaluate(axe);
        const found = await this.page.evaluate(() => globalThis.axe.run({ resultTypes: ["violations"] }));
        const shown = found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" ")}`);
        assert.deepEqual(shown, [], await this.page.locator("h1").first().textContent());
    }

    /** In which of everything that this browser keeps something stands in the clear. */
    whereIs(wanted) {
        return whereIs(this.page, wanted);
    }

    /** Everything that this browser keeps for the app: rows of each store, and names of all other files. */
    stored() {
        return this.page.evaluate(async () => {
            const db = await new Promise((resolve, reject) => {
                const opening = indexedDB.open("refrain");
                opening.onsuccess = () => resolve(opening.result);
                opening.onerror = () => reject(opening.error);
            });
            const rows = {};
            for (const store of db.objectStoreNames) {
                rows[store] = await new Promise((resolve) => {
                    const counting = db.transaction(store).objectStore(store).count();
                    counting.onsuccess = () => resolve(counting.result);
                });
            }
            db.close();
            const files = [];
            for await (const name of (await navigator.storage.getDirectory()).keys()) files.push(name);
            const cached = [];
            for (const name of await caches.keys()) {
                for (const request of await (await caches.open(name)).keys())
                    cached.push(new URL(request.url).pathname);
            }
            const databases = (await indexedDB.databases()).map(({ name }) => name);
            return { rows, files, cached, databases, local: localStorage.length + sessionStorage.length };
        });
    }
}

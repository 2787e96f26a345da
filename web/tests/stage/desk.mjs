// A therapist's desk: a real browser with the console in it.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PATIENCE = 20_000;
/** How long a code of an authenticator app is the one. */
const STEP = 30_000;
const FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
];

export class Desk {
    /** What went elsewhere than to the server, and what a policy has stopped. */
    elsewhere = [];
    trouble = [];
    /** Every request with a body that left: method, path and body. */
    sent = [];
    page;
    context;
    #browser;
    #stage;
    #base;

    static async open(stage, { flags = [], ...options } = {}) {
        const desk = new Desk();
        desk.#stage = stage;
        desk.#base = stage.base;
        desk.#browser = await chromium.launch({
            executablePath: process.env.REFRAIN_TEST_CHROMIUM ?? "/usr/bin/chromium",
            args: [...FLAGS, ...flags],
            headless: true,
        });
        desk.context = await desk.#browser.newContext({
            viewport: { width: 1280, height: 800 },
            locale: "en-GB",
            timezoneId: "Europe/Berlin",
            ...options,
        });
        desk.context.setDefaultTimeout(PATIENCE);
        desk.context.on("request", (request) => {
            const url = new URL(request.url());
            if (url.protocol.startsWith("http") && url.origin !== desk.#base) desk.elsewhere.push(url.origin);
            if (request.method() !== "GET" || url.search)
                desk.sent.push({
                    method: request.method(),
                    path: url.pathname + url.search,
                    body: request.postDataBuffer(),
                });
        });
        // Bodies that are blobs are told only of requests that pass through here.
        await desk.context.route(/\/v1\//, (route) => route.continue());
        desk.page = await desk.context.newPage();
        desk.page.on("console", (message) => {
            if (/Content Security Policy|TrustedScript|Trusted Type/i.test(message.text()))
                desk.trouble.push(message.text());
        });
        desk.page.on("pageerror", (error) => desk.trouble.push(String(error)));
        await desk.page.goto(`${desk.#base}/console/`);
        return desk;
    }

    async close() {
        await this.#browser.close();
        assert.deepEqual(this.elsewhere, [], "nothing goes to anybody else");
        assert.deepEqual(this.trouble, [], "nothing is stopped by a policy, and nothing throws");
    }

    // What a therapist does

    /** Each code works once. The stage forgets which were used, so that none has to wait for the next. */
    async signIn(password, { keep } = {}) {
        const desk = await this.#stage.ask("desk");
        await this.page.getByLabel("E-mail").fill(desk.email);
        await this.page.getByLabel("Password").fill(password ?? desk.password);
        await this.page.getByLabel("Code", { exact: true }).fill(code(desk.otpauth, Math.floor(Date.now() / STEP)));
        if (keep !== undefined) await this.page.getByLabel("Keep my work on this computer").setChecked(keep);
        await this.tap("Sign in");
        if (password === undefined) await this.page.locator("main#main h1").waitFor();
    }

    button(name) {
        return this.page.getByRole("button", { name, exact: typeof name === "string" });
    }

    /** Presses a button: of a dialog, while one is in the way. */
    async tap(name) {
        const dialog = this.page.locator("dialog[open]");
        const here = (await dialog.count()) > 0 ? dialog.last() : this.page;
        await here.getByRole("button", { name, exact: typeof name === "string" }).click();
    }

    /** Says yes to a phone by the digits that it shows, or tries others. */
    async confirms(phone, digits) {
        // The dialog's own, where it is open before the list.
        const field = this.page.getByLabel("Which four digits does the phone show?").last();
        await field.fill(digits ?? (await phone.digits()));
        await this.tap("Yes, it is theirs");
    }

    async tab(name) {
        await this.page.getByRole("tab", { name }).click();
    }

    async reads(text) {
        await this.page.getByText(text).first().waitFor();
    }

    async heading(name) {
        await this.page.getByRole("heading", { level: 1, name }).waitFor();
    }

    /** Resolves when the server has taken a clip to be shared. */
    shared() {
        return this.page.waitForResponse((response) => /\/releases$/.test(response.url()) && response.status() === 201);
    }

    dialog(name) {
        return this.page.getByRole("dialog", { name });
    }

    async openClient(name) {
        await this.page.locator("section", { hasText: "Your clients" }).getByRole("button", { name }).last().click();
        await this.heading(name);
    }

    // What is looked at

    /** Colours are judged when nothing fades; what begins to fade meanwhile is let go of, and nothing waits for it. */
    settles() {
        return this.page.evaluate(() =>
            Promise.allSettled(
                document
                    .getAnimations()
                    .filter((one) => one.effect?.getTiming().iterations !== Infinity)
                    .map((one) => one.finished),
            ),
        );
    }

    /** Finds what axe calls a violation; there is none. */
    async isAccessible() {
        await this.settles();
        await this.page.evaluate(axe);
        const found = await this.page.evaluate(() => globalThis.axe.run({ resultTypes: ["violations"] }));
        const shown = found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" ")}`);
        assert.deepEqual(
            shown,
            [],
            await this.page
                .locator("h1")
                .first()
                .textContent()
                .catch(() => "no h1"),
        );
    }
}

/** What the authenticator app shows (RFC 6238). */
export function code(otpauth, step) {
    const secret = base32(new URL(otpauth).searchParams.get("secret"));
    const counted = Buffer.alloc(8);
    counted.writeBigUInt64BE(BigInt(step));
    const digest = createHmac("sha1", secret).update(counted).digest();
    return String((digest.readUInt32BE(digest.at(-1) & 15) & 0x7fff_ffff) % 1_000_000).padStart(6, "0");
}

function base32(text) {
    const bits = [...text.replace(/=+$/, "")]
        .map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"))
        .join("");
    return Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
}

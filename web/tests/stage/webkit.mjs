// WebKit, as GTK has it: steered by WebDriver (W3C), on a display of its own that nobody sees.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { freePort } from "./free_port.mjs";
import { PATIENCE } from "./phone.mjs";

const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
/** Debian keeps it in the folder of the machine's architecture. */
const BROWSER = readdirSync("/usr/lib")
    .map((folder) => `/usr/lib/${folder}/webkit2gtk-4.1/MiniBrowser`)
    .find((path) => existsSync(path));

export class WebKit {
    #display;
    #driver;
    #address;
    #session;

    static async open(url) {
        const webkit = new WebKit();
        try {
            await webkit.#start();
            await webkit.#ask("POST", "/url", { url });
        } catch (error) {
            await webkit.close();
            throw error;
        }
        return webkit;
    }

    async #start() {
        // It chooses a display that is free, and says which.
        this.#display = spawn("Xvfb", ["-displayfd", "1", "-screen", "0", "800x1000x24", "-nolisten", "tcp"], {
            stdio: ["ignore", "pipe", "ignore"],
        });
        const [said] = await once(this.#display.stdout, "data");
        const port = await freePort();
        const env = {
            ...process.env,
            DISPLAY: `:${String(said).trim()}`,
            WEBKIT_DISABLE_COMPOSITING_MODE: "1",
            WEBKIT_DISABLE_DMABUF_RENDERER: "1",
            LIBGL_ALWAYS_SOFTWARE: "1",
        };
        this.#driver = spawn(process.env.REFRAIN_TEST_WEBKIT ?? "WebKitWebDriver", [`--port=${port}`], {
            env,
            stdio: "ignore",
        });
        this.#address = `http://127.0.0.1:${port}`;
        const options = { binary: BROWSER, args: ["--automation"] };
        const capabilities = { alwaysMatch: { "webkitgtk:browserOptions": options } };
        const begun = await this.#until(
            () =>
                send("POST", `${this.#address}/session`, { capabilities }).catch((error) => {
                    if (error.cause) return undefined;
                    throw error;
                }),
            "a session",
        );
        this.#session = begun.sessionId;
    }

    async close() {
        if (this.#session) await this.#ask("DELETE", "").catch(() => {});
        for (const program of [this.#driver, this.#display]) {
            if (!program || program.exitCode !== null) continue;
            program.kill();
            await once(program, "exit");
        }
    }

    /** Runs a function in the page; gives what it returns. */
    evaluate(run, ...args) {
        const script = `const done = arguments[arguments.length - 1]; Promise.resolve((${run})(...arguments)).then((value) => done({ value }), (error) => done({ error: String(error) }))`;
        return this.#ask("POST", "/execute/async", { script, args }).then(({ value, error }) => {
            if (error) throw new Error(error);
            return value;
        });
    }

    reload() {
        return this.#ask("POST", "/refresh", {});
    }

    async tap(name) {
        const found = await this.#find(
            (name) =>
                [...document.querySelectorAll("button, a")].find(
                    (one) =>
                        [one.textContent.trim(), one.getAttribute("aria-label")].includes(name) &&
                        one.getClientRects().length > 0,
                ),
            name,
        );
        await this.#ask("POST", `/element/${found[ELEMENT]}/click`, {});
    }

    async fill(label, text) {
        const found = await this.#find(
            (label) =>
                [...document.querySelectorAll("label")].find((one) => one.textContent.trim().startsWith(label))
                    ?.control,
            label,
        );
        await this.#ask("POST", `/element/${found[ELEMENT]}/clear`, {});
        await this.#ask("POST", `/element/${found[ELEMENT]}/value`, { text });
    }

    async heading(name) {
        await this.#find(
            (name) => [...document.querySelectorAll("h1")].find((one) => one.textContent.trim() === name),
            name,
        );
    }

    async reads(text) {
        await this.#find((text) => (document.body.innerText.includes(text) ? document.body : undefined), text);
    }

    /** Waits until something holds in the page. */
    holds(run, ...args) {
        return this.#until(() => this.evaluate(run, ...args), String(run));
    }

    #find(run, wanted) {
        return this.#until(
            () =>
                this.#ask("POST", "/execute/sync", { script: `return (${run})(...arguments) ?? null`, args: [wanted] }),
            wanted,
        );
    }

    async #until(look, what) {
        const patience = Date.now() + PATIENCE;
        for (;;) {
            const found = await look();
            if (found) return found;
            if (Date.now() > patience)
                assert.fail(`not there: ${what}; the page says: ${await this.evaluate(() => document.body.innerText)}`);
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
    }

    #ask(method, path, body) {
        return send(method, `${this.#address}/session/${this.#session}${path}`, body);
    }
}

async function send(method, url, body) {
    const response = await fetch(url, { method, body: body && JSON.stringify(body) });
    const { value } = await response.json();
    if (value?.error) throw new Error(`${value.error}: ${value.message}`);
    return value;
}

// The real server with the built apps, and a therapist who does what she is told: `tests/src/bin/stage.rs`.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export class Stage {
    #child;
    #lines;
    base;

    static async open(...more) {
        const { REFRAIN_TEST_STAGE: program, REFRAIN_TEST_SERVER: refrain, REFRAIN_TEST_WEB: web } = process.env;
        if (!program || !refrain || !web)
            throw new Error("`cargo xtask browser` says where stage, server and apps are");
        const stage = new Stage();
        stage.#child = spawn(program, ["--refrain", refrain, "--web", web, ...more], {
            stdio: ["pipe", "pipe", "inherit"],
        });
        stage.#lines = createInterface({ input: stage.#child.stdout })[Symbol.asyncIterator]();
        stage.base = (await stage.#answer()).base;
        return stage;
    }

    async #answer() {
        const { value, done } = await this.#lines.next();
        if (done) throw new Error("the stage has ended");
        return JSON.parse(value);
    }

    async ask(what, more = {}) {
        this.#child.stdin.write(`${JSON.stringify({ do: what, ...more })}\n`);
        const { ok, error } = await this.#answer();
        if (error) throw new Error(error);
        return ok;
    }

    /** Shares the clip for a week; gives the release. */
    release(terms = {}, more = {}) {
        const expires_at = new Date(Date.now() + 7 * 86_400_000).toISOString();
        const words = {
            note: "Once in the evening, before bed.",
            marks: [{ at_ms: 1_000, words: "Listen for your shoulders here." }],
            parting_note: "You can do this without the recording now. See you on Monday.",
        };
        return this.ask("release", { request: { terms: { expires_at, ...terms }, words, ...more } });
    }

    /** Another phone has played it before, and shares that: so many days back, in a part of the day, so many times. */
    listened(release, plays) {
        const day = (back) => new Date(new Date().setHours(0, 0, 0, 0) - back * 86_400_000).toISOString();
        return this.ask("listen", {
            release,
            plays: plays.map(([back, part, times]) => ({ day: day(back), part, times })),
        });
    }

    async close() {
        this.#child.stdin.end();
        await new Promise((resolve) => this.#child.once("exit", resolve));
    }
}

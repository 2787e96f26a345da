// How stories are played: the runner, over stories of a test's own.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const player = fileURLToPath(new URL("../play.mjs", import.meta.url));

/** A folder of stories. Each play of one writes its letter, so that what was played is known, and in which order. */
class Stories {
    #folder = mkdtempSync(join(tmpdir(), "refrain-stories-"));
    #files = [];

    constructor(t) {
        t.after(() => rmSync(this.#folder, { recursive: true, force: true }));
    }

    /** A file of stories, each with what it does; `failsOnce` and `plays` are at hand. */
    file(name, stories, more = "") {
        const written = Object.entries(stories).map(
            ([name, does]) => `test(${JSON.stringify(name)}, async () => { plays(${JSON.stringify(name)}); ${does} });`,
        );
        const source = `
            import { appendFileSync, existsSync, watch, writeFileSync } from "node:fs";
            import { after, before, test } from "node:test";
            const plays = (name) => appendFileSync("played", name + "\\n");
            const failsOnce = (what) => {
                if (existsSync(what)) return;
                writeFileSync(what, "");
                throw new Error(what + " was dropped");
            };
            ${more}
            ${written.join("\n")}`;
        this.#files.push(`${name}.test.mjs`);
        writeFileSync(join(this.#folder, `${name}.test.mjs`), source);
    }

    /** Plays them all; gives how it ended and what was said. */
    async play({ workers = "2" } = {}) {
        const { NODE_TEST_CONTEXT: _, ...env } = process.env;
        const child = spawn(process.execPath, [player, ...this.#files], {
            cwd: this.#folder,
            env: { ...env, REFRAIN_UNSTEADY: join(this.#folder, "unsteady.json"), REFRAIN_TEST_WORKERS: workers },
            stdio: ["ignore", "pipe", "inherit"],
        });
        let said = "";
        child.stdout.on("data", (some) => {
            said += some;
        });
        const code = await new Promise((resolve) => child.once("close", resolve));
        return { code, said };
    }

    played() {
        return this.#read("played").trim().split("\n");
    }

    unsteady() {
        return existsSync(join(this.#folder, "unsteady.json")) ? JSON.parse(this.#read("unsteady.json")) : [];
    }

    forget(name) {
        rmSync(join(this.#folder, name));
    }

    #read(name) {
        return readFileSync(join(this.#folder, name), "utf8");
    }
}

test("stories that pass are played once, and nothing is kept", async (t) => {
    const stories = new Stories(t);
    stories.file("one", { a: "", b: "" });
    stories.file("two", { c: "" });
    const { code, said } = await stories.play();
    assert.equal(code, 0, said);
    assert.deepEqual(stories.played().sort(), ["a", "b", "c"]);
    assert.match(said, /3 stories passed at once/);
    assert.deepEqual(stories.unsteady(), []);
});

test("a story that always fails is played again alone, twice, and fails the run", async (t) => {
    const stories = new Stories(t);
    stories.file("one", { before: "", "fails (always) [x] + /y/": 'throw new Error("it is so");', behind: "" });
    const { code, said } = await stories.play();
    assert.equal(code, 1, said);
    const it = "fails (always) [x] + /y/";
    assert.deepEqual(stories.played(), ["before", it, "behind", it, it]);
    assert.match(said, /FAILED EACH TIME:\n {2}one\.test\.mjs: fails \(always\) \[x\] \+ \/y\/\n {4}it is so/);
    assert.deepEqual(stories.unsteady(), [], "what fails is not unsteady");
});

test("a story that fails once is unsteady: it is said at the end and kept with its first error, and the run passes", async (t) => {
    const stories = new Stories(t);
    stories.file("one", { before: "", "a push": 'failsOnce("a push");' });
    const { code, said } = await stories.play();
    assert.equal(code, 0, said);
    assert.deepEqual(stories.played(), ["before", "a push", "a push"]);
    assert.match(said, /UNSTEADY, passed when played again:\n {2}one\.test\.mjs: a push\n {4}a push was dropped\s*$/);
    assert.deepEqual(stories.unsteady(), [{ name: "a push", file: "one.test.mjs", error: "a push was dropped" }]);
});

test("a story that is unsteady in two runs fails the second one; another one beside it does not", async (t) => {
    const stories = new Stories(t);
    stories.file("one", { "a push": 'failsOnce("a push");', "a key": 'failsOnce("a key");' });
    assert.equal((await stories.play()).code, 0);
    stories.forget("a key");
    const { code, said } = await stories.play();
    assert.equal(code, 1, said);
    assert.match(said, /UNSTEADY IN TWO RUNS.*:\n {2}one\.test\.mjs: a key\n/);
    assert.doesNotMatch(said, /FAILED EACH TIME/);
    assert.deepEqual(
        stories.unsteady().map(({ name }) => name),
        ["a push", "a key"],
        "each stands there once",
    );
    assert.equal((await stories.play()).code, 0, "a run in which all are steady passes");
});

test("a file that fails beside its stories is played whole; one that ends before them has failed", async (t) => {
    const stories = new Stories(t);
    stories.file("after", { a: "", b: "" }, 'after(() => failsOnce("the end"));');
    assert.equal((await stories.play()).code, 0);
    assert.deepEqual(stories.played(), ["a", "b", "a", "b"]);
    assert.deepEqual(
        stories.unsteady().map(({ name, error }) => [name, error]),
        [["after.test.mjs", "the end was dropped"]],
    );
    const broken = new Stories(t);
    broken.file("broken", { a: "" }, "process.exit(3);");
    const { code, said } = await broken.play();
    assert.equal(code, 1, said);
    assert.match(said, /FAILED EACH TIME:\n {2}broken\.test\.mjs\n/);
});

test("a file that dies after a story has failed is played whole, and not that story alone", async (t) => {
    const stories = new Stories(t);
    // The story passes when it is played again; the one behind it is never played.
    stories.file("dies", { a: 'failsOnce("a push");', b: "process.exit(3);", c: "" });
    const { code, said } = await stories.play();
    assert.equal(code, 1, said);
    assert.match(said, /FAILED EACH TIME:\n {2}dies\.test\.mjs\n/);
});

test("two files are played at a time, or one after the other", async (t) => {
    // Each waits until the other one has begun.
    const meets = (mine, other) => `
        await new Promise((resolve, reject) => {
            const watcher = watch(".", look);
            const patience = setTimeout(() => ends(() => reject(new Error("nobody came"))), 20_000);
            writeFileSync(${JSON.stringify(mine)}, "");
            look();
            function look() {
                if (existsSync(${JSON.stringify(other)})) ends(resolve);
            }
            function ends(how) {
                watcher.close();
                clearTimeout(patience);
                how();
            }
        });`;
    const stories = new Stories(t);
    stories.file("one", { a: meets("a is here", "b is here") });
    stories.file("two", { b: meets("b is here", "a is here") });
    const { code, said } = await stories.play();
    assert.equal(code, 0, said);
    assert.doesNotMatch(said, /UNSTEADY/);
    const inTurn = new Stories(t);
    inTurn.file("one", { a: 'await new Promise(setImmediate); plays("a ends");' });
    inTurn.file("two", { b: "" });
    assert.equal((await inTurn.play({ workers: "1" })).code, 0);
    assert.deepEqual(inTurn.played(), ["a", "a ends", "b"]);
});

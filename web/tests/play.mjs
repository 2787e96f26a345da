// Plays files of stories, two at a time, and a story that fails again by itself, twice at most: a browser that is steered
// from outside drops a push or a key press now and then on a busy machine.
//
//     node tests/play.mjs <file>…
//
// A story that passes then is unsteady. It is named at the end and kept in the file that `REFRAIN_UNSTEADY` names.
// One that stands there from an earlier run, and is unsteady again, fails the run: it is mended, and its row taken out.
// `REFRAIN_TEST_WORKERS=1` plays one file after the other.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { relative, resolve } from "node:path";
import { run } from "node:test";
import { inspect } from "node:util";

/** No file takes longer, on the slowest machine: what hangs is ended, and named. */
const PATIENCE = 20 * 60_000;
const WORKERS = Number(process.env.REFRAIN_TEST_WORKERS ?? Math.min(2, availableParallelism()));
const KEPT = process.env.REFRAIN_UNSTEADY;
/** How often a story that fails is played again. */
const AGAIN = 2;

const files = process.argv.slice(2).map((file) => resolve(file));
if (files.length === 0) throw new Error("name the files of stories that are to be played");
if (!(WORKERS >= 1)) throw new Error("REFRAIN_TEST_WORKERS is a number from 1");

const began = performance.now();
const first = await play({ files, concurrency: WORKERS });
const [failed, unsteady] = [[], []];
// One after the other, with the machine to itself.
for (const story of first.failed) {
    let passes = false;
    for (let tries = 0; tries < AGAIN && !passes; tries += 1) {
        console.log(`\nonce more: ${titleOf(story)}`);
        const again = await play({ files: [story.file], concurrency: 1, ...only(story) });
        // A name that the other run does not find has passed nothing.
        const isThere = isFile(story) ? again.passed > 0 : again.names.includes(story.name);
        passes = isThere && again.failed.length === 0;
    }
    (passes ? unsteady : failed).push(story);
}
const known = read();
const twice = unsteady.filter((story) => known.some((one) => titleOf(one) === titleOf(story)));
write(unsteady);

const seconds = Math.round((performance.now() - began) / 1_000);
console.log(`\n${first.passed} stories passed at once, in ${seconds} s by ${WORKERS} at a time`);
tell("UNSTEADY, passed when played again", unsteady);
tell("UNSTEADY IN TWO RUNS: mend it, and take its row out of the list", twice);
tell("FAILED EACH TIME", failed);
process.exitCode = failed.length + twice.length > 0 ? 1 : 0;

/** Plays what it is told; gives how many stories passed, and those that did not. */
async function play(what) {
    const [failed, told] = [[], { passed: 0, names: [] }];
    // How many stories of each file are still to end.
    const open = new Map();
    const counts = (by) => (event) => {
        const file = resolve(event.file ?? event.name);
        if (event.nesting === 0 && resolve(event.name) !== file) open.set(file, (open.get(file) ?? 0) + by);
    };
    const events = run({ timeout: PATIENCE, ...what });
    events.on("test:stdout", ({ message }) => process.stdout.write(message));
    events.on("test:stderr", ({ message }) => process.stderr.write(message));
    events.on("test:enqueue", counts(1));
    events.on("test:pass", counts(-1));
    events.on("test:fail", counts(-1));
    events.on("test:pass", ({ name, file, nesting, skip, details }) => {
        // By a name alone Node plays the others as skipped.
        if (nesting > 0 || skip !== undefined) return;
        told.passed += 1;
        told.names.push(name);
        console.log(`✔ ${titleOf(storyOf(name, file))} (${secondsOf(details)})`);
    });
    events.on("test:fail", ({ name, file, nesting, details }) => {
        // What is within a story is told with it.
        const { cause = details.error } = details.error;
        if (nesting > 0) return void console.log(inspect(cause));
        const story = { ...storyOf(name, file), error: String(cause?.message ?? cause) };
        failed.push(story);
        console.log(`✖ ${titleOf(story)} (${secondsOf(details)})\n${inspect(cause)}`);
    });
    for await (const _ of events);
    // Node says nothing of a process that died after one of its stories had failed.
    for (const [file, left] of open) {
        const error = "it ended before its last story";
        if (left > 0) failed.push({ name: relative(process.cwd(), file), file, error });
    }
    // A file that fails beside its stories, in what is done before or after them, is played whole.
    const whole = failed.filter(isFile).map(({ file }) => file);
    return { ...told, failed: failed.filter((story) => isFile(story) || !whole.includes(story.file)) };
}

function secondsOf({ duration_ms }) {
    return `${(duration_ms / 1_000).toFixed(1)} s`;
}

/** Node names a file that passes or fails by itself by its path. */
function storyOf(name, path) {
    const file = resolve(path);
    return { name: resolve(name) === file ? relative(process.cwd(), file) : name, file };
}

function isFile({ name, file }) {
    return resolve(name) === file;
}

function only(story) {
    if (isFile(story)) return {};
    return { testNamePatterns: [new RegExp(`^${story.name.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")}$`)] };
}

function titleOf(story) {
    return isFile(story) ? story.name : `${relative(process.cwd(), story.file)}: ${story.name}`;
}

/** What was unsteady in earlier runs. */
function read() {
    if (KEPT === undefined || !existsSync(KEPT)) return [];
    return JSON.parse(readFileSync(KEPT, "utf8")).map((one) => ({ ...one, file: resolve(one.file) }));
}

function write(unsteady) {
    if (KEPT === undefined || unsteady.length === 0) return;
    const rows = [...known, ...unsteady.filter((story) => !twice.includes(story))];
    const shown = rows.map((one) => ({ ...one, file: relative(process.cwd(), one.file) }));
    writeFileSync(KEPT, `${JSON.stringify(shown, undefined, 2)}\n`);
}

function tell(what, stories) {
    if (stories.length === 0) return;
    console.log(`\n${what}:`);
    for (const story of stories) console.log(`  ${titleOf(story)}\n    ${story.error.split("\n")[0]}`);
}

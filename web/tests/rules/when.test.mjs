// How instants are said: a rule without a page.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./node/sources.mjs";

process.env.TZ = "Europe/Berlin";
Object.defineProperty(globalThis, "navigator", { value: { languages: ["en-GB", "de-DE"] }, configurable: true });
const { saysWhen } = await load("companion/src/when.ts");
const { en } = await load("companion/src/strings/en.ts");
const { de } = await load("companion/src/strings/de.ts");

/** A Saturday. */
const now = new Date(2026, 10, 28, 10, 0).getTime();
const says = (words, day, hour, minute = 0) => saysWhen(new Date(2026, 10, day, hour, minute).getTime(), words, now);

test("noon and midnight have their names, and midnight belongs to the evening before it", () => {
    assert.equal(says(en, 28, 12), "today, noon");
    assert.equal(says(en, 29, 0), "today, midnight");
    assert.equal(says(en, 30, 0), "tomorrow, midnight");
    assert.equal(says(en, 33, 0), "Wednesday, midnight");
    assert.equal(says(de, 29, 0), "heute, Mitternacht");
    assert.equal(says(de, 29, 12), "morgen, 12 Uhr mittags");
});

test("other hours are said as before", () => {
    assert.equal(says(en, 28, 21), "today, 9 at night");
    assert.equal(says(en, 29, 9), "tomorrow, 9 in the morning");
    assert.match(says(en, 29, 0, 30), /^tomorrow, 12:30/);
});

test("a day of another year is said with its year, on the phone and on the desk", async () => {
    assert.equal(says(en, 60, 9), "30 December");
    assert.equal(says(en, 63, 9), "2 January 2027");
    assert.equal(says(de, 63, 9), "2. Januar 2027");
    const desk = await load("console/src/when.ts");
    const at = new Date(2027, 2, 14, 18, 0).getTime();
    assert.equal(desk.saysWhen(at, { locale: "en-GB" }, now), "14 Mar 2027 18:00");
    assert.match(desk.saysDay(at, { locale: "de-DE" }, now), /2027/);
});

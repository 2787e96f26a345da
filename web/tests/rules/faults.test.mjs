// What the fields of the desk's forms do not take, and what is said of it: rules without a page.

import assert from "node:assert/strict";
import { test } from "node:test";
import { stand } from "./node/globals.mjs";
import { load } from "./node/sources.mjs";

stand();
const { daysUntil, faultOfDay, faultOfEnd, faultOfPast, faultOfPlace, faultOfPlays, isFar, PLAYS, seconds } =
    await load("console/src/faults.ts");

const DAY = 86_400_000;
const now = Date.UTC(2026, 10, 30, 12);
const inDays = (days) => now + days * DAY;

test("plays a day are whole numbers within the server's bounds, and may be nothing where a form says so", () => {
    assert.deepEqual(PLAYS, [1, 48]);
    for (const text of ["1", "48", " 5 "]) assert.equal(faultOfPlays("Plays", text), undefined, text);
    for (const text of ["0", "49", "99", "-1", "-3", "1.5", "3x", "x", ""])
        assert.equal(faultOfPlays("Plays", text), "Plays: a whole number from 1 to 48.", text);
    assert.equal(faultOfPlays("Plays", " ", { mayBeEmpty: true }), undefined);
    for (const text of ["0", "99", "-3", "1.5", "3x"])
        assert.equal(
            faultOfPlays("Plays", text, { mayBeEmpty: true }),
            "Plays: a whole number from 1 to 48, or nothing.",
            text,
        );
    for (const text of ["0", "5", "-3", "1.5", "", "x"])
        assert.equal(faultOfPlays("Plays", text, { most: 4 }), "Plays: a whole number from 1 to 4.", text);
    assert.equal(faultOfPlays("Plays", "2", { most: 1 }), "Plays: 1 is the only number left.");
});

test("an end is later than now and at most a year away, and what follows it counts", () => {
    assert.equal(faultOfEnd("Until", inDays(10), { now }), undefined);
    assert.equal(faultOfEnd("Until", inDays(366), { now }), undefined);
    for (const none of [undefined, Number.NaN])
        assert.equal(faultOfEnd("Until", none, { now }), "Until: a day and a time.");
    for (const over of [now, inDays(-1), inDays(-4)])
        assert.equal(faultOfEnd("Until", over, { now }), "Until: this is over. Choose a later time.");
    const far = faultOfEnd("Until", inDays(367), { now });
    assert.match(far, /^Until: .*2027.* at the latest, which is a year from now\.$/);
    assert.equal(faultOfEnd("Until", Date.UTC(2036, 0, 1, 10), { now }), far);
    assert.notEqual(faultOfEnd("Until", inDays(367), { now, after: 3 * DAY }), far, "an earlier one is the latest");
});

test("an end more than sixty days away is asked about, and one that is too far is not", () => {
    assert.ok(!isFar(undefined, now));
    assert.ok(!isFar(inDays(60), now));
    assert.ok(isFar(inDays(60) + 1, now));
    assert.ok(isFar(inDays(366), now));
    assert.ok(!isFar(inDays(367), now));
    assert.equal(daysUntil(inDays(100) - 60_000, now), 100);
});

test("a place is minutes and seconds within the clip", () => {
    for (const [text, at] of [
        ["90", 90],
        ["0:02", 2],
        ["12:30", 750],
        ["1:02:03", 3_723],
        [" 0:09 ", 9],
    ])
        assert.equal(seconds(text), at, text);
    for (const text of ["abc", "x", "-1", "-3", "1:99", "1.5", ""]) assert.equal(seconds(text), undefined, text);
    assert.equal(faultOfPlace("At", "0:51", 51_200), undefined);
    for (const text of ["abc", "-3", "1:99", "59:59", "99:00", "0:52", ""])
        assert.equal(faultOfPlace("At", text, 51_200), "At: a place like 0:30, up to 0:51.", text);
});

test("what has been is not still to come, and a day may be today", () => {
    assert.equal(faultOfPast("Signed", inDays(-1), now), undefined);
    assert.equal(faultOfPast("Signed", inDays(1), now), "Signed: this is still to come. Choose a time that has been.");
    assert.equal(faultOfPast("Signed", Number.NaN, now), "Signed: a day and a time.");
    assert.equal(faultOfDay("Day", inDays(1), now), undefined);
    assert.equal(faultOfDay("Day", inDays(-1), now), "Day: this is over. Choose a later time.");
    assert.equal(faultOfDay("Day", Number.NaN, now), "Day: a whole date, or nothing.");
});

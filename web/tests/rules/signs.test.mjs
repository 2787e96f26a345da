// What stands out in what is shared: a rule without a page.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./node/sources.mjs";

const { signs } = await load("console/src/client/signs.ts");

const days = (plays, nights = []) =>
    plays.map((count, at) => ({
        day: `2026-11-${String(at + 1).padStart(2, "0")}`,
        plays: count,
        night: nights[at] ?? 0,
    }));
const of = (plays, agreed) => signs(days(plays), agreed).map(({ sign }) => sign);
const weeks = (...each) => each.flatMap((plays) => Array.from({ length: 7 }, () => plays));

test("nothing stands out where it is as agreed, or where there is too little to say anything", () => {
    assert.deepEqual(of([]), []);
    assert.deepEqual(of([1]), []);
    assert.deepEqual(of(weeks(1, 1, 1), 1), []);
    assert.deepEqual(of(weeks(2, 2, 2), 2), []);
    assert.deepEqual(of([0, 1, 0, 2, 0, 0, 1], 1), []);
    assert.deepEqual(of([...weeks(0), 1, 0, 0, 1, 0, 0, 1]), [], "three plays say nothing");
});

test("several times on one day: twice what was agreed and at least three, or five where nothing was", () => {
    assert.deepEqual(of([1, 1, 3], 1), ["several"]);
    assert.deepEqual(of([1, 1, 2], 1), []);
    assert.deepEqual(of([2, 3, 2], 2), []);
    assert.deepEqual(of([2, 4, 2], 2), ["several"]);
    assert.deepEqual(of([1, 4, 1]), []);
    assert.deepEqual(of([1, 5, 1]), ["several"]);
    assert.deepEqual(signs(days([1, 6, 7, 1]), 1)[0], { sign: "several", plays: 7, day: "2026-11-03" });
    assert.deepEqual(of([6, ...weeks(1)], 1), [], "last week's has been talked about");
});

test("more often than before: twice as often as in a person's own weeks before", () => {
    assert.deepEqual(of(weeks(1, 2)), ["more"]);
    assert.deepEqual(of(weeks(2, 3)), []);
    assert.deepEqual(of(weeks(0, 2)), [], "who has just begun has no before");
    assert.deepEqual(of([1, ...weeks(2)]), [], "a day is no before");
    assert.deepEqual(of(weeks(2, 1, 3)), ["more"]);
});

test("not for a while: ten days, and only for whoever has listened", () => {
    assert.deepEqual(of([1, ...Array.from({ length: 10 }, () => 0)]), ["pause"]);
    assert.deepEqual(of([1, ...Array.from({ length: 9 }, () => 0)]), []);
    assert.deepEqual(of(weeks(0, 0)), []);
    assert.deepEqual(signs(days([1, ...Array.from({ length: 12 }, () => 0)]), 1), [{ sign: "pause", days: 12 }]);
});

test("at night: every second time of the last week, and at least three times", () => {
    const nights = (plays, at) => signs(days(plays, at), 2).map(({ sign }) => sign);
    assert.deepEqual(nights([1, 1, 1, 2, 1], [1, 1, 0, 1, 0]), ["night"]);
    assert.deepEqual(nights([2, 2, 2, 1, 0], [1, 1, 0, 1, 0]), [], "three of seven");
    assert.deepEqual(nights([1, 1, 0], [1, 1, 0]), [], "twice says nothing");
    assert.deepEqual(
        nights([...weeks(1), ...weeks(1)], [1, 1, 1, 1, 1, 1, 1]),
        [],
        "last week's has been talked about",
    );
    assert.deepEqual(signs(days([1, 1, 2], [1, 1, 1]), 2), [{ sign: "night", nights: 3, plays: 4 }]);
});

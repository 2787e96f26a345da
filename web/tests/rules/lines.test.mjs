// What is to do, in lines: one for each client.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./node/sources.mjs";

const { linesOf } = await load("console/src/screens/lines.ts");

test("of one client there is one line, in the place of the first, with how many more; what is about nobody stands for itself", () => {
    const about = (one) => one.client;
    assert.deepEqual(linesOf([], about), []);
    const [a, b, c, d] = [
        { client: "a", n: 1 },
        { client: "b", n: 2 },
        { client: "a", n: 3 },
        { client: "a", n: 4 },
    ];
    assert.deepEqual(linesOf([a, b, c, d], about), [
        { first: a, more: 2 },
        { first: b, more: 0 },
    ]);
    assert.deepEqual(linesOf([{ n: 1 }, { n: 2 }], about).length, 2);
});

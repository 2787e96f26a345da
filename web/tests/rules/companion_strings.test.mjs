// The words that people see: none of ours that hurt, and none written anywhere else.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const folder = new URL("../../companion/src/", import.meta.url);
const read = (name) => readFileSync(new URL(name, folder), "utf8");
/** What never stands on a client's screen. */
const NEVER =
    /\b(fixations?|flag(s|ged)?|revok\w*|leas(e|es|ed)|laps\w*|expir\w*|deni(ed|al)\w*|violat\w*|receipts?|wip(e|ed|es)|doses?|limit reached|participants?|signs?|fail(ed|ure|s)?|patient|user)\b|%/i;

test("no word that hurts is on a screen", () => {
    const written = [
        "strings/always.ts",
        "strings/en.ts",
        "strings/de.ts",
        "strings/pages/en.ts",
        "strings/pages/de.ts",
    ]
        .map(read)
        .join("\n");
    const said = [...written.matchAll(/(["`])((?:\\.|(?!\1).)*)\1/g)].map(([, , text]) => text);
    assert.ok(said.length > 200);
    assert.deepEqual(
        said.filter((text) => NEVER.test(text.replace(/\$\{\w+\}/g, ""))),
        [],
    );
});

test("screens have no words of their own", () => {
    const pages = (where) =>
        readdirSync(new URL(where, folder))
            .filter((name) => name.endsWith(".tsx"))
            .map((name) => `${where}${name}`);
    const screens = ["", "screens/", "pages/", "pages/mine/"].flatMap(pages);
    assert.ok(screens.length > 25);
    for (const name of screens) {
        // Text between tags, and attributes that are read out.
        const between = [...read(name).matchAll(/>([^<>{}]*[A-Za-z]{2,}[^<>{}]*)<\//g)].map(([, text]) => text);
        const spoken = [...read(name).matchAll(/(?:aria-label|title|placeholder|alt)="([^"]*[A-Za-z]{3,}[^"]*)"/g)].map(
            ([, text]) => text,
        );
        assert.deepEqual([...between, ...spoken], [], name);
    }
});

// The words that therapists see: none of the code's, in either language, and none written anywhere else.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const folder = new URL("../../console/src/", import.meta.url);
const read = (name) => readFileSync(new URL(name, folder), "utf8");
/** The code's own words, which say nothing to a therapist, and those that this product never says. */
const NEVER =
    /\b(fixations?|flag(s|ged)?|revok\w*|leas(e|es|ed)|laps\w*|denied|violat\w*|receipts?|wip(e|ed|es)|doses?|participants?|fail(ed|ure|s)?|patient(in|en)?|users?)\b/i;
/** A command, and how languages call themselves. */
const SAID_AS_IT_IS = ["refrain init", "English", "Deutsch"];

test("no word of the code is on the console", () => {
    for (const language of ["en", "de"]) {
        const files = readdirSync(new URL(`strings/${language}/`, folder)).map((name) => `strings/${language}/${name}`);
        const written = [`strings/${language}.ts`, ...files].map(read).join("\n");
        const said = [...written.matchAll(/(["`])((?:\\.|(?!\1).)*)\1/g)].map(([, , text]) => text);
        assert.ok(said.length > 200, language);
        assert.deepEqual(
            said.filter((text) => NEVER.test(text.replace(/\$\{[^}]*\}/g, ""))),
            [],
            language,
        );
    }
});

test("the console's screens have no words of their own", () => {
    const screens = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".tsx"));
    assert.ok(screens.length > 20);
    for (const name of screens) {
        const between = [...read(name).matchAll(/>([^<>{}=;()]*[A-Za-z]{2,}[^<>{}=;()]*)<\//g)].map(([, text]) =>
            text.trim(),
        );
        const spoken = [
            ...read(name).matchAll(
                /(?:aria-label|title|placeholder|alt|label|legend|hint)="([^"]*[A-Za-z]{3,}[^"]*)"/g,
            ),
        ].map(([, text]) => text);
        assert.deepEqual(
            [...between, ...spoken].filter((text) => !SAID_AS_IT_IS.includes(text)),
            [],
            name,
        );
    }
});

// Caption files that others have made, as words at places of a clip.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./node/sources.mjs";

const { MARKS_MAX, readCaptions, WORDS_MAX } = await load("console/src/share/captions.ts");

test("WebVTT and SubRip are read, with what players put into them left out", () => {
    const vtt =
        "\uFEFFWEBVTT - by somebody\r\n\r\nNOTE not said\r\n\r\nSTYLE\r\n::cue { color: red }\r\n\r\n1\r\n00:07.250 --> 00:09.000 align:start\r\n<v Ada>Breathe <i>in</i> &amp; wait,\r\nslowly.\r\n\r\n01:02:03.004 --> 01:02:04.000\r\nAnd out.";
    assert.deepEqual(readCaptions(vtt), [
        { at: 7.25, words: "Breathe in & wait, slowly." },
        { at: 3_723.004, words: "And out." },
    ]);
    const srt = "2\n00:00:09,500 --> 00:00:10,000\n{\\an8}And out.\n\n1\n00:00:07,250 --> 00:00:09,000\nBreathe in.\n";
    assert.deepEqual(readCaptions(srt), [
        { at: 7.25, words: "Breathe in." },
        { at: 9.5, words: "And out." },
    ]);
});

test("what is no caption file, and what a clip cannot carry, is nothing", () => {
    for (const text of [
        "",
        "WEBVTT",
        "a letter: 10:00 --> 11:00\n\nwords",
        "00:01.000 --> 00:02.000\n",
        `00:01.000 --> 00:02.000\n${"x".repeat(WORDS_MAX + 1)}`,
    ]) {
        assert.equal(readCaptions(text), undefined, text);
    }
    const cue = (at, words) => `00:00:${String(at).padStart(2, "0")}.000 --> 00:00:59.000\n${words}`;
    const long = Array.from({ length: MARKS_MAX + 1 }, (_, at) => cue(at % 60, "y".repeat(150)));
    assert.equal(readCaptions(long.join("\n\n")), undefined);
});

test("too many are brought together in their order, and none is lost", () => {
    const said = Array.from({ length: 200 }, (_, at) => `word${at}`);
    const cue = (words, at) =>
        `${String(Math.floor(at / 60)).padStart(2, "0")}:${String(at % 60).padStart(2, "0")}.000 --> 59:59.000\n${words}`;
    const cues = readCaptions(said.map(cue).join("\n\n"));
    assert.equal(cues.length, MARKS_MAX);
    assert.equal(cues.map(({ words }) => words).join(" "), said.join(" "));
    assert.ok(cues.every(({ words }) => words.length <= WORDS_MAX));
    assert.ok(cues.every(({ at }, n) => n === 0 || at > cues[n - 1].at));
});

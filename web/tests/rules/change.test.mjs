// A change, from what a form says to what is sent, and what is said of it: rules without a page.

import assert from "node:assert/strict";
import { test } from "node:test";
import { stand } from "./node/globals.mjs";
import { load } from "./node/sources.mjs";

stand();
const { begin, darkBy, kindsOf, mayHaveOther, Refusal, save, scopeOf, scopesOf, timesOf } = await load(
    "console/src/change/form.ts",
    "console/src/api/rest.ts",
);

const release = {
    release: "r1",
    clip: "c1",
    standing: "live",
    terms: { expires_at: "2036-01-10T10:00:00Z", daily_limit: 3, not_before: null, offline_hours: 72, quiet_hours: [] },
    entries: ["e1"],
    holds: [],
    dark_by: "2036-01-02T10:00:00Z",
};
const other = { ...release, release: "r2", clip: "c2", dark_by: "2036-01-03T10:00:00Z" };
const again = { ...release, release: "r3", dark_by: null };
const subject = { client: "cl", release, live: [release, other, again], title: "Breath" };
const form = (some) => ({ ...begin(release), ...some });
const noted = { kind: "distress", reason: " It was much. " };

/** Saves with a server that answers each question in turn; gives how it ended, and what was asked. */
async function saves(some, answers = [], about = subject) {
    const asked = [];
    const saved = await save(form(some), about, async (command, key, summary) => {
        asked.push([`${command.method} ${command.path}`, summary.what, key]);
        const answer = answers.shift();
        if (answer) throw answer;
    });
    return {
        saved,
        asked: asked.map(([question, what]) => `${what}: ${question}`),
        keys: asked.map(([, , key]) => key),
    };
}

test("what may be chosen follows from what is shared, and the narrower scope gives way", () => {
    assert.deepEqual(kindsOf(release), ["talk", "fewer", "dates", "pause", "end"]);
    assert.deepEqual(kindsOf({ ...release, terms: { ...release.terms, daily_limit: 1 } }), [
        "talk",
        "dates",
        "pause",
        "end",
    ]);
    assert.deepEqual(kindsOf(undefined), ["talk", "pause", "end"]);
    assert.deepEqual(scopesOf("pause", release), ["one", "all"]);
    assert.equal(scopeOf(form({ what: "pause", scope: "everywhere" }), release), "one");
    assert.equal(scopeOf(form({ what: "end", scope: "everywhere" }), release), "everywhere");
    assert.equal(scopeOf({ ...begin(undefined), what: "end" }, undefined), "all");
    assert.ok(mayHaveOther(form({ what: "end" }), release));
    assert.ok(!mayHaveOther(form({ what: "end", scope: "all" }), release));
});

test("fewer plays begin with one fewer than now, and what cannot be taken is one", () => {
    assert.equal(form({}).times, "2");
    assert.equal(timesOf(form({ times: "2" }), release), 2);
    for (const times of ["3", "0", "x", ""]) assert.equal(timesOf(form({ times }), release), 1, times);
});

test("what can play longest of what is concerned says when it is dark", () => {
    const dark = (some) => darkBy(form(some), subject);
    assert.equal(dark({ what: "end" }), Date.parse(release.dark_by));
    assert.equal(dark({ what: "end", scope: "everywhere" }), Date.parse(release.dark_by));
    assert.equal(dark({ what: "end", scope: "all" }), Date.parse(other.dark_by));
    assert.equal(darkBy(form({ what: "end" }), { ...subject, live: [again] }), undefined);
});

test("talking first sends the note alone, and without one nothing at all", async () => {
    assert.deepEqual((await saves({})).saved, { is: "nothing_to_do" });
    const { saved, asked } = await saves({ note: noted });
    assert.equal(saved.is, "done");
    assert.deepEqual(asked, ["note: POST /v1/clients/cl/observations"]);
});

test("what is decided goes first and its note after it; with an end the note goes along", async () => {
    const fewer = await saves({ what: "fewer", note: noted });
    assert.deepEqual(fewer.asked, ["fewer: PATCH /v1/releases/r1", "note: POST /v1/clients/cl/observations"]);
    assert.notEqual(fewer.keys[0], fewer.keys[1]);
    const end = await saves({ what: "end", scope: "all", note: noted });
    assert.deepEqual(end.asked, ["end: POST /v1/clients/cl/revocations"]);
});

test("a note that cannot be kept undoes nothing: what was decided is not sent again", async () => {
    const lost = () => new Refusal(500, "note_not_kept");
    for (const what of ["pause", "end", "fewer"]) {
        const answers = what === "end" ? [lost()] : [undefined, lost()];
        assert.deepEqual((await saves({ what, note: noted }, answers)).saved, { is: "note_not_kept" }, what);
        const { saved, asked } = await saves({ what, note: noted, isDecided: true });
        assert.equal(saved.is, "done");
        assert.deepEqual(asked, ["note: POST /v1/clients/cl/observations"], what);
    }
    // Whatever keeps the note from being kept, the decision stands.
    assert.deepEqual((await saves({ what: "pause", note: noted }, [undefined, new Error("no network")])).saved, {
        is: "note_not_kept",
    });
});

test("what somebody else has decided since is said, and what fails is told as it is", async () => {
    assert.deepEqual((await saves({ what: "fewer" }, [new Refusal(409, "changed")])).saved, { is: "overtaken" });
    const error = new Error("no network");
    assert.deepEqual((await saves({ what: "pause" }, [error])).saved, { is: "failed", error });
    assert.deepEqual((await saves({ note: noted }, [error])).saved, { is: "failed", error });
});

test("another clip is shared next where one ends or rests, and only there", async () => {
    assert.deepEqual((await saves({ what: "end", instead: "c9" })).saved, { is: "done", instead: "c9" });
    assert.deepEqual((await saves({ what: "end", scope: "all", instead: "c9" })).saved, {
        is: "done",
        instead: undefined,
    });
    assert.deepEqual((await saves({ what: "dates", ends: "2036-01-05T10:00", instead: "c9" })).saved, {
        is: "done",
        instead: undefined,
    });
});

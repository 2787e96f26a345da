// What a phone keeps, read past the app: every store that a browser has, and no word of anybody in the clear.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Cast } from "../stage/cast.mjs";
import { whereIs } from "../stage/kept.mjs";
import { until } from "../stage/until.mjs";

let [stage, cast] = [];
beforeEach(async () => {
    cast = await Cast.open();
    ({ stage } = cast);
});
afterEach(() => cast.close());

/** A word that stands nowhere else, for each thing that a phone keeps of its person. */
const CANARIES = {
    app: "Fjordkanari",
    phone: "Lamplightkanari",
    title: "Harbourkanari",
    note: "Velvetkanari",
    mark: "Thicketkanari",
    parting: "Orchardkanari",
    letter: "Quarrykanari",
    unsent: "Saltmarshkanari",
    diary: "Meadowkanari",
    code: "90417365",
};
/** And what the server says of others. */
const OTHERS = ["Ada Testperson", "030 000002", "030 00000"];

/** Puts something into each kind of store; gives where the reader is to find it. */
async function plant(page, word) {
    await page.context().addCookies([{ name: "planted", value: word, url: page.url() }]);
    return page.evaluate(async (word) => {
        const done = (request) =>
            new Promise((resolve, reject) => {
                request.onsuccess = () => resolve(request.result);
                request.onerror = () => reject(request.error);
            });
        const opening = indexedDB.open("planted", 1);
        opening.onupgradeneeded = () => {
            for (const name of ["text", "key", "utf-8", "utf-16", "base64", "url", "within", "blob"])
                opening.result.createObjectStore(name);
        };
        const db = await done(opening);
        const put = (name, value, key = "one") =>
            done(db.transaction(name, "readwrite").objectStore(name).put(value, key));
        const bytes = new TextEncoder().encode(`xy${word}z`);
        const wide = Uint8Array.from([...word].flatMap((one) => [one.charCodeAt(0), 0]));
        await put("text", `a ${word} b`);
        await put("key", 1, word);
        await put("utf-8", bytes.buffer);
        await put("utf-16", wide);
        await put("base64", btoa(`x${word}`));
        await put("url", btoa(`?~${word}`).replaceAll("+", "-").replaceAll("/", "_"));
        await put("within", { list: [new Map([["a", { [word]: 1 }]])] });
        await put("blob", new Blob([bytes]));
        db.close();
        const cache = await caches.open("planted");
        await cache.put("/planted", new Response(word));
        localStorage.setItem("planted", word);
        sessionStorage.setItem("planted", word);
        const folder = await navigator.storage.getDirectory();
        const file = await (await folder.getDirectoryHandle("deep", { create: true })).getFileHandle("planted", {
            create: true,
        });
        const writing = await file.createWritable();
        await writing.write(word);
        await writing.close();
    }, word);
}

const PLANTED = [
    ...["base64", "blob", "key", "text", "url", "utf-16", "utf-8", "within"].map((name) => `planted/${name}`),
    "cache /planted",
    "cookies",
    "file /deep/planted",
    "localStorage",
    "sessionStorage",
];

test("no store of a phone has a word of anybody in the clear, whatever its person has done", async () => {
    const phone = await cast.phone();
    await phone.page.getByLabel("What shall it be called").fill(CANARIES.app);
    await phone.tap("That's me");
    await phone.tap("Go on without");
    await phone.page.getByLabel("Code").fill(await stage.ask("invite"));
    await phone.page.getByLabel("What do you call this phone?").fill(CANARIES.phone);
    await phone.tap("Connect");
    await phone.heading("What Ada Testperson sees");
    await phone.page.getByRole("switch").click();
    await phone.tap("All right");
    await phone.tap("Choose a code");
    await phone.page.getByLabel("At least six numbers").fill(CANARIES.code);
    await phone.page.getByLabel("Once more").fill(CANARIES.code);
    await phone.tap("Use this code");
    await phone.heading("Your clips");
    await phone.digits();
    await stage.ask("confirm");
    const { clip } = await stage.ask("upload", { file: "breathing.mp3", title: CANARIES.title });
    const words = {
        note: CANARIES.note,
        marks: [{ at_ms: 1_000, words: CANARIES.mark }],
        parting_note: CANARIES.parting,
    };
    await stage.release({}, { clip, words });
    await phone.restart();
    await phone.page.getByLabel("Your code").fill(CANARIES.code);
    await phone.tap("Open");
    await phone.ready(CANARIES.title);
    await phone.plays(CANARIES.title);
    await phone.leaps(10);
    await phone.isAt(11);
    await phone.tap("Stop it now");
    const writes = async (words) => {
        await phone.page.getByRole("link", { name: "Ask" }).click();
        await phone.page.getByLabel("Or in your own words").fill(words);
        await phone.tap("Send");
        await phone.reads(words);
    };
    await writes(CANARIES.letter);
    await phone.reads("Arrived");
    await phone.mine("My notes");
    await phone.page.getByLabel("What would you like to keep?").fill(CANARIES.diary);
    await phone.tap("Keep");
    await phone.reads(CANARIES.diary);
    for (const [page, says] of [
        ["Who did what", `“${CANARIES.phone}” was added.`],
        ["My sessions and papers", "Read the paper"],
        ["This phone", `It is called “${CANARIES.phone}”.`],
    ]) {
        await phone.mine(page);
        await phone.reads(says);
    }
    await phone.context.setOffline(true);
    await writes(CANARIES.unsent);
    await phone.reads("On its way");
    await phone.page.getByRole("link", { name: "Home" }).click();
    await phone.plays(CANARIES.title);
    await phone.tap("This doesn't help me");
    await phone.heading("All right. It has stopped.");

    const kept = (await phone.stored()).rows;
    assert.ok(kept.device > 10 && kept.clips === 1 && kept.partings === 1 && kept.notes === 1, JSON.stringify(kept));
    const finds = async (word) => (await phone.whereIs(word)).sort();
    const everything = [...Object.values(CANARIES), ...OTHERS];
    for (const word of everything) assert.deepEqual(await finds(word), [], word);
    // Nor the token, nor the keys that are bytes: the words that stand around them in JSON.
    for (const word of ['"token"', "utc_offset", '"crisis"']) assert.deepEqual(await databases(finds, word), [], word);

    await plant(phone.page, CANARIES.diary);
    assert.deepEqual(await finds(CANARIES.diary), PLANTED.toSorted(), "the reader finds what there is");
    // All of it opens again.
    await phone.restart({ offline: true });
    await phone.page.getByLabel("Your code").fill(CANARIES.code);
    await phone.tap("Open");
    await phone.reads("You said that this doesn't help you.");
    await phone.mine("My notes");
    await phone.reads(CANARIES.diary);
    await phone.page.getByRole("link", { name: "Ask" }).click();
    await phone.reads(CANARIES.unsent);
});

/** The app's own files have the names of what it keeps, and nothing of a person. */
async function databases(finds, word) {
    return (await finds(word)).filter((place) => !place.startsWith("cache "));
}

test("what was kept and does not open plays nothing, and says what to do", async () => {
    const { phone } = await cast.phoneWith();
    await phone.page.evaluate(
        () =>
            new Promise((resolve) => {
                const opening = indexedDB.open("refrain");
                opening.onsuccess = () => {
                    const tx = opening.result.transaction("seal", "readwrite");
                    tx.objectStore("seal").delete("key");
                    tx.oncomplete = () => {
                        opening.result.close();
                        resolve();
                    };
                };
            }),
    );
    await phone.page.reload();
    await phone.heading("This phone can't open what it keeps.");
    await phone.page.locator(".breathing .orb").waitFor();
    assert.equal(await phone.page.getByText("Breathing", { exact: true }).count(), 0);
    await phone.isAccessible();
    await phone.tap("Begin again");
    // What was chosen for the app did not open either.
    await phone.heading("Something to come back to");
    await until(async () => (await phone.stored()).rows.clips === 0, "it is new again");
});

test("what a desk keeps of a client is in no store of its browser", async () => {
    const desk = await cast.desk();
    await desk.signIn(undefined, { keep: true });
    await desk.reads("Your clients");
    await until(async () => (await desk.page.evaluate(() => indexedDB.databases())).length > 0, "it keeps its work");
    for (const word of ["Ada Testperson", "Ben Placeholder"]) {
        const found = (await whereIs(desk.page, word)).filter((place) => !place.startsWith("cache "));
        assert.deepEqual(found, [], word);
    }
});

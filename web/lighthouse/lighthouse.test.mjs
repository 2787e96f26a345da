// What Lighthouse says of the first page of each app, on the real server. A package of its own: nothing else needs what
// Lighthouse brings along.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import lighthouse, { desktopConfig } from "lighthouse";
import { chromium } from "playwright-core";
import { freePort } from "../tests/stage/free_port.mjs";
import { Stage } from "../tests/stage/stage.mjs";

const ENOUGH = 0.95;
const CATEGORIES = ["performance", "accessibility", "best-practices", "seo"];
const FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
];

let stage;
let browser;
let port;
before(async () => {
    stage = await Stage.open();
    port = await freePort();
    const executablePath = process.env.REFRAIN_TEST_CHROMIUM ?? "/usr/bin/chromium";
    browser = await chromium.launch({
        executablePath,
        headless: true,
        args: [...FLAGS, `--remote-debugging-port=${port}`],
    });
});
after(async () => {
    await browser?.close();
    await stage?.close();
});

test("the companion on a phone", async (t) => {
    await isGood(t, "/", undefined);
});

test("the console on a computer", async (t) => {
    await isGood(t, "/console/", desktopConfig);
});

/** How fast it is is said, and not judged: this machine may be busy with other things. */
async function isGood(t, path, config) {
    // These pages are for those who were told of them: that no search engine may list them is meant.
    const flags = { port, output: "json", logLevel: "error", onlyCategories: CATEGORIES, skipAudits: ["is-crawlable"] };
    const { lhr } = await lighthouse(`${stage.base}${path}`, flags, config);
    const { performance, ...judged } = lhr.categories;
    t.diagnostic(
        `${path}: ${CATEGORIES.map((name) => `${name} ${Math.round(lhr.categories[name].score * 100)}`).join(", ")}`,
    );
    for (const { id, score, auditRefs } of Object.values(judged)) {
        const poor = auditRefs.filter(({ id: audit, weight }) => weight > 0 && (lhr.audits[audit].score ?? 1) < 1);
        assert.ok(score >= ENOUGH, `${id}: ${score}, for ${poor.map(({ id: audit }) => audit).join(", ")}`);
    }
    assert.ok(performance.score !== null, "it was measured");
}

// A session of the companion, from its start until another window takes over: without a page, a clock or a machine.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Broken, NoAnswer, Window } from "./node/window.mjs";

const MINUTE = 60_000;

test("a phone stands as its store and the network say", async () => {
    assert.equal((await new Window().opens()).standing.value, "paired");
    assert.equal((await new Window({ paired: false }).opens()).standing.value, "new");
    const removed = new Window({ paired: false });
    removed.db.values.set("removed", true);
    assert.equal((await removed.opens()).standing.value, "removed");
    const start = () => {
        throw new NoAnswer(0, "no_contact");
    };
    const waiting = new Window({ start });
    assert.equal((await waiting.opens()).standing.value, "waiting");
    assert.equal(waiting.session.circle.contact.value.crisis, "2", "whom to call is known before anything else");
});

test("where something does not open nothing is driven or shown, and who begins anew is new", async () => {
    for (const broken of ["settings", "lock", "identity", "circle", "machine", "set_aside"]) {
        const start = () => {
            if (broken === "machine") throw new Broken();
        };
        const window = new Window({ start });
        window.db.broken = [broken];
        const session = await window.opens();
        assert.equal(session.standing.value, "broken", broken);
        assert.deepEqual([session.shelf.clips.value, session.engine], [[], undefined], broken);
        const again = session.beginAgain();
        await window.quiet();
        for (const { then } of window.waiting) then();
        await again;
        assert.deepEqual([...window.db.values.keys()], ["settings"], broken);
    }
});

test("what is shown goes when another window takes over, and comes back when somebody looks again", async () => {
    const window = new Window();
    const { shelf, standing } = await window.opens();
    assert.equal(shelf.clips.value.length, 1);
    window.news();
    await window.isOvertaken();
    assert.equal(standing.value, "elsewhere");
    assert.deepEqual(shelf.clips.value, []);
    assert.equal(window.session.engine, undefined);
    assert.ok(window.news().includes("overtaken"));
    assert.ok(!window.session.wake(), "a push is not this window's");
    window.isHeldElsewhere = false;
    await window.looksAway(0);
    assert.equal(standing.value, "paired");
    assert.ok(window.session.wake());
});

test("a window that insists drives, whoever does so now", async () => {
    const window = new Window();
    window.isHeldElsewhere = true;
    const session = await window.opens();
    assert.equal(session.standing.value, "elsewhere");
    await session.takeOver();
    await window.quiet();
    assert.equal(session.standing.value, "paired");
});

test("a phone that is removed shows nothing of anybody, whatever happens afterwards", async () => {
    const window = new Window();
    const { circle, shelf, standing } = await window.opens();
    await window.tells("removed");
    assert.equal(circle.told.value, undefined);
    assert.deepEqual(shelf.clips.value, []);
    await window.isOvertaken();
    assert.equal(standing.value, "removed");
});

test("a lost connection is tried again soon, then less and less often, and soon again after one that held", async (t) => {
    t.mock.method(Math, "random", () => 0);
    const window = new Window();
    await window.opens();
    window.isConnected = false;
    const waits = [];
    for (let lost = 0; lost < 8; lost++) {
        await window.tells("disconnected");
        assert.equal(window.waiting.length, 1, "one try at a time");
        waits.push(window.waiting[0].ms / 1_000);
    }
    assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
    window.isConnected = true;
    await window.tells("changed");
    await window.tells("disconnected");
    assert.equal(window.waiting[0].ms, 1_000);
});

test("who waits for a yes hears of it soon, and what comes with it is asked for at once", async (t) => {
    t.mock.method(Math, "random", () => 0);
    const window = new Window();
    window.circle.devices[0].confirmed = false;
    const { circle } = await window.opens();
    assert.ok(circle.isUnconfirmed());
    for (let lost = 0; lost < 4; lost++) await window.tells("disconnected");
    assert.equal(window.waiting[0].ms, 4_000);
    window.news();
    window.circle = { ...window.circle, devices: [{ device: "d", this: true, confirmed: true }] };
    await window.session.meetCircle();
    assert.ok(window.news().includes("contact, called"));
});

test("a line is opened anew after half a minute out of sight, when a network comes, and when it is silent while somebody looks", async () => {
    const window = new Window();
    await window.opens();
    const renews = async (act) => {
        window.news();
        await act();
        return window.news().filter((one) => one === "renew").length;
    };
    assert.equal(await renews(() => window.looksAway(20_000)), 0);
    assert.equal(await renews(() => window.looksAway(31_000)), 1);
    assert.equal(await renews(() => window.looksAway(-31_000)), 1, "a clock that was set back hides nothing");
    assert.equal(await renews(() => window.hasNetwork()), 1);
    const beats = () => {
        window.beat.then();
        return window.quiet();
    };
    assert.equal(await renews(beats), 0);
    window.silence = 121_000;
    assert.equal(await renews(beats), 1);
    window.isSeen = false;
    assert.equal(await renews(beats), 0);
});

test("a code is asked for at the start, and after three minutes out of sight, whatever the clock says", async () => {
    const window = new Window();
    window.db.values.set("lock", {});
    const { lock } = await window.opens();
    assert.ok(lock.isLocked.value);
    for (const [away, asks] of [
        [2 * MINUTE, false],
        [3 * MINUTE, true],
        [-3 * MINUTE, true],
    ]) {
        lock.isLocked.value = false;
        await window.looksAway(away);
        assert.equal(lock.isLocked.value, asks, `${away}`);
    }
    const bare = new Window();
    const session = await bare.opens();
    await bare.looksAway(10 * MINUTE);
    assert.ok(!session.lock.isLocked.value);
});

test("what another phone has said of sharing holds here, but for what was said here and not heard yet", async () => {
    const window = new Window();
    const session = await window.opens();
    window.circle = { ...window.circle, shares_listening: true };
    window.wasHeard = false;
    await session.meetCircle();
    assert.equal(session.settings.value.sharing, false);
    window.wasHeard = true;
    window.news();
    await session.meetCircle();
    assert.equal(session.settings.value.sharing, true);
    assert.deepEqual(window.news(), ["hear true"], "it need not be said again from here");
    assert.equal(window.db.values.get("settings").sharing, true);
});

test("a clip that doesn't help waits for ten minutes, and is then returned; a clock that is set back does not make it longer", async () => {
    const window = new Window();
    const session = await window.opens();
    await session.returnClip("r");
    assert.ok(session.shelf.clips.value[0].undoUntil > window.now);
    window.news();
    await window.hasNetwork();
    assert.ok(!window.news().some((one) => one.startsWith("return")));
    await session.takeBack("r");
    assert.equal(session.shelf.clips.value[0].undoUntil, undefined);
    await session.returnClip("r");
    const [pending] = window.db.values.get("set_aside");
    for (const until of [window.now - 1, window.now + 60 * MINUTE]) {
        window.db.values.set("set_aside", [{ ...pending, until }]);
        await window.hasNetwork();
        assert.ok(window.news().includes("return r"));
    }
});

test("who begins anew is not held up by a network that does not answer, and has agreed to nothing", async () => {
    const window = new Window();
    const session = await window.opens();
    await session.change({ name: "Tides", sharing: true, seen: true });
    const beginning = session.beginAgain();
    await window.quiet();
    assert.ok(!window.news().includes("reload"));
    assert.equal(window.waiting.at(-1).ms, 2_000);
    window.waiting.at(-1).then();
    await beginning;
    assert.ok(window.news().includes("reload"));
    const { name, sharing, seen } = window.db.values.get("settings");
    assert.deepEqual([...window.db.values.keys()], ["settings"]);
    assert.deepEqual({ name, sharing, seen }, { name: "Tides", sharing: false, seen: false });
});

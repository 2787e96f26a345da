// A window of the companion whose browser, clock, machine and server are a test's.

import { stand } from "./globals.mjs";
import { load } from "./sources.mjs";

stand();
export const { Broken, NoAnswer, Session } = await load(
    "companion/src/session/session.ts",
    "companion/src/engine/api.ts",
    "companion/src/engine/seal.ts",
);

const WORDS = { locale: "en", yourTherapist: "your therapist" };

/** Values by their names, as one store of the phone's. */
class Values {
    values = new Map();

    async get(_store, key) {
        return this.values.get(key);
    }

    async put(_store, value, key) {
        this.values.set(key, value);
    }

    async getAllKeys() {
        return [];
    }

    async seal(_store, _key, value) {
        return value;
    }

    /** The names of those that do not open. */
    broken = [];

    async open(_store, key, row) {
        if (this.broken.includes(key)) throw new Broken();
        return row;
    }

    inTurn(work) {
        return work();
    }

    async transaction() {
        const { values } = this;
        const store = {
            get: async (key) => values.get(key),
            put: async (value, key) => void values.set(key, value),
            clear: () => values.clear(),
            delete: async (key) => void values.delete(key),
        };
        return { store, objectStore: () => store, done: Promise.resolve() };
    }
}

export class Window {
    now = Date.UTC(2026, 10, 28, 10);
    isSeen = true;
    db = new Values();
    /** What was asked of the engine and of the page, in its order. */
    told = [];
    /** What waits for the clock: when, and what. */
    waiting = [];
    /** What the server says of whom this phone belongs to. */
    circle = {
        therapists: ["Mira"],
        contact: { practice: "1", crisis: "2" },
        devices: [{ device: "d", this: true, confirmed: true }],
    };
    isConnected = true;
    silence = 0;
    /** Whether everything that was said of sharing was heard. */
    wasHeard = true;
    #sight = [];
    #network = [];
    #watcher;
    #drivers = [];

    constructor({ paired = true, start } = {}) {
        if (paired) this.db.values.set("identity", { device: "d", contact: this.circle.contact });
        const tell = (what, ...about) => this.told.push([what, ...about].join(" "));
        this.session = new Session({
            db: this.db,
            clock: {
                now: () => this.now,
                every: (ms, then) => {
                    this.beat = { ms, then };
                },
                after: (ms, then) => {
                    const one = { ms, then };
                    this.waiting.push(one);
                    return () => {
                        this.waiting = this.waiting.filter((other) => other !== one);
                    };
                },
            },
            page: {
                language: "en-GB",
                isSeen: () => this.isSeen,
                onSight: (then) => this.#sight.push(then),
                onNetwork: (then) => this.#network.push(then),
                speaks: () => {},
                reload: () => tell("reload"),
            },
            waking: { tell: async () => {}, stop: () => new Promise(() => {}) },
            hold: (drive, insist) =>
                new Promise((resolve) => {
                    const driver = { insist, end: resolve };
                    this.#drivers.push(driver);
                    if (!this.isHeldElsewhere || insist) void drive().then(() => resolve(true));
                    else resolve(false);
                }),
            startEngine: async (_db, watcher) => {
                this.#watcher = watcher;
                await start?.();
                return this.db.values.has("identity") ? this.#engine(tell) : undefined;
            },
            loadStrings: async () => WORDS,
        });
    }

    /** Opened, and quiet. */
    async opens() {
        await this.session.speak();
        await this.session.start(
            (release) => this.told.push(`gone ${release}`),
            () => this.told.push("overtaken"),
        );
        await this.quiet();
        return this.session;
    }

    /** Everything has been done that waits for nothing but itself. */
    async quiet() {
        for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    }

    async looksAway(milliseconds) {
        this.isSeen = false;
        for (const then of this.#sight) then();
        this.now += milliseconds;
        this.isSeen = true;
        for (const then of this.#sight) then();
        await this.quiet();
    }

    async hasNetwork() {
        for (const then of this.#network) then();
        await this.quiet();
    }

    /** Another window takes the machine. */
    async isOvertaken() {
        this.isHeldElsewhere = true;
        this.#watcher.overtaken();
        this.#drivers.at(-1).end(false);
        await this.quiet();
    }

    tells(what, ...about) {
        this.#watcher[what](...about);
        return this.quiet();
    }

    /** What was told since it was asked last. */
    news() {
        return this.told.splice(0);
    }

    #engine(tell) {
        const item = { release: "r", state: "live", ends_at: this.now + 86_400_000 };
        return {
            identity: {},
            machine: {
                is_unpaired: () => false,
                trusted: () => this.now,
                held: () => undefined,
                plays_left: () => undefined,
                incarnation: () => "i",
            },
            documents: { shelf: () => [item], letters: () => [] },
            downloads: { share: () => undefined, asksBefore: () => false },
            letters: {
                share: async (on) => tell("share", on),
                hear: async (on) => tell("hear", on),
                wasHeard: async () => this.wasHeard,
                returnClip: async (release) => tell("return", release),
            },
            account: { circle: async () => this.circle, tellLocalTime: async () => {} },
            access: () => ({ is: "needs_contact" }),
            run: async (step) => step(),
            contact: async (called) => tell(called ? "contact, called" : "contact"),
            isConnected: () => this.isConnected,
            isFull: () => false,
            isHalted: () => false,
            silence: () => this.silence,
            renewLine: () => tell("renew"),
            halt: () => tell("halt"),
        };
    }
}

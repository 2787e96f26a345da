// Drives the machine: carries out its effects, one after the other, and tells it what happened.
//
// Everything that touches the machine runs in one queue. The network never holds it up: a question, a download or a
// receipt is sent aside, and its answer comes back as a step of its own. So a clip plays, and ends, while a request hangs.

import { type Access, Companion, Documents, type Effect, type Told } from "#bridge";
import { random } from "../../../ui/bytes";
import { Account } from "./account";
import { Api } from "./api";
import { eraseStrays } from "./clips/download";
import { Downloads } from "./clips/downloads";
import { Refused, Sitting } from "./clips/sitting";
import { keptClip, readWords } from "./clips/vault";
import { clocks } from "./clock";
import { Effects } from "./effects";
import { Letters } from "./letters";
import { Saved } from "./saved";
import { listed, restoreDocuments, SAVED_UNDER } from "./server/documents";
import { Line } from "./server/line";
import { Questions } from "./server/questions";
import { type Database, forgetPerson, forgetPhone, type Identity, Overtaken, readValue, writeValue } from "./store";
import { startBridge } from "./wasm";

/** What whoever shows the engine's state is told. */
export interface Watcher {
    /** Something has changed: look again. */
    changed(): void;
    /** A clip is being erased at this moment: whatever plays it stops. */
    gone(release: string): void;
    /** The connection has ended. */
    disconnected(): void;
    /** This phone was removed: whatever is shown of a person goes. */
    removed(): void;
    /** Another page drives the machine now, or there is nothing to drive any more. */
    overtaken(): void;
}

export class Engine {
    readonly identity: Identity;
    readonly machine: Companion;
    documents: Documents;
    readonly #db: Database;
    readonly #api: Api;
    readonly #saved: Saved;
    readonly #watcher: Watcher;
    readonly downloads: Downloads;
    /** What the server knows of this phone's person. */
    readonly account: Account;
    readonly letters: Letters;
    readonly #questions: Questions;
    readonly #effects: Effects;
    #queue: Promise<unknown> = Promise.resolve();
    readonly #line: Line;
    #news: ReturnType<typeof setTimeout> | undefined;
    #halted = false;
    #isStripped = false;

    private constructor(
        db: Database,
        identity: Identity,
        machine: Companion,
        documents: Documents,
        saved: Saved,
        watcher: Watcher,
    ) {
        this.#db = db;
        this.identity = identity;
        this.machine = machine;
        this.documents = documents;
        this.#saved = saved;
        this.#watcher = watcher;
        this.#api = new Api(identity);
        this.downloads = new Downloads(db, this.#api, machine, () => watcher.changed());
        const perform = (step: () => Effect[]) => this.run(() => this.perform(step()));
        this.#questions = new Questions(this.#api, machine, perform, () => saved.check());
        this.#effects = new Effects(
            db,
            identity,
            machine,
            this.downloads,
            saved,
            {
                ask: (question) => this.#aside(() => this.#ask(question)),
                fetch: (release) => this.#aside(() => this.#fetch(release)),
                sendReceipts: () => this.#aside(() => this.#questions.state()),
            },
            (release) => watcher.gone(release),
        );
        this.#line = new Line(this.#api, {
            run: (step) => this.run(step),
            documents: () => this.documents,
            // A server that was restored may never say on its shelf what it has forgotten: begin afresh, and ask.
            greeted: (storage) => {
                if (this.machine.greeted(storage)) this.documents.forget_shelf();
                void this.run(() => this.#askIfDue()).catch(() => {});
            },
            told: (told) => this.#told(told),
            changed: () => watcher.changed(),
            lost: () => watcher.disconnected(),
            refused: () => void this.run(() => this.#askIfDue(true)).catch(() => {}),
        });
        this.account = new Account(this.#api);
        this.letters = new Letters(db, {
            documents: () => this.documents,
            run: (step) => this.run(step),
            perform: (effects) => this.perform(effects),
            remove: (release) => machine.remove(release),
            written: () => this.#written(),
            now: () => this.#now(),
        });
    }

    /**
     * Takes up what was saved, and finishes what an earlier run left half-done; nothing where no device is paired.
     * Throws `NoAnswer` when a device was paired and has lost its network before it heard where its documents are.
     */
    static async start(db: Database, watcher: Watcher): Promise<Engine | undefined> {
        const identity = await readValue<Identity>(db, "identity");
        if (!identity) return undefined;
        await startBridge();
        const saved = await Saved.take(db);
        const bytes = await readValue<Uint8Array>(db, "machine");
        const { device, practice, exchangeKey, authority, rotations } = identity;
        const machine = new Companion(device, practice, exchangeKey, authority, rotations, bytes);
        const documents = machine.is_unpaired() ? Documents.nothing() : await restoreDocuments(db, identity);
        const engine = new Engine(db, identity, machine, documents, saved, watcher);
        await engine.run(async () => {
            // Where its documents are is asked once: a phone that is removed before it has synced is not told again.
            await engine.#tries(() => engine.#saveDocuments());
            await eraseStrays(db, machine.releases());
            await engine.#tries(() => engine.perform(machine.resume()));
            // What the shelf says was kept before what follows from it, and a run may have died in between.
            await engine.#tries(() => engine.perform(machine.shelf_changed(documents)));
            for (const release of await engine.downloads.lost())
                await engine.#tries(() => engine.perform(machine.lost(release)));
        });
        return engine;
    }

    /** Runs a step when every earlier one is done. */
    run<T>(step: () => T | Promise<T>): Promise<T> {
        const result = this.#queue.then(() => {
            if (this.#halted) throw new Overtaken();
            return step();
        });
        this.#queue = result.catch((error: unknown) => {
            if (error instanceof Overtaken) this.halt();
        });
        return result;
    }

    isHalted(): boolean {
        return this.#halted;
    }

    /** Stops driving: somebody else does. */
    halt(): void {
        if (this.#halted) return;
        this.#halted = true;
        this.#dropNews();
        this.#line.giveUp();
        this.downloads.stopAll();
        this.#watcher.overtaken();
    }

    // Contact

    /**
     * Comes into contact if there is a network: syncs, asks for leases when they are due, or when somebody has `called`
     * (a push; a therapist's yes to this phone), fetches, hands in receipts.
     */
    async contact(called = false): Promise<void> {
        const { machine } = this;
        await this.run(async () => {
            await this.#tries(() => this.perform(machine.tick(...clocks())));
            if (this.#saved.isBehind) await this.#tries(() => this.#catchUp());
            await this.#tries(() => this.#askIfDue(called));
            await this.perform(this.downloads.missing().map((release): Effect => ({ do: "fetch", release })));
            if (machine.receipts().length > 0) await this.perform([{ do: "send_receipts" }]);
        });
        if (!machine.is_unpaired()) void this.#line.connect();
    }

    /** Opens the line anew: whoever was out of sight, or without a network, may have one that nobody is at the other end of. */
    renewLine(): void {
        if (!this.machine.is_unpaired() && !this.#halted) void this.#line.renew();
    }

    /** How long nothing was heard on the line, in milliseconds. */
    silence(): number {
        return this.#line.silence();
    }

    /** One question at a time: what is new while one is out is asked for once it is answered. */
    async #askIfDue(called = false): Promise<void> {
        if (this.machine.is_unpaired()) return;
        if (called) this.machine.call();
        if (this.#questions.isAsking()) return;
        this.#dropNews();
        if (this.machine.wants_leases(this.documents, ...clocks())) {
            return this.perform(this.machine.ask(random(32), ...clocks()));
        }
        const wait = this.machine.news_in(this.documents, ...clocks());
        if (wait === undefined) return;
        this.#news = setTimeout(() => {
            this.#news = undefined;
            void this.run(() => this.#askIfDue()).catch(() => {});
        }, wait);
    }

    #dropNews(): void {
        clearTimeout(this.#news);
        this.#news = undefined;
    }

    /** Whether shelf and journal are as the server has them. */
    isLevel(): boolean {
        return this.#line.isLevel();
    }

    /** Whether nothing is under way. */
    isIdle(): boolean {
        return (
            this.#news === undefined &&
            this.#questions.isIdle() &&
            this.downloads.isIdle() &&
            this.machine.receipts().length === 0
        );
    }

    isConnected(): boolean {
        return this.#line.isConnected();
    }

    /** Whether something has found no room on this device. */
    isFull(): boolean {
        return this.#saved.isFull() || this.#effects.isFull();
    }

    async #told(told: Told): Promise<void> {
        if (told.changed) {
            // What has ended goes, also where there is no room to write down that it was said.
            await this.#tries(() => this.#saveDocuments());
            await this.#tries(() => this.perform(this.machine.shelf_changed(this.documents)));
            if (this.#saved.isBehind) await this.#tries(() => this.#catchUp());
            await this.#askIfDue();
        }
        if (told.withheld) {
            await this.#tries(() => this.#saveDocuments());
            this.#aside(async () => {
                const named = await listed(this.#api);
                await this.run(async () => {
                    this.documents.named(named.shelf, named.journal);
                    await this.#saveDocuments();
                });
            });
        }
        this.#watcher.changed();
    }

    // Effects

    /** Carries out effects and what follows from them, in order. Only inside of a step. */
    async perform(effects: Effect[]): Promise<void> {
        await this.#effects.perform(effects);
        if (effects.length > 0) this.#watcher.changed();
        if (this.machine.is_unpaired()) await this.#leave();
    }

    /** Takes a step that may find no room: the others do not depend on it. */
    async #tries(step: () => Promise<void>): Promise<void> {
        try {
            await step();
        } catch (error) {
            if (error instanceof Overtaken) throw error;
            this.#saved.isBehind = true;
            this.#watcher.changed();
        }
    }

    /** Writes what found no room before, and finishes what was dropped with it. */
    async #catchUp(): Promise<void> {
        this.#saved.isBehind = false;
        await this.perform([{ do: "save" }, ...this.machine.resume().filter((effect) => effect.do !== "fetch")]);
        await this.#saveDocuments();
    }

    /** This phone was removed: what is the person's goes at once, and who it was as soon as the server knows that all has gone. */
    async #leave(): Promise<void> {
        if (this.#halted) return;
        if (!this.#isStripped) {
            this.#watcher.removed();
            this.#line.giveUp();
            this.documents = Documents.nothing();
            await forgetPerson(this.#db);
            this.#isStripped = true;
            // Keys and token are needed for the last word; a name and whom to call are not.
            const bare = { ...this.identity, name: "", contact: { practice: "", crisis: "" } };
            await this.#tries(() => writeValue(this.#db, "identity", bare));
        }
        if (this.#saved.isBehind || this.machine.releases().length > 0 || this.machine.receipts().length > 0) return;
        await forgetPhone(this.#db);
        this.halt();
    }

    /** Does something on the network without holding up the queue. What comes to nothing is no contact. */
    #aside(work: () => Promise<void>): void {
        void work()
            .catch(() => {})
            .finally(() => this.#watcher.changed());
    }

    async #ask(question: Effect & { do: "ask" }): Promise<void> {
        const before = this.machine.incarnation();
        try {
            await this.#questions.ask(question);
        } catch (error) {
            if (error instanceof Overtaken) this.halt();
            throw error;
        } finally {
            await this.run(() => this.#askIfDue());
        }
        if (before === undefined || before === this.machine.incarnation()) return;
        // What a restored server has forgotten of the shelf it cannot take back in our copy.
        await this.run(() => this.documents.forget_shelf());
        this.#line.close();
    }

    async #fetch(release: string): Promise<void> {
        // Taken back since it was leased, or the network is gone: shelf and next contact say what follows.
        if (await this.downloads.fetch(release)) await this.run(() => this.perform(this.machine.fetched(release)));
    }

    async #saveDocuments(): Promise<void> {
        if (!this.machine.is_unpaired()) await this.#saved.write({ [SAVED_UNDER]: this.documents.save() });
    }

    /** The person has said that a large clip may be fetched all the same. */
    async allow(release: string): Promise<void> {
        this.downloads.allow(release);
        await this.contact();
    }

    // What a person does

    /** Opens a sitting, whose play may be `counted` by now; throws `Refused` when the clip may not play now. */
    async sit(release: string, counted: () => boolean): Promise<Sitting> {
        return this.run(async () => {
            const kept = await keptClip(this.#db, release);
            if (!kept || this.access(release).is !== "playable") throw new Refused();
            const words = await readWords(kept);
            const pay = (stretch: number) => this.#debit(release, stretch, counted());
            return Sitting.begin(this.#db, release, this.machine.clip(release), kept.key, words, pay);
        });
    }

    async #debit(release: string, stretch: number, counted: boolean): Promise<void> {
        await this.run(async () => {
            let effects: Effect[];
            try {
                effects = this.machine.debit(release, stretch, counted, ...clocks());
            } catch {
                throw new Refused();
            }
            await this.perform(effects);
        });
    }

    access(release: string): Access {
        return this.machine.access(release, ...clocks());
    }

    /** A play counts. It leaves this device only while the person shares it. */
    async played(release: string, heard: number, duration: number, toTheEnd: boolean, share: boolean) {
        return this.run(async () => {
            const counted = this.machine.played(release, heard, duration, toTheEnd, ...clocks());
            if (!counted) return undefined;
            await this.perform([{ do: "save" }]);
            if (share) {
                this.documents.count(this.identity.device, release, counted.day, counted.part);
                await this.#written();
            }
            return counted;
        });
    }

    async #written(): Promise<void> {
        try {
            await this.#saveDocuments();
        } finally {
            this.#line.tell();
            this.#watcher.changed();
        }
    }

    #now(): number {
        return this.machine.trusted(...clocks()) ?? Date.now();
    }
}

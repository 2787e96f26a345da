// Letters: what a person says from this phone, kept beside the journal until the server is known to have it.

import type { Documents, Effect } from "#bridge";
import { random } from "../../../ui/bytes";
import { type Database, readValue, writeValue } from "./store";

/** What of the engine letters are written with. */
export interface Desk {
    documents(): Documents;
    run<T>(step: () => T | Promise<T>): Promise<T>;
    perform(effects: Effect[]): Promise<void>;
    /** Removes a clip from this phone; only inside of a step. */
    remove(release: string): Effect[];
    /** Keeps what was written, and says it if anybody hears; only inside of a step. */
    written(): Promise<void>;
    now(): number;
}

/** What was said last on this phone of whether plays are shared, or was heard of it since. */
const SAID = "said_sharing";

export class Letters {
    readonly #db: Database;
    readonly #desk: Desk;

    constructor(db: Database, desk: Desk) {
        this.#db = db;
        this.#desk = desk;
    }

    /** Removes a clip from this device; the letter that says so is written before. */
    async returnClip(release: string, id = random(16)): Promise<void> {
        await this.#write(
            (documents, now) => documents.write_return(id, release, now),
            async () => {
                await this.#desk.perform(this.#desk.remove(release));
                await this.#db.delete("partings", release);
            },
        );
    }

    async request(words: string, release?: string): Promise<void> {
        await this.#write((documents, now) => documents.write_request(random(16), release, words, now));
    }

    async rate(release: string, value: number): Promise<void> {
        await this.#write((documents, now) => documents.write_rating(random(16), release, value, now));
    }

    /**
     * Says whether plays and ratings are shared, where that was not said before: until somebody says yes, nobody has.
     * What is kept of it here is written with the letter's own step, so that it is said once and not forgotten.
     */
    async share(on: boolean): Promise<void> {
        await this.#desk.run(async () => {
            if (on === (await this.#said())) return;
            this.#desk.documents().write_sharing(random(16), on, this.#desk.now());
            await this.#desk.written();
            await writeValue(this.#db, SAID, on);
        });
    }

    /** Whether everything was heard that was said here, `on` among it: then the server knows better than this phone. */
    wasHeard(on: boolean): Promise<boolean> {
        return this.#desk.run(async () => this.#desk.documents().is_all_sent() && on === (await this.#said()));
    }

    /** Another phone, or somebody in the room, has said whether plays are shared: from here it need not be said again. */
    async hear(on: boolean): Promise<void> {
        await this.#desk.run(() => writeValue(this.#db, SAID, on));
    }

    async #said(): Promise<boolean> {
        return (await readValue<boolean>(this.#db, SAID)) ?? false;
    }

    async #write(letter: (documents: Documents, now: number) => void, then?: () => Promise<void>): Promise<void> {
        await this.#desk.run(async () => {
            letter(this.#desk.documents(), this.#desk.now());
            await this.#desk.written();
            await then?.();
        });
    }
}

// What the machine and the documents are, written durably, under the epoch of whoever drives.

import { type Database, isFull, takeOver, writeState } from "./store";

export class Saved {
    readonly #db: Database;
    #epoch: number | undefined;
    #isFull = false;
    /** Whether something was not written that has to be: the next contact does so. */
    isBehind = false;

    private constructor(db: Database, epoch: number | undefined) {
        this.#db = db;
        this.#epoch = epoch;
    }

    /** Takes the machine over. On a full disk that is done with the first state that finds room: what is to go cannot wait. */
    static async take(db: Database): Promise<Saved> {
        const epoch = await takeOver(db).catch((error: unknown) => {
            if (!isFull(error)) throw error;
            return undefined;
        });
        return new Saved(db, epoch);
    }

    async write(states: Record<string, unknown>): Promise<void> {
        try {
            this.#epoch ??= await takeOver(this.#db);
            await writeState(this.#db, this.#epoch, states);
            this.#isFull = false;
        } catch (error) {
            this.#isFull = isFull(error);
            this.isBehind = true;
            throw error;
        }
    }

    /** Whether there was no room for the last one. */
    isFull(): boolean {
        return this.#isFull;
    }
}

// What the machine and the documents are, written durably, under the epoch of whoever drives.

import { type Database, isFull, Overtaken, takeOver, writeState } from "./store";

export class Saved {
    readonly #db: Database;
    #epoch: string | undefined;
    /** What stands in the store as long as this one drives. */
    #found: unknown;
    #isFull = false;
    /** Whether something was not written that has to be: the next contact does so. */
    isBehind = false;

    private constructor(db: Database, epoch: string | undefined) {
        this.#db = db;
        this.#epoch = epoch;
    }

    /** Takes the machine over. On a full disk that is done with the first state that finds room: what is to go cannot wait. */
    static async take(db: Database): Promise<Saved> {
        const epoch = await takeOver(db).catch((error: unknown) => {
            if (!isFull(error)) throw error;
            return undefined;
        });
        const saved = new Saved(db, epoch);
        saved.#found = epoch ?? (await db.get("device", "epoch"));
        return saved;
    }

    /**
     * Throws `Overtaken` where somebody else drives by now. Asked before a question is sent: a page that was frozen would
     * repeat one from long ago, and its phone be taken for a copy of itself.
     */
    async check(): Promise<void> {
        if ((await this.#db.get("device", "epoch")) !== this.#found) throw new Overtaken();
    }

    async write(states: Record<string, unknown>): Promise<void> {
        try {
            this.#epoch ??= await takeOver(this.#db);
            this.#found = this.#epoch;
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

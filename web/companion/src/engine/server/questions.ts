// What the machine asks the server and states to it: leases, rotations of the practice's key, receipts. One at a time.

import type { Companion, Effect } from "#bridge";
import { fromBase64, toBase64 } from "../../../../ui/bytes";
import { type Api, NoAnswer } from "../api";
import { clocks } from "../clock";

/** Whether this was refused for its size, by an older server or by what stands before it. */
const isTooLarge = (error: unknown) => error instanceof NoAnswer && error.status === 413;

export class Questions {
    readonly #api: Api;
    readonly #machine: Companion;
    /** Runs a step on the machine and carries out its effects. */
    readonly #perform: (step: () => Effect[]) => Promise<void>;
    /** Throws where somebody else drives the machine by now. */
    readonly #check: () => Promise<void>;
    #asking = false;
    #stating = false;

    constructor(
        api: Api,
        machine: Companion,
        perform: (step: () => Effect[]) => Promise<void>,
        check: () => Promise<void>,
    ) {
        this.#api = api;
        this.#machine = machine;
        this.#perform = perform;
        this.#check = check;
    }

    isIdle(): boolean {
        return !this.#asking && !this.#stating;
    }

    /** Whether a question is out: another one before its answer would make that an answer to nothing. */
    isAsking(): boolean {
        return this.#asking;
    }

    /** Asks for leases, and has the answer taken. Throws without contact. */
    async ask(question: Effect & { do: "ask" }): Promise<void> {
        if (this.#asking) return;
        this.#asking = true;
        const body = {
            nonce: toBase64(question.nonce),
            step: { n: question.step.n, after: toBase64(question.step.after) },
            holding: question.holding,
            removed: question.removed,
            denials: question.denials.map(toBase64),
        };
        try {
            const answer = await this.#api.send("POST", "/v1/device/leases", body, { before: this.#check });
            await this.#take(new Uint8Array(await answer.arrayBuffer()));
        } catch (error) {
            if (isTooLarge(error)) this.#machine.shorten_question();
            else this.#machine.no_answer();
            throw error;
        } finally {
            this.#asking = false;
        }
    }

    async #take(answer: Uint8Array): Promise<void> {
        const take = () => this.#perform(() => this.#machine.take_batch(answer, ...clocks()));
        try {
            await take();
        } catch (error) {
            if (error !== "another_key") throw error;
            // Another key of the practice has signed: the rotations that lead there are followed, if there are any.
            const path = `/v1/device/practice-keys?after=${this.#machine.rotations()}`;
            const { rotations } = await this.#api.json<{ rotations: string[] }>("GET", path);
            await this.#perform(() => this.#machine.take_rotations(rotations.map(fromBase64)));
            await take();
        }
    }

    /** Hands in receipts until none is left. Throws without contact. */
    async state(): Promise<void> {
        if (this.#stating) return;
        this.#stating = true;
        try {
            for (let next = this.#machine.receipts(); next.length > 0; next = this.#machine.receipts()) {
                const taken = await this.#deliver(next);
                if (taken) await this.#perform(() => this.#machine.delivered(taken.taken_upto));
            }
        } finally {
            this.#stating = false;
        }
    }

    /** Gives which of them were taken; nothing where they were too many for one delivery: the next one is half as long. */
    async #deliver(receipts: Uint8Array[]): Promise<{ taken_upto: number } | undefined> {
        const body = { receipts: receipts.map(toBase64) };
        try {
            return await this.#api.json<{ taken_upto: number }>("POST", "/v1/device/receipts", body);
        } catch (error) {
            if (!isTooLarge(error) || receipts.length === 1) throw error;
            this.#machine.shorten_deliveries();
            return undefined;
        }
    }
}

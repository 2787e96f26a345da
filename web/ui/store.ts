// A database of the browser's, opened again when the browser has closed it.
//
// A phone closes the databases of an app in the background, some without a word, and from then on every use of them
// throws: what comes over an open line would not be written, and what has ended would not be erased.

import {
    type DBSchema,
    type IDBPDatabase,
    type IDBPTransaction,
    openDB,
    type StoreKey,
    type StoreNames,
    type StoreValue,
} from "idb";

/** Makes the stores that a database of an older version lacks; a new one is of version 0. */
type Make<S extends DBSchema> = (db: IDBPDatabase<S>, from: number) => void;

type Query<S extends DBSchema, N extends StoreNames<S>> = StoreKey<S, N> | IDBKeyRange;

/** What a use of a connection throws that is closed, or whose other end has gone. */
const CLOSED = ["InvalidStateError", "UnknownError"];

export class Store<S extends DBSchema> {
    readonly #name: string;
    readonly #version: number;
    readonly #make: Make<S>;
    #opening: Promise<IDBPDatabase<S>> | undefined;
    /** Closed from here, or for whoever erases or replaces it: it is not opened any more. */
    #isClosed = false;
    #turn: Promise<unknown> = Promise.resolve();

    /** Begins to open it: whoever uses it waits for that. */
    constructor(name: string, version: number, make: Make<S>) {
        this.#name = name;
        this.#version = version;
        this.#make = make;
        this.#opening = this.#open(true);
    }

    /** Waits until it is open. */
    async isOpen(): Promise<this> {
        await this.#opening;
        return this;
    }

    /** Does work when all that was given here before is done: what takes several steps keeps the order of its callers. */
    inTurn<T>(work: () => Promise<T>): Promise<T> {
        const done = this.#turn.then(work);
        this.#turn = done.catch(() => {});
        return done;
    }

    get<N extends StoreNames<S>>(from: N, query: Query<S, N>): Promise<StoreValue<S, N> | undefined> {
        return this.#use((db) => db.get(from, query));
    }

    getAll<N extends StoreNames<S>>(from: N): Promise<StoreValue<S, N>[]> {
        return this.#use((db) => db.getAll(from));
    }

    getAllKeys<N extends StoreNames<S>>(from: N, query?: Query<S, N>): Promise<StoreKey<S, N>[]> {
        return this.#use((db) => db.getAllKeys(from, query));
    }

    put<N extends StoreNames<S>>(into: N, value: StoreValue<S, N>, key?: Query<S, N>): Promise<StoreKey<S, N>> {
        return this.#use((db) => db.put(into, value, key));
    }

    delete<N extends StoreNames<S>>(from: N, query: Query<S, N>): Promise<void> {
        return this.#use((db) => db.delete(from, query));
    }

    /** Begins a transaction, to be used at once: it ends where nothing is asked of it. */
    transaction<N extends StoreNames<S>, M extends IDBTransactionMode>(
        on: N,
        mode: M,
        options?: IDBTransactionOptions,
    ): Promise<IDBPTransaction<S, [N], M>>;
    transaction<N extends readonly StoreNames<S>[], M extends IDBTransactionMode>(
        on: N,
        mode: M,
        options?: IDBTransactionOptions,
    ): Promise<IDBPTransaction<S, N, M>>;
    transaction(
        on: StoreNames<S> | readonly StoreNames<S>[],
        mode: IDBTransactionMode,
        options?: IDBTransactionOptions,
    ): Promise<unknown> {
        return this.#use((db) => db.transaction(on as StoreNames<S>, mode, options));
    }

    close(): void {
        this.#isClosed = true;
        void this.#opening?.then(
            (db) => db.close(),
            () => {},
        );
    }

    async #use<T>(work: (db: IDBPDatabase<S>) => T | Promise<T>): Promise<T> {
        const opening = this.#opened();
        const db = await opening;
        try {
            return await work(db);
        } catch (error) {
            if (this.#isClosed || !(error instanceof DOMException) || !CLOSED.includes(error.name)) throw error;
            // Nothing was done: a transaction that cannot begin, or loses its other end, changes nothing.
            if (this.#opening === opening) this.#opening = undefined;
            db.close();
            return work(await this.#opened());
        }
    }

    #opened(): Promise<IDBPDatabase<S>> {
        this.#opening ??= this.#open(false);
        return this.#opening;
    }

    #open(isFirst: boolean): Promise<IDBPDatabase<S>> {
        const opening = openDB<S>(this.#name, this.#version, {
            upgrade: (db, from, _to, tx) => {
                if (isFirst) return this.#make(db, from);
                // Erased while it was closed: whoever had it open does not bring it back.
                tx.done.catch(() => {});
                tx.abort();
            },
            blocking: () => this.close(),
            terminated: () => this.#forget(opening),
        });
        opening.catch(() => this.#forget(opening));
        return opening;
    }

    #forget(opening: Promise<unknown>): void {
        if (this.#opening === opening) this.#opening = undefined;
    }
}

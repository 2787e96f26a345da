// Of many things about one client, one line: the first of them, and how many more there are.

export interface Line<T> {
    first: T;
    more: number;
}

/** Folds what is about the same client. The order is that of the first of each; what is about nobody stands for itself. */
export function linesOf<T>(all: T[], about: (one: T) => string | undefined): Line<T>[] {
    const lines: Line<T>[] = [];
    const of = new Map<string, Line<T>>();
    for (const one of all) {
        const client = about(one);
        const known = client === undefined ? undefined : of.get(client);
        if (known) {
            known.more += 1;
            continue;
        }
        const line = { first: one, more: 0 };
        lines.push(line);
        if (client !== undefined) of.set(client, line);
    }
    return lines;
}

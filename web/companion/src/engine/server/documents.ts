// Which documents are this phone's: its shelf, which it reads, and its journal, which it writes.

import { Documents } from "#bridge";
import { Api } from "../api";
import { type Database, type Identity, readValue } from "../store";

/** Where they are kept. Phones have had their unsent letters under this word from the first day on. */
export const SAVED_UNDER = "papers";

export async function restoreDocuments(db: Database, identity: Identity): Promise<Documents> {
    const saved = await readValue<Uint8Array>(db, SAVED_UNDER);
    if (saved) return Documents.restore(saved);
    const named = await listed(new Api(identity));
    return new Documents(named.shelf, named.journal);
}

export async function listed(api: Api): Promise<{ shelf: string; journal: string }> {
    const { documents } = await api.json<{ documents: { shelf: string; journal: string } }>(
        "GET",
        "/v1/device/documents",
    );
    return documents;
}

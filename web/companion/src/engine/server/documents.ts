// Which documents are this phone's: its shelf, which it reads, and its journal, which it writes.

import { Papers } from "#bridge";
import { Api } from "../api";
import { type Database, type Identity, readValue } from "../store";

export async function restorePapers(db: Database, identity: Identity): Promise<Papers> {
    const saved = await readValue<Uint8Array>(db, "papers");
    if (saved) return Papers.restore(saved);
    const named = await listed(new Api(identity.token));
    return new Papers(named.shelf, named.journal);
}

export async function listed(api: Api): Promise<{ shelf: string; journal: string }> {
    const { documents } = await api.json<{ documents: { shelf: string; journal: string } }>(
        "GET",
        "/v1/device/documents",
    );
    return documents;
}

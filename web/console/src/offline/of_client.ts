// What is kept of one client, and how all of it is erased: it is found by what is kept of it, and so that goes last.

import type { Clip, Release } from "../api/answers";
import type { Vault } from "./vault";

export const OF_EACH = ["", "/clips", "/releases", "/recordings", "/devices", "/letters", "/listening"];

export async function eraseClient(vault: Vault, id: string): Promise<void> {
    const shared = await vault.read<{ body: { releases: Release[] } }>(`read /v1/clients/${id}/releases`);
    const cut = await vault.read<{ body: { clips: Clip[] } }>(`read /v1/clients/${id}/clips`);
    for (const { release } of shared?.body.releases ?? []) await vault.erase(`read /v1/releases/${release}/words`);
    for (const { clip } of cut?.body.clips ?? []) await vault.erase(`read /v1/clips/${clip}`);
    for (const what of [...OF_EACH, "/observations"]) await vault.erase(`read /v1/clients/${id}${what}`);
}

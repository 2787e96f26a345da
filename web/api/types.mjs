// The TypeScript of the API document: what the apps send and read.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";
import { DOCUMENT } from "./lint.mjs";

export const TYPES = fileURLToPath(new URL("schema.d.ts", import.meta.url));

export async function types() {
    const { openapi, info, components } = JSON.parse(readFileSync(DOCUMENT, "utf8"));
    // What travels, and not where to: the apps name their routes themselves.
    const shapes = { openapi, info, paths: {}, components: { schemas: components.schemas } };
    const head = "// Written by `cargo xtask openapi` from docs/openapi.json. Changes here are lost.\n\n";
    return head + astToString(await openapiTS(shapes));
}

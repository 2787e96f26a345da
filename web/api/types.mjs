// The TypeScript of the API document: what the apps send and read.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString, COMMENT_HEADER } from "openapi-typescript";
import { DOCUMENT } from "./lint.mjs";

export const TYPES = fileURLToPath(new URL("schema.d.ts", import.meta.url));

export async function types() {
    const { openapi, info, components } = JSON.parse(readFileSync(DOCUMENT, "utf8"));
    // What travels, and not where to: the apps name their routes themselves.
    const shapes = { openapi, info, paths: {}, components: { schemas: components.schemas } };
    return COMMENT_HEADER + astToString(await openapiTS(shapes));
}

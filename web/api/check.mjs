// Fails if docs/openapi.json is not valid, or if schema.d.ts is not what it says.

import { readFileSync } from "node:fs";
import { faults } from "./lint.mjs";
import { TYPES, types } from "./types.mjs";

if ((await faults()).length > 0) process.exit(1);
if (readFileSync(TYPES, "utf8") !== (await types())) {
    console.error("web/api/schema.d.ts is not what docs/openapi.json says: run cargo xtask openapi");
    process.exit(1);
}
console.log("docs/openapi.json is valid OpenAPI 3.1, and web/api/schema.d.ts is what it says");

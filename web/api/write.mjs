// Writes schema.d.ts from docs/openapi.json, if that is valid.

import { writeFileSync } from "node:fs";
import { faults } from "./lint.mjs";
import { TYPES, types } from "./types.mjs";

if ((await faults()).length > 0) process.exit(1);
writeFileSync(TYPES, await types());

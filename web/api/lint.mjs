// Asks Redocly, which is not ours, whether the API document is valid OpenAPI 3.1 and keeps to what generators need.

import { fileURLToPath } from "node:url";
import { createConfig, formatProblems, lint } from "@redocly/openapi-core";

export const DOCUMENT = fileURLToPath(new URL("../../docs/openapi.json", import.meta.url));

/** Every rule fails: a warning is read once and then never again. */
const RULES = {
    struct: "error",
    "spec-components-invalid-map-name": "error",
    "no-unresolved-refs": "error",
    "no-unused-components": "error",
    "no-enum-type-mismatch": "error",
    "no-schema-type-mismatch": "error",
    "no-ambiguous-paths": "error",
    "no-identical-paths": "error",
    "no-path-trailing-slash": "error",
    "no-invalid-schema-examples": "error",
    "no-invalid-media-type-examples": "error",
    "no-invalid-parameter-examples": "error",
    "no-required-schema-properties-undefined": "error",
    "operation-operationId": "error",
    "operation-operationId-unique": "error",
    "operation-operationId-url-safe": "error",
    "operation-parameters-unique": "error",
    "operation-summary": "error",
    "operation-tag-defined": "error",
    "path-declaration-must-exist": "error",
    "path-parameters-defined": "error",
    "path-not-include-query": "error",
    "security-defined": "error",
    "response-contains-header": "off",
    "tag-description": "error",
};

/** Gives what is wrong with a document, and prints it; nothing where it is valid. */
export async function faults(ref = DOCUMENT) {
    const config = await createConfig({ extends: ["spec"], rules: RULES });
    const problems = await lint({ ref, config });
    if (problems.length > 0) formatProblems(problems, { format: "stylish", totals: tally(problems), version: "" });
    return problems;
}

function tally(problems) {
    const errors = problems.filter((problem) => problem.severity === "error").length;
    return { errors, warnings: problems.length - errors, ignored: 0 };
}

import assert from "node:assert/strict";
import { PATIENCE } from "./phone.mjs";

/** Waits until something holds that no page shows. */
export async function until(holds, what) {
    const patience = Date.now() + PATIENCE;
    while (!(await holds())) {
        assert.ok(Date.now() < patience, what);
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

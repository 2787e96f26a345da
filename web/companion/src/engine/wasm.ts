// The bridge, started once in each page or worker.

import init from "#bridge";
import wasm from "#bridge.wasm?url";

let started: Promise<unknown> | undefined;

export function startBridge(): Promise<unknown> {
    started ??= init({ module_or_path: wasm });
    return started;
}

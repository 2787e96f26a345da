// The companion: starts the worker, then the app.

import "../../ui/tokens.css";
import "../../ui/parts.css";
import "./app.css";

import { render } from "preact";
import { App } from "./app";
import { followHistory } from "./place";
import { beginListening, forget, stop } from "./player";
import { start, wake } from "./state";

/** The only place from which a program may be loaded by its name: the worker's. */
declare const trustedTypes: undefined | {
    createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
};

function workerUrl(): string {
    const ours = (url: string) => {
        if (url !== "/sw.js") throw new TypeError("no other program");
        return url;
    };
    if (typeof trustedTypes === "undefined") return "/sw.js";
    return trustedTypes.createPolicy("refrain", { createScriptURL: ours }).createScriptURL("/sw.js");
}

if ("serviceWorker" in navigator) {
    void navigator.serviceWorker.register(workerUrl(), { type: "module" });
    void navigator.serviceWorker.ready.then((worker) => {
        if (!navigator.serviceWorker.controller) worker.active?.postMessage("claim");
    });
    navigator.serviceWorker.addEventListener("message", (event) => {
        if ((event.data as { wake?: boolean }).wake) wake();
    });
}
beginListening();
followHistory(stop);
render(<App />, document.getElementById("app")!);
void start(forget, stop);

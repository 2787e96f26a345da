// The companion: starts the worker, then the app.

import "../../ui/tokens.css";
import "../../ui/parts.css";
import "./app.css";

import { render } from "preact";
import { App } from "./app";
import { followHistory, go } from "./place";
import { beginListening, forget, stop } from "./player";
import { settings, speak, start, wake } from "./session/session";

/** The only place from which a program may be loaded by its name: the worker's. */
declare const trustedTypes:
    | undefined
    | {
          createPolicy(
              name: string,
              rules: { createScriptURL(url: string): string },
          ): { createScriptURL(url: string): string };
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
        const { wake: isCalled, home } = event.data as { wake?: boolean; home?: boolean };
        // A page that is frozen does not answer, and the worker does what is to be done.
        if (isCalled && wake()) event.ports[0]?.postMessage(true);
        if (home) {
            stop();
            go({ at: "home" });
        }
    });
}
beginListening();
followHistory(stop);
await speak(settings.value.language);
render(<App />, document.getElementById("app")!);
void start(forget, stop);

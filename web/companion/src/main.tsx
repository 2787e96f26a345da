// The companion: starts the worker, then the app.

import "../../ui/tokens.css";
import "../../ui/parts.css";
import "./app.css";

import { render } from "preact";
import { onlyPrograms } from "../../ui/programs";
import { App } from "./app";
import { follow, go } from "./place";
import { beginListening, forget, stop } from "./player";
import { settings, speak, start, wake } from "./session/session";

const program = onlyPrograms((url) => url === "/sw.js");

if ("serviceWorker" in navigator) {
    void navigator.serviceWorker.register(program("/sw.js"), { type: "module" });
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
follow(stop);
await speak(settings.value.language);
render(<App />, document.getElementById("app")!);
void start(forget, stop);

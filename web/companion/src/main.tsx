// The companion: starts the worker, then the app.

import "../../ui/tokens.css";
import "../../ui/parts.css";
import "./styles/base.css";
import "./styles/tabs.css";
import "./styles/breathing.css";
import "./styles/home.css";
import "./styles/player.css";
import "./styles/first_steps.css";

import { render } from "preact";
import { onlyPrograms } from "../../ui/programs";
import { App } from "./app";
import { Here } from "./context";
import { holdMachine } from "./engine/driver";
import { Engine } from "./engine/engine";
import { Database } from "./engine/store";
import { follow, go } from "./place";
import { Player } from "./player";
import { stopWaking, tellWaking } from "./push";
import { clock, page } from "./session/browser";
import { Session } from "./session/session";
import { loadStrings } from "./strings/strings";

const program = onlyPrograms((url) => url === "/sw.js");
const waking = { tell: tellWaking, stop: stopWaking };
const session = new Session({
    db: new Database(),
    clock,
    page,
    waking,
    hold: holdMachine,
    startEngine: Engine.start,
    loadStrings,
});
const player = new Player(session);
const stop = () => player.stop();

if ("serviceWorker" in navigator) {
    void navigator.serviceWorker.register(program("/sw.js"), { type: "module" });
    void navigator.serviceWorker.ready.then((worker) => {
        if (!navigator.serviceWorker.controller) worker.active?.postMessage("claim");
    });
    navigator.serviceWorker.addEventListener("message", (event) => {
        const { wake: isCalled, home } = event.data as { wake?: boolean; home?: boolean };
        // A page that is frozen does not answer, and the worker does what is to be done.
        if (isCalled && session.wake()) event.ports[0]?.postMessage(true);
        if (home) {
            stop();
            go({ at: "home" });
        }
    });
}
player.begin();
follow(stop);
await session.speak();
render(
    <Here.Provider value={{ session, player }}>
        <App />
    </Here.Provider>,
    document.getElementById("app")!,
);
void session.start((release) => player.forget(release), stop);

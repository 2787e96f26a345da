// Which screen is shown: the first steps, then where a person has gone.

import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { Later } from "./later";
import { go, type Place, place } from "./place";
import { playing } from "./player";
import { Breathe } from "./screens/breathe";
import { ClipScreen } from "./screens/clip";
import { Help } from "./screens/help";
import { Home } from "./screens/home";
import { Install } from "./screens/install";
import { Elsewhere, NotNow, Removed } from "./screens/not_now";
import { HasTabs, Meanwhile } from "./screens/page";
import { Returned } from "./screens/returned";
import { Welcome } from "./screens/welcome";
import { locked } from "./session/lock";
import { settings, standing, words } from "./session/session";

export function App() {
    useEffect(
        () => tellTheBrowser(settings.value.name, settings.value.icon),
        [settings.value.name, settings.value.icon],
    );
    return <Shown />;
}

function Shown() {
    const here = place.value;
    // Breathing and help are behind nothing: not behind a code, not behind an end.
    if (here.at === "breathe") return <Breathe />;
    if (here.at === "help")
        return (
            <Tabs>
                <Help />
            </Tabs>
        );
    switch (standing.value) {
        case "starting":
            return <Meanwhile />;
        case "elsewhere":
            return <Elsewhere />;
        case "removed":
            return <Removed />;
        case "new":
            return <FirstSteps />;
        case "waiting":
        case "paired":
            // A curtain before everything that is somebody's own. What ends goes on behind it.
            if (locked.value) return <Later show="Lock" />;
            if (!settings.value.seen) return <Later show="Seen" />;
            if (settings.value.offersLock) return <Later show="LockOffer" />;
            return <Screen at={here} />;
    }
}

function FirstSteps() {
    if (!settings.value.welcomed) return <Welcome />;
    if (!settings.value.installed && !isInstalled()) return <Install />;
    return <Later show="Code" />;
}

function Screen({ at: here }: { at: Place }) {
    switch (here.at) {
        case "clip":
            return playing.value ? (
                <ClipScreen {...playing.value} />
            ) : (
                <Tabs>
                    <Home />
                </Tabs>
            );
        case "returned":
            return <Returned release={here.release} />;
        case "rate":
            return <Later show="Rate" release={here.release} />;
        case "not_now":
            return <NotNow release={here.release} />;
        case "goodbye":
            return <Later show="Goodbye" release={here.release} />;
        case "ask":
            return (
                <Tabs>
                    <Later show="Ask" />
                </Tabs>
            );
        case "mine":
            return (
                <Tabs>
                    <Later show="Mine" />
                </Tabs>
            );
        case "notes":
            return (
                <Tabs>
                    <Later show="Notes" />
                </Tabs>
            );
        case "listening":
            return (
                <Tabs>
                    <Later show="Listening" />
                </Tabs>
            );
        case "phones":
            return (
                <Tabs>
                    <Later show="Phones" />
                </Tabs>
            );
        case "preferences":
            return (
                <Tabs>
                    <Later show="Preferences" />
                </Tabs>
            );
        case "history":
            return (
                <Tabs>
                    <Later show="History" />
                </Tabs>
            );
        case "sessions":
            return (
                <Tabs>
                    <Later show="Sessions" />
                </Tabs>
            );
        case "move":
            return (
                <Tabs>
                    <Later show="Move" />
                </Tabs>
            );
        case "lock":
            return (
                <Tabs>
                    <Later show="LockSettings" />
                </Tabs>
            );
        default:
            return (
                <Tabs>
                    <Home />
                </Tabs>
            );
    }
}

/** The four places that are always one tap away. */
function Tabs({ children }: { children: ComponentChildren }) {
    const { nav } = words.value;
    const mine = ["mine", "notes", "listening", "phones", "preferences", "history", "sessions", "move", "lock"];
    const tab = (at: "home" | "ask" | "mine" | "help", here: boolean) => (
        <a
            href={at === "home" ? "/" : `#${at}`}
            class="tab"
            aria-current={here ? "page" : undefined}
            onClick={(event) => {
                event.preventDefault();
                go({ at });
            }}
        >
            <span class={`sign ${at}`} aria-hidden="true" />
            {nav[at]}
        </a>
    );
    const here = place.value.at;
    // In the simple mode there is nothing else but help; before the curtain neither.
    const paired =
        (standing.value === "paired" || standing.value === "waiting") && !settings.value.simple && !locked.value;
    return (
        <>
            <HasTabs.Provider value={true}>{children}</HasTabs.Provider>
            <nav class="tabs" aria-label={nav.label}>
                {tab("home", !["ask", "help", ...mine].includes(here))}
                {paired && tab("ask", here === "ask")}
                {paired && tab("mine", mine.includes(here))}
                {tab("help", here === "help")}
            </nav>
        </>
    );
}

export function isInstalled(): boolean {
    return (
        matchMedia("(display-mode: standalone)").matches || (navigator as { standalone?: boolean }).standalone === true
    );
}

/** Name and icon of this app, as a browser takes them when it is put on the phone. */
function tellTheBrowser(name: string, icon: string): void {
    document.title = name;
    for (const link of document.querySelectorAll<HTMLLinkElement>("link[rel=icon]")) link.href = `/icons/${icon}.svg`;
    for (const link of document.querySelectorAll<HTMLLinkElement>("link[rel=apple-touch-icon]"))
        link.href = `/icons/${icon}-192.png`;
    // The worker writes the manifest anew for each choice: the name never leaves this phone.
    for (const link of document.querySelectorAll<HTMLLinkElement>("link[rel=manifest]"))
        link.href = `/app-${icon}.webmanifest`;
}

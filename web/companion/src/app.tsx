// Which screen is shown: the first steps, then where a person has gone.

import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { usePlayer, useSession } from "./context";
import { Later } from "./later";
import { go, type Place, place } from "./place";
import { Breathe } from "./screens/breathe";
import { ClipScreen } from "./screens/clip";
import { Help } from "./screens/help";
import { Home } from "./screens/home";
import { Install } from "./screens/install";
import { Elsewhere, NotNow, Removed } from "./screens/not_now";
import { HasTabs, Meanwhile } from "./screens/page";
import { Returned } from "./screens/returned";
import { Welcome } from "./screens/welcome";

export function App() {
    const { name, icon } = useSession().settings.value;
    useEffect(() => tellTheBrowser(name, icon), [name, icon]);
    return <Shown />;
}

function Shown() {
    const { lock, settings, standing } = useSession();
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
        case "broken":
        case "older":
        case "unable":
            return (
                <Tabs>
                    <Removed />
                </Tabs>
            );
        case "new":
            return <FirstSteps />;
        case "waiting":
        case "paired":
            // A curtain before everything that is somebody's own. What ends goes on behind it.
            if (lock.isLocked.value) return <Later show="Lock" />;
            if (!settings.value.seen) return <Later show="Seen" />;
            if (settings.value.offersLock) return <Later show="LockOffer" />;
            return <Screen at={here} />;
    }
}

function FirstSteps() {
    const { welcomed, installed } = useSession().settings.value;
    if (!welcomed) return <Welcome />;
    if (!installed && !isInstalled()) return <Install />;
    return <Later show="Code" />;
}

/** Pages that have the tabs below them, and are loaded when somebody opens one. */
const TABBED = {
    ask: "Ask",
    mine: "Mine",
    notes: "Notes",
    listening: "Listening",
    phones: "Phones",
    preferences: "Preferences",
    history: "History",
    sessions: "Sessions",
    move: "Move",
    lock: "LockSettings",
} as const;

function Screen({ at: here }: { at: Place }) {
    const playing = usePlayer().playing.value;
    switch (here.at) {
        case "returned":
            return <Returned release={here.release} />;
        case "rate":
            return <Later show="Rate" release={here.release} />;
        case "not_now":
            return <NotNow release={here.release} />;
        case "goodbye":
            return <Later show="Goodbye" release={here.release} />;
        case "clip":
            if (playing) return <ClipScreen {...playing} />;
    }
    return <Tabs>{here.at in TABBED ? <Later show={TABBED[here.at as keyof typeof TABBED]} /> : <Home />}</Tabs>;
}

/** The four places that are always one tap away. */
function Tabs({ children }: { children: ComponentChildren }) {
    const { lock, settings, standing, words } = useSession();
    const { nav } = words.value;
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
    const isMine = here in TABBED && here !== "ask";
    // In the simple mode there is nothing else but help; before the curtain neither.
    const paired =
        (standing.value === "paired" || standing.value === "waiting") && !settings.value.simple && !lock.isLocked.value;
    return (
        <>
            <HasTabs.Provider value={true}>{children}</HasTabs.Provider>
            <nav class="tabs" aria-label={nav.label}>
                {tab("home", !(here in TABBED) && here !== "help")}
                {paired && tab("ask", here === "ask")}
                {paired && tab("mine", isMine)}
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

// The browsers that stories run in: as they are installed, not as a test tool brings them along.

import { chromium, firefox } from "playwright-core";

const CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=document-user-activation-required",
];

/** No play without a tap, and nobody is called but the server and the push service of the test. */
const FIREFOX = {
    "media.autoplay.default": 1,
    "alerts.useSystemBackend": false,
    "dom.push.testing.allowInsecureServerURL": true,
    "dom.push.connection.enabled": true,
    "services.settings.server": "data:,#nobody/v1",
    "app.normandy.enabled": false,
    "app.update.disabledForTesting": true,
    "network.captive-portal-service.enabled": false,
    "network.connectivity-service.enabled": false,
};

/** Opens a browser with a profile of its own, which outlives it. `push` is where Firefox asks for wake-ups. */
export async function openBrowser(profile, { browser = "chromium", push, ...options } = {}) {
    if (browser === "firefox") {
        const prefs = { ...FIREFOX, "dom.push.serverURL": push ?? "" };
        const executablePath = process.env.REFRAIN_TEST_FIREFOX ?? "/usr/bin/firefox-esr";
        // This channel is the one that speaks WebDriver BiDi, which every Firefox does.
        const context = await firefox.launchPersistentContext(profile, {
            channel: "moz-firefox",
            executablePath,
            firefoxUserPrefs: prefs,
            headless: true,
            ...options,
        });
        // On a machine without a sound card Firefox plays only what is silent anyway.
        await context.addInitScript(() => {
            const { play } = HTMLMediaElement.prototype;
            HTMLMediaElement.prototype.play = function playSilently() {
                this.muted = true;
                return play.call(this);
            };
        });
        return context;
    }
    const executablePath = process.env.REFRAIN_TEST_CHROMIUM ?? "/usr/bin/chromium";
    return chromium.launchPersistentContext(profile, { executablePath, args: CHROMIUM, headless: true, ...options });
}

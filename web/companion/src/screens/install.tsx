import { useEffect, useState } from "preact/hooks";
import { useSession } from "../context";
import { Page } from "./page";

/** What Chromium hands to a page that may be put on the phone. */
interface Offer extends Event {
    prompt(): Promise<{ outcome: "accepted" | "dismissed" }>;
}

let offered: Offer | undefined;
addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    offered = event as Offer;
});

export function Install() {
    const session = useSession();
    const { install } = session.words.value;
    const { name, icon } = session.settings.value;
    const [offer, setOffer] = useState(offered);
    useEffect(() => {
        const take = () => setOffer(offered);
        addEventListener("beforeinstallprompt", take);
        return () => removeEventListener("beforeinstallprompt", take);
    }, []);
    const isIphone = /iPhone|iPad/.test(navigator.userAgent);
    const steps = isIphone ? install.iphone : install.other;
    const goOn = () => void session.change({ installed: true });
    const put = async () => {
        // A browser's offer holds once. Who has said no to it, or does so by mistake, finds the steps by hand instead.
        offered = undefined;
        setOffer(undefined);
        if ((await offer?.prompt().catch(() => undefined))?.outcome === "accepted") goOn();
    };
    return (
        <Page title={install.title(name)}>
            <p class="lead">{install.words}</p>
            <figure class="tile">
                <img src={`/icons/${icon}.svg`} alt="" width="88" height="88" />
                <figcaption>{name}</figcaption>
            </figure>
            {offer ? (
                <button type="button" class="button wide" onClick={() => void put()}>
                    {install.button}
                </button>
            ) : (
                <ol class="steps">
                    {steps.map((step) => (
                        <li key={step}>{step}</li>
                    ))}
                </ol>
            )}
            <div class="stack foot">
                <button type="button" class={`button wide ${offer ? "soft" : ""}`} onClick={goOn}>
                    {install.go}
                </button>
                <button type="button" class="button quiet" onClick={goOn}>
                    {install.later}
                </button>
            </div>
        </Page>
    );
}

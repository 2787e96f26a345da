import { go } from "../place";
import { change, contact, settings, words } from "../session/session";
import { Page } from "./page";

export function Help() {
    const { help, breathe } = words.value;
    const call = (number: string) => (
        <a class="button wide" href={`tel:${number}`}>
            {help.call(number)}
        </a>
    );
    return (
        <Page title={help.title}>
            <section class="card stack">
                <h2>{help.now}</h2>
                {contact.value ? call(contact.value.crisis) : <p>{help.none}</p>}
                <button type="button" class="button soft wide" onClick={() => go({ at: "breathe" })}>
                    {breathe.begin}
                </button>
                <p class="note">{help.words}</p>
            </section>
            {contact.value && (
                <section class="card stack">
                    <h2>{help.practice}</h2>
                    {call(contact.value.practice)}
                </section>
            )}
            <section class="stack">
                <h2>{help.how}</h2>
                <ul class="lines">
                    {help.lines.map((line) => (
                        <li key={line}>{line}</li>
                    ))}
                </ul>
            </section>
            {settings.value.simple && (
                <button
                    type="button"
                    class="button soft wide"
                    onClick={() => {
                        void change({ simple: false });
                        go({ at: "home" });
                    }}
                >
                    {help.everything}
                </button>
            )}
        </Page>
    );
}

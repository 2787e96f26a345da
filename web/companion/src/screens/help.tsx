import { useSession } from "../context";
import { go } from "../place";
import { Page } from "./page";

export function Help() {
    const session = useSession();
    const { help, breathe } = session.words.value;
    const contact = session.circle.contact.value;
    const call = (number: string) => (
        <a class="button wide" href={`tel:${number}`}>
            {help.call(number)}
        </a>
    );
    return (
        <Page title={help.title}>
            <section class="card stack">
                <h2>{help.now}</h2>
                {contact ? call(contact.crisis) : <p>{help.none}</p>}
                <button type="button" class="button soft wide" onClick={() => go({ at: "breathe" })}>
                    {breathe.begin}
                </button>
                <p class="note">{help.words}</p>
            </section>
            {contact && (
                <section class="card stack">
                    <h2>{help.practice}</h2>
                    {call(contact.practice)}
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
            {session.settings.value.simple && (
                <button
                    type="button"
                    class="button soft wide"
                    onClick={() => {
                        void session.change({ simple: false });
                        go({ at: "home" });
                    }}
                >
                    {help.everything}
                </button>
            )}
        </Page>
    );
}

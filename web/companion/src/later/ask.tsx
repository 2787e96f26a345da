import { useState } from "preact/hooks";
import { Field } from "../../../ui/parts";
import { allSent, driving, letters, therapist, words } from "../state";
import { saysWhen } from "../when";
import { Page } from "./page";

export function Ask() {
    const { ask } = words.value;
    const [text, setText] = useState("");
    const [said, setSaid] = useState<string>();
    const send = async (words: string) => {
        if (!words.trim()) return;
        try {
            await driving()?.letters.request(words.trim());
            setText("");
            setSaid(ask.sent);
        } catch {
            setSaid(ask.tooLong);
        }
    };
    const written = letters.value.filter((letter) => letter.kind !== "rating");
    return (
        <Page title={ask.title(therapist.value)}>
            <p class="lead">{ask.words}</p>
            <div class="stack">
                {ask.ready.map((one) => (
                    <button type="button" class="card tap" key={one} onClick={() => void send(one)}>{one}</button>
                ))}
            </div>
            <form class="stack" onSubmit={(event) => { event.preventDefault(); void send(text); }}>
                <Field long label={ask.label} value={text} change={setText} />
                <button class="button wide">{ask.send}</button>
                <p class="trouble" role="status">{said}</p>
            </form>
            {written.length > 0 && (
                <section class="stack">
                    <h2>{ask.before}</h2>
                    {written.map((letter, i) => (
                        <div class="card" key={letter.id}>
                            <p>{letter.words ?? ask.returned}</p>
                            <p class="note">{saysWhen(letter.at, words.value)} · {allSent.value || i > 0 ? ask.arrived : ask.onItsWay}</p>
                        </div>
                    ))}
                </section>
            )}
        </Page>
    );
}

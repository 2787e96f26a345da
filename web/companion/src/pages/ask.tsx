import { useState } from "preact/hooks";
import { Field } from "../../../ui/parts";
import { useSession } from "../context";
import { Page } from "../screens/page";
import { saysWhen } from "../when";
import { pageWords } from "./words";

export function Ask() {
    const session = useSession();
    const { ask } = pageWords(session);
    const [text, setText] = useState("");
    const [said, setSaid] = useState<string>();
    const send = async (words: string) => {
        if (!words.trim()) return;
        // Before this phone knows where its letters go there is nowhere to keep one: it stays in its field.
        const engine = session.engine;
        if (!engine) return setSaid(ask.notYet);
        try {
            await engine.letters.request(words.trim());
            if (words === text) setText("");
            setSaid(ask.sent);
        } catch (error) {
            setSaid(error === "too_long" ? ask.tooLong : ask.notKept);
        }
    };
    const written = session.shelf.letters.value.filter((letter) => letter.kind !== "rating");
    return (
        <Page title={ask.title(session.therapist.value)}>
            <p class="lead">{ask.words}</p>
            <div class="stack">
                {ask.ready.map((one) => (
                    <button type="button" class="card tap" key={one} onClick={() => void send(one)}>
                        {one}
                    </button>
                ))}
            </div>
            <form
                class="stack"
                onSubmit={(event) => {
                    event.preventDefault();
                    void send(text);
                }}
            >
                <Field long label={ask.label} value={text} change={setText} />
                <button type="submit" class="button wide">
                    {ask.send}
                </button>
                <p class="trouble" role="status">
                    {said}
                </p>
            </form>
            {written.length > 0 && (
                <section class="stack">
                    <h2>{ask.before}</h2>
                    {written.map((letter) => (
                        <div class="card" key={letter.id}>
                            <p>{letter.words ?? ask.returned}</p>
                            <p class="note">
                                {saysWhen(letter.at, session.words.value)} ·{" "}
                                {letter.arrived ? ask.arrived : ask.onItsWay}
                            </p>
                        </div>
                    ))}
                </section>
            )}
        </Page>
    );
}

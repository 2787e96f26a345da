// Notes of the person's own. They are on this device alone, and the page says so.

import { useEffect, useState } from "preact/hooks";
import { random, toBase64 } from "../../../../ui/bytes";
import { Field } from "../../../../ui/parts";
import { useSession } from "../../context";
import { keepNote, type Note, readNotes } from "../../engine/store";
import { Page } from "../../screens/page";
import { saysWhen } from "../../when";
import { pageWords } from "../words";

export function Notes() {
    const session = useSession();
    const { notes: said } = pageWords(session);
    const [notes, setNotes] = useState<Note[]>([]);
    const [text, setText] = useState("");
    const read = async () => setNotes((await readNotes(session.db)).sort((a, b) => b.at - a.at));
    useEffect(() => void read(), []);
    const keep = async (event: Event) => {
        event.preventDefault();
        if (!text.trim()) return;
        await keepNote(session.db, { id: toBase64(random(12)), at: Date.now(), words: text.trim() });
        setText("");
        await read();
    };
    const remove = async (id: string) => {
        await session.db.delete("notes", id);
        await read();
    };
    return (
        <Page title={said.title} back>
            <p class="lead">{said.words}</p>
            <form class="stack" onSubmit={(event) => void keep(event)}>
                <Field long label={said.label} value={text} change={setText} />
                <button type="submit" class="button wide">
                    {said.keep}
                </button>
            </form>
            {notes.length === 0 && <p class="note centre">{said.none}</p>}
            {notes.map((note) => (
                <article class="card stack tight" key={note.id}>
                    <p class="whole">{note.words}</p>
                    <p class="note row">
                        <span>{saysWhen(note.at, session.words.value)}</span>
                        <button
                            type="button"
                            class="button quiet"
                            onClick={() => void remove(note.id)}
                            aria-label={said.remove}
                        >
                            ×
                        </button>
                    </p>
                </article>
            ))}
        </Page>
    );
}

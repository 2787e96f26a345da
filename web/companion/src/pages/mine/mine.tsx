import { useSession } from "../../context";
import { go } from "../../place";
import { Page } from "../../screens/page";
import { pageWords } from "../words";

export function Mine() {
    const session = useSession();
    const { mine } = pageWords(session);
    const rows = [
        ["notes", mine.notes, mine.notesHint],
        ["listening", mine.listening, undefined],
        ["sessions", mine.sessions, undefined],
        ["history", mine.history, undefined],
        ["phones", mine.phones, undefined],
        ["preferences", mine.words, undefined],
    ] as const;
    return (
        <Page title={mine.title}>
            <ul class="stack">
                {rows.map(([at, title, hint]) => (
                    <li key={at}>
                        <button type="button" class="card tap row" onClick={() => go({ at })}>
                            <span class="stack tight">
                                <span class="strong">{title}</span>
                                {hint && <span class="note">{hint}</span>}
                            </span>
                            <span class="onward" aria-hidden="true">
                                ›
                            </span>
                        </button>
                    </li>
                ))}
            </ul>
        </Page>
    );
}

import { ALL_LANGUAGES, LANGUAGES } from "../../../../ui/languages";
import { Switch } from "../../../../ui/parts";
import { useSession } from "../../context";
import { go } from "../../place";
import { Page } from "../../screens/page";
import { pageWords } from "../words";

export function Preferences() {
    const session = useSession();
    const { preferences } = pageWords(session);
    const { breathe } = session.words.value;
    const { tone, touch, language, simple } = session.settings.value;
    return (
        <Page title={preferences.title} back>
            <div class="card stack">
                <Switch on={tone} turn={(tone) => void session.change({ tone })}>
                    {breathe.tone}
                </Switch>
                {"vibrate" in navigator && (
                    <Switch on={touch} turn={(touch) => void session.change({ touch })}>
                        {breathe.touch}
                    </Switch>
                )}
            </div>
            <div class="card stack tight">
                <Switch on={simple} turn={(simple) => void session.change({ simple })}>
                    {preferences.simple}
                </Switch>
                <p class="note">{preferences.simpleHint}</p>
            </div>
            <button type="button" class="card tap row" onClick={() => go({ at: "lock" })}>
                <span class="stack tight">
                    <span class="strong">{preferences.lock}</span>
                    {session.lock.isSet.value && <span class="note">{preferences.lockOn}</span>}
                </span>
                <span class="onward" aria-hidden="true">
                    ›
                </span>
            </button>
            <fieldset class="card stack">
                <legend class="strong">{preferences.language}</legend>
                <div class="chips">
                    {ALL_LANGUAGES.map((one) => (
                        <button
                            type="button"
                            class="chip"
                            lang={one}
                            key={one}
                            aria-pressed={one === language}
                            onClick={() => void session.change({ language: one })}
                        >
                            {LANGUAGES[one]}
                        </button>
                    ))}
                </div>
            </fieldset>
        </Page>
    );
}

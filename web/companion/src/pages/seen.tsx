import { Switch } from "../../../ui/parts";
import { useSession } from "../context";
import { Page } from "../screens/page";
import { pageWords } from "./words";

export function Seen() {
    const session = useSession();
    const { seen } = pageWords(session);
    return (
        <Page title={seen.title(session.therapist.value)}>
            <ul class="lines">
                {seen.lines.map((line) => (
                    <li key={line}>{line}</li>
                ))}
            </ul>
            <div class="card stack">
                <Switch on={session.settings.value.sharing} turn={(sharing) => void session.change({ sharing })}>
                    {seen.share}
                </Switch>
                <p class="note">{seen.shareHint}</p>
            </div>
            <button
                type="button"
                class="button wide foot"
                onClick={() => void session.change({ seen: true, offersLock: !session.lock.isSet.value })}
            >
                {seen.go}
            </button>
        </Page>
    );
}

import { Switch } from "../../../ui/parts";
import { Page } from "../screens/page";
import { hasLock } from "../session/lock";
import { change, settings, therapist } from "../session/session";
import { more } from "./words";

export function Seen() {
    const { seen } = more.value;
    return (
        <Page title={seen.title(therapist.value)}>
            <ul class="lines">
                {seen.lines.map((line) => (
                    <li key={line}>{line}</li>
                ))}
            </ul>
            <div class="card stack">
                <Switch on={settings.value.sharing} turn={(sharing) => void change({ sharing })}>
                    {seen.share}
                </Switch>
                <p class="note">{seen.shareHint}</p>
            </div>
            <button
                type="button"
                class="button wide foot"
                onClick={() => void change({ seen: true, offersLock: !hasLock.value })}
            >
                {seen.go}
            </button>
        </Page>
    );
}

import { useEffect } from "preact/hooks";
import { capital } from "../../../../ui/capital";
import { Switch } from "../../../../ui/parts";
import { useSession } from "../../context";
import { Page } from "../../screens/page";
import { pageWords } from "../words";

export function Listening() {
    const session = useSession();
    const { listening } = pageWords(session);
    const { sharing } = session.settings.value;
    // Another phone may have said something else since.
    useEffect(() => void session.meetCircle(), []);
    return (
        <Page title={listening.title} back>
            <div class="card stack">
                <Switch on={sharing} turn={(sharing) => void session.change({ sharing })}>
                    {listening.share}
                </Switch>
                <p class="note" role="status">
                    {sharing ? capital(listening.on(session.therapist.value)) : listening.off}
                </p>
            </div>
            <ul class="lines">
                {session.shelf.clips.value
                    .filter((clip) => clip.words && clip.left !== undefined)
                    .map((clip) => (
                        <li key={clip.release}>{listening.left(clip.words!.title, clip.left!)}</li>
                    ))}
            </ul>
        </Page>
    );
}

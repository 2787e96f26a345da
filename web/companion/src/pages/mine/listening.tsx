import { useEffect } from "preact/hooks";
import { Switch } from "../../../../ui/parts";
import { capital, Page } from "../../screens/page";
import { change, clips, meetCircle, settings, therapist } from "../../session/session";
import { more } from "../words";

export function Listening() {
    const { listening } = more.value;
    const { sharing } = settings.value;
    // Another phone may have said something else since.
    useEffect(() => void meetCircle(), []);
    return (
        <Page title={listening.title} back>
            <div class="card stack">
                <Switch on={sharing} turn={(sharing) => void change({ sharing })}>
                    {listening.share}
                </Switch>
                <p class="note" role="status">
                    {sharing ? capital(listening.on(therapist.value)) : listening.off}
                </p>
            </div>
            <ul class="lines">
                {clips.value
                    .filter((clip) => clip.words && clip.left !== undefined)
                    .map((clip) => (
                        <li key={clip.release}>{listening.left(clip.words!.title, clip.left!)}</li>
                    ))}
            </ul>
        </Page>
    );
}

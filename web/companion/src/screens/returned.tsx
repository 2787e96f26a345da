import { capital } from "../../../ui/capital";
import { useSession } from "../context";
import { turn } from "../place";
import { Breathing } from "./orb";
import { Page } from "./page";

export function Returned({ release }: { release: string }) {
    const session = useSession();
    const { returned, clips: said, help } = session.words.value;
    const contact = session.circle.contact.value;
    const until = session.shelf.clips.value.find((clip) => clip.release === release)?.undoUntil;
    const undo = () => {
        void session.takeBack(release);
        turn({ at: "home" });
    };
    return (
        <Page title={returned.title}>
            <p class="lead">{capital(returned.words(session.therapist.value))}</p>
            {contact ? (
                <a class="button soft wide" href={`tel:${contact.crisis}`}>
                    {returned.call(contact.crisis)}
                </a>
            ) : (
                <p>{help.none}</p>
            )}
            <Breathing />
            <div class="stack foot">
                {until !== undefined && (
                    <>
                        <p class="note centre">{returned.undo(Math.ceil((until - Date.now()) / 60_000))}</p>
                        <button type="button" class="button soft wide" onClick={undo}>
                            {said.undo}
                        </button>
                    </>
                )}
                <button type="button" class="button wide" onClick={() => turn({ at: "home" })}>
                    {returned.done}
                </button>
            </div>
        </Page>
    );
}

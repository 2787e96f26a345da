import { turn } from "../place";
import { clips, contact, takeBack, therapist, words } from "../session/session";
import { Breathing } from "./orb";
import { capital, Page } from "./page";

export function Returned({ release }: { release: string }) {
    const { returned, clips: said } = words.value;
    const until = clips.value.find((clip) => clip.release === release)?.undoUntil;
    const undo = () => {
        void takeBack(release);
        turn({ at: "home" });
    };
    return (
        <Page title={returned.title}>
            <p class="lead">{capital(returned.words(therapist.value))}</p>
            {contact.value ? (
                <a class="button soft wide" href={`tel:${contact.value.crisis}`}>
                    {returned.call(contact.value.crisis)}
                </a>
            ) : (
                <p>{words.value.help.none}</p>
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

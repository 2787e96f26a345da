// Playing a clip together in the room: from this computer, with nothing shared.

import { useEffect, useState } from "preact/hooks";
import type { Clip } from "../api/answers";
import { bytes, get, Refusal } from "../api/rest";
import { useLoaded } from "../loaded";
import { BackToClient } from "../parts/back";
import { Soon, saysTrouble, Title, Waiting } from "../parts/parts";
import { go } from "../place";
import { touch } from "../sign_in";
import { words } from "../strings";

export function Room({ client, clip }: { client: string; clip: string }) {
    const said = words.value.room;
    const found = useLoaded(`room ${clip}`, async () => {
        const [about, person] = await Promise.all([
            get<Clip>(`/v1/clips/${clip}`),
            get<{ name: string }>(`/v1/clients/${client}`),
        ]);
        return { about, person };
    });
    return (
        <div class="page room">
            <Waiting for={found} page>
                {({ about, person }) => (
                    <>
                        <BackToClient client={client} name={person.name} />
                        <Title>{said.title(about.title)}</Title>
                        <p class="lead">{said.words}</p>
                        <Player clip={about} />
                        <div class="row">
                            <button
                                type="button"
                                class="button soft"
                                onClick={() => go({ at: "client", client, tab: "clips" })}
                            >
                                {said.stop}
                            </button>
                        </div>
                    </>
                )}
            </Waiting>
        </div>
    );
}

/**
 * A media element cannot send a token, and an address must not hold one: so the clip, which is short, is fetched whole into
 * memory, and let go of with the page.
 */
function Player({ clip }: { clip: Clip }) {
    const said = words.value.room;
    const [url, setUrl] = useState<string | undefined>();
    const [trouble, setTrouble] = useState("");
    useEffect(() => {
        const leaves = new AbortController();
        let made: string | undefined;
        bytes(`/v1/clips/${clip.clip}/media`, leaves.signal).then(
            (media) => {
                if (leaves.signal.aborted) return;
                made = URL.createObjectURL(new Blob([media], { type: clip.media_type }));
                setUrl(made);
            },
            (error: unknown) => {
                if (!leaves.signal.aborted) setTrouble(saysNo(error));
            },
        );
        return () => {
            leaves.abort();
            if (made) URL.revokeObjectURL(made);
        };
    }, [clip.clip]);
    if (trouble)
        return (
            <p class="waits" role="alert">
                {trouble}
            </p>
        );
    if (!url)
        return (
            <>
                <Soon />
                <p class="note">{said.coming}</p>
            </>
        );
    const isVideo = clip.media_type.startsWith("video/");
    return isVideo ? (
        <video src={url} controls controlsList="nodownload" playsInline onTimeUpdate={touch} aria-label={clip.title} />
    ) : (
        <audio src={url} controls controlsList="nodownload" onTimeUpdate={touch} aria-label={clip.title} />
    );
}

function saysNo(error: unknown): string {
    const said = words.value.room;
    if (error instanceof Refusal && error.status === 410) return said.gone;
    if (error instanceof Refusal && [403, 409].includes(error.status)) return said.no;
    return saysTrouble(error);
}

import { useState } from "preact/hooks";
import { Field } from "../../../ui/parts";
import { useSession } from "../context";
import { NoAnswer } from "../engine/api";
import { pair, readCode } from "../engine/server/pairing";
import { go } from "../place";
import { Page } from "../screens/page";
import { pageWords } from "./words";

export function Code() {
    const session = useSession();
    const { code: said, noRoom } = pageWords(session);
    const { breathe } = session.words.value;
    const [code, setCode] = useState("");
    const [name, setName] = useState(said.phoneName);
    const [going, setGoing] = useState(false);
    const [trouble, setTrouble] = useState<string>();
    const connect = async (event: Event) => {
        event.preventDefault();
        setTrouble(undefined);
        const read = await readCode(code);
        if (!read) return setTrouble(said.notACode);
        setGoing(true);
        try {
            await pair(session.db, read, name.trim() || said.phoneName);
            await session.begin();
        } catch (error) {
            setTrouble(explain(error));
        } finally {
            setGoing(false);
        }
    };
    const explain = (error: unknown) => {
        switch (error instanceof NoAnswer ? error.code : "") {
            case "code_not_valid":
                return said.unknown;
            case "code_expired":
            case "code_used":
                return said.over;
            case "too_many_requests":
                return said.tooMany;
            case "devices_too_many":
                return noRoom(session.therapist.value);
            case "out_of_bounds":
                return said.otherName;
            default:
                return said.noContact;
        }
    };
    return (
        <Page title={said.title}>
            <p class="lead">{said.words(session.therapist.value)}</p>
            <form class="stack loose grows" onSubmit={(event) => void connect(event)}>
                <Field
                    label={said.label}
                    value={code}
                    change={setCode}
                    attributes={{
                        class: "code",
                        autocomplete: "one-time-code",
                        autocapitalize: "characters",
                        spellcheck: "false",
                        placeholder: "0000-0000-0000",
                        maxlength: "20",
                    }}
                />
                <Field
                    label={said.phone}
                    value={name}
                    change={setName}
                    hint={said.phoneHint(session.therapist.value)}
                    attributes={{ maxlength: "40" }}
                />
                <p class="trouble" role="status">
                    {trouble}
                </p>
                <div class="stack foot">
                    <button type="submit" class="button wide" disabled={going}>
                        {going ? said.going : said.go}
                    </button>
                    <button type="button" class="button bare" onClick={() => go({ at: "breathe" })}>
                        {breathe.begin}
                    </button>
                </div>
            </form>
        </Page>
    );
}

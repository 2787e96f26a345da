// Signing in: the first page, and the one that a locked desk shows.

import { useEffect, useState } from "preact/hooks";
import { Field } from "../../../ui/parts";
import { get, NoContact, Refusal } from "../api/rest";
import { saysUnsent } from "../decisions/says_unsent";
import { Elsewhere } from "../offline/keeping";
import { TooSoon, Vault, WrongPassword } from "../offline/vault";
import { Languages } from "../parts/languages";
import { saysTrouble } from "../parts/parts";
import { away, lastEmail } from "../session";
import { neverSent, signIn } from "../sign_in";
import { words } from "../strings";
import { SetUp } from "./set_up";

/** The first page: set-up while nobody can sign in, and otherwise the way in. */
export function Door() {
    const [setUp, setSetUp] = useState<{ waits: boolean; zone: string } | undefined>();
    // Where nobody answers there is the way in, to what is kept here.
    useEffect(() => {
        void get<{ waits: boolean; zone: string }>("/v1/set-up").then(setSetUp, () => {});
    }, []);
    return setUp?.waits ? <SetUp zone={setUp.zone} done={() => setSetUp(undefined)} /> : <SignIn />;
}

function SignIn() {
    const said = words.value.signIn;
    const [email, setEmail] = useState(lastEmail.value);
    const [password, setPassword] = useState("");
    const [code, setCode] = useState("");
    const [isThere, setIsThere] = useState(false);
    const [keeps, setKeeps] = useState(false);
    useEffect(() => {
        void Vault.isThere().then((there) => {
            setIsThere(there);
            setKeeps(there);
        });
    }, []);
    const [busy, setBusy] = useState(false);
    const [trouble, setTrouble] = useState("");
    const submit = async (event: Event) => {
        event.preventDefault();
        setBusy(true);
        setTrouble("");
        try {
            await signIn(email.trim(), password, code.replaceAll(/\s/g, ""), keeps);
        } catch (error) {
            // A code works once, so it is never worth sending again.
            setCode("");
            setTrouble(saysNo(error));
            setBusy(false);
        }
    };
    const why = said.away[away.value];
    return (
        <main class="door">
            <div class="stack loose">
                <div class="mark">
                    <img src="/console/icon.svg" alt="" width="52" height="52" />
                </div>
                <h1>{said.title}</h1>
                {why && (
                    <p class="card calm" role="status">
                        {why}
                    </p>
                )}
                {neverSent.value.length > 0 && (
                    <section class="card stack tight">
                        <p>{said.neverSent}</p>
                        <ul>
                            {neverSent.value.map((one) => (
                                <li key={one.id}>
                                    <b>{one.name}</b> {saysUnsent(one.says)}
                                </li>
                            ))}
                        </ul>
                    </section>
                )}
                <form class="stack" onSubmit={(event) => void submit(event)}>
                    <Field
                        label={said.email}
                        value={email}
                        change={setEmail}
                        attributes={{ type: "email", autocomplete: "username", required: "true" }}
                    />
                    <Field
                        label={said.password}
                        value={password}
                        change={setPassword}
                        attributes={{ type: "password", autocomplete: "current-password", required: "true" }}
                    />
                    <Field
                        label={said.code}
                        hint={said.codeHint}
                        value={code}
                        change={setCode}
                        attributes={{
                            inputmode: "numeric",
                            autocomplete: "one-time-code",
                            maxlength: "7",
                            ...(isThere ? {} : { required: "true" }),
                        }}
                    />
                    <div class="stack tight">
                        <label class="check">
                            <input
                                type="checkbox"
                                checked={keeps}
                                aria-describedby="keep-hint"
                                onChange={(event) => setKeeps(event.currentTarget.checked)}
                            />
                            <span>{said.keep}</span>
                        </label>
                        <p class="note" id="keep-hint">
                            {keeps ? said.keepWords : isThere ? said.keepErases : said.keepNot}
                        </p>
                    </div>
                    <p class="says" role="alert">
                        {trouble}
                    </p>
                    <button type="submit" class="button wide" disabled={busy}>
                        {busy ? said.going : said.go}
                    </button>
                </form>
                <details class="note">
                    <summary>{said.none}</summary>
                    <p>{said.noneWords}</p>
                    <pre>
                        <code>refrain init</code>
                    </pre>
                </details>
                <div class="at-end">
                    <Languages />
                </div>
            </div>
        </main>
    );
}

function saysNo(error: unknown): string {
    const said = words.value.signIn;
    if (error instanceof WrongPassword) return said.keptNo;
    if (error instanceof Elsewhere) return said.keptElsewhere;
    if (error instanceof TooSoon) return said.keptWait(Math.ceil((error.until - Date.now()) / 1_000));
    if (error instanceof Refusal && error.code === "account_ended") return said.accountEnded;
    if (error instanceof NoContact) return said.nobody;
    return error instanceof Refusal && error.status === 401 ? said.no : saysTrouble(error);
}
